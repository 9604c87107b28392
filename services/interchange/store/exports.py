"""Exports: the sealed parts of a file that goes out, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound
from chassis.rows import RowReader
from chassis.tables import insert_missing, insert_set
from services.interchange.domain.export import ExportFormat, ExportState, Failure, PartKind, WantedFile
from services.interchange.outgoing import destroy_export_key, export_file, export_part
from services.interchange.store.tables import EXPORT_PARTS, EXPORTS

_BEGUN = ("id", "organisation", "by", "roles", "purpose", "format", "opened_from", "opened_to", "at")
_INSERT = insert_missing(EXPORTS, *_BEGUN, key=("id",))
_PARTS = insert_set(EXPORT_PARTS)
_READ_PARTS = text(
    "select sealed from interchange.export_parts where export_id = :id and kind = :kind order by number"
)
_CLEARED = text("delete from interchange.export_parts where export_id = :id")
_GATHERED = text(
    "update interchange.exports set cases = cases + :cases, size = size + :size, after = :last"
    " where id = :id and after is not distinct from :after and ended_at is null"
)
_READY = text(
    "update interchange.exports set ready_at = :now, expires_at = :until, size = :size, lost = cast(:lost as jsonb)"
    " where id = :id and ready_at is null and ended_at is null"
)
_ENDED = text(
    "update interchange.exports set ended_at = :now, reason = :reason where id = :id and ended_at is null"
)
_OPEN = text(
    "select id, organisation from interchange.exports"
    " where ended_at is null and (organisation = any(:keys) or :everybodys = any(:keys)) order by id for update"
)
_ALL_ENDED = text("update interchange.exports set ended_at = :now where id = any(:ids) and ended_at is null")
_ALL_CLEARED = text("delete from interchange.export_parts where export_id = any(:ids)")
EVERYBODYS = "*"
"""In the place of an organisation: the exports of all of them."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file that somebody asked for, in whose name it is gathered. `size` in bytes."""

    id: UUID
    organisation: str
    by: str
    roles: tuple[str, ...]
    purpose: str
    format: ExportFormat
    opened_from: date | None
    opened_to: date | None
    cases: int
    size: int
    after: UUID | None
    lost: dict[str, Any] | None
    reason: Failure | None
    at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    ended_at: datetime | None

    def state(self, now: datetime) -> ExportState:
        if self.reason is not None:
            return ExportState.FAILED
        if self.ended_at is not None or (self.expires_at is not None and self.expires_at <= now):
            return ExportState.GONE
        return ExportState.RUNNING if self.ready_at is None else ExportState.READY

    def lets(self, actor: Actor) -> bool:
        """True while the person who asked has the roles and the purpose in whose right the cases were gathered."""
        return actor.purpose == self.purpose and actor.roles.issuperset(self.roles)


_EXPORTS = RowReader(Export, EXPORTS)
_SHOWN = f"select {_EXPORTS.columns()} from interchange.exports"
_READ = text(f"{_SHOWN} where id = :id")
_NEWEST = text(
    f"{_SHOWN} where organisation = :organisation and by = :by"
    " and (cast(:at as timestamptz) is null or (at, id) < (cast(:at as timestamptz), cast(:id as uuid)))"
    " order by at desc, id desc limit :limit"
)


async def begin_export(
    tx: Transaction,
    actor: Actor,
    export_id: UUID,
    wanted: WantedFile,
) -> None:
    """Begin a file. Raises AlreadyThere."""
    begun = {
        "id": export_id,
        "organisation": actor.organisation,
        "by": actor.subject,
        "roles": sorted(actor.roles),
        "purpose": actor.purpose,
        "format": wanted.format,
        "opened_from": wanted.opened_from,
        "opened_to": wanted.opened_to,
        "at": tx.now,
    }
    if await _INSERT.write(tx, [begun]) != 1:
        raise AlreadyThere
    tx.say(export_part(export_id, 1))


async def read(tx: Transaction, export_id: UUID) -> Export | None:
    return _EXPORTS.first(await tx.execute(_READ, {"id": export_id}))


async def own(tx: Transaction, actor: Actor, export_id: UUID) -> Export:
    """The export, for the person who asked for it. Raises NotFound, for everybody else's as for none."""
    found = await read(tx, export_id)
    if found is None or (found.organisation, found.by) != (actor.organisation, actor.subject):
        raise NotFound
    return found


async def newest(
    tx: Transaction, actor: Actor, before: tuple[datetime, UUID] | None, limit: int
) -> list[Export]:
    at, last = before or (None, None)
    asked = {"organisation": actor.organisation, "by": actor.subject, "at": at, "id": last, "limit": limit}
    return _EXPORTS.all(await tx.execute(_NEWEST, asked))


async def parts(tx: Transaction, export_id: UUID, kind: PartKind) -> list[str]:
    """The sealed parts in their order."""
    rows = await tx.execute(_READ_PARTS, {"id": export_id, "kind": kind})
    return [row.sealed for row in rows]


@dataclass(frozen=True, slots=True)
class GatheredCases:
    """The next cases of an export, sealed. `more` may follow."""

    sealed: str
    cases: int
    size: int
    last: UUID | None
    more: bool


async def gather(tx: Transaction, export: Export, number: int, page: GatheredCases) -> None:
    """Keep a page once, whatever attempt comes first, and go on."""
    asked = {"id": export.id, "after": export.after, "last": page.last or export.after}
    kept = await tx.execute(_GATHERED, {**asked, "cases": page.cases, "size": page.size})
    if kept.rowcount != 1:
        return
    await _write(tx, export.id, PartKind.ROWS, [page.sealed], number)
    tx.say(export_part(export.id, number + 1) if page.more else export_file(export.id))


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file in its sealed parts, and what of the cases is not in it: field → number of cases."""

    sealed: Sequence[str]
    size: int
    lost: str


async def make_ready(tx: Transaction, export_id: UUID, made: MadeFile, until: datetime) -> None:
    """The file takes the place of what it was made of, until its time is over."""
    asked = {"id": export_id, "now": tx.now, "until": until, "size": made.size, "lost": made.lost}
    if (await tx.execute(_READY, asked)).rowcount == 1:
        await tx.execute(_CLEARED, {"id": export_id})
        await _write(tx, export_id, PartKind.FILE, made.sealed, 1)
        tx.say(destroy_export_key(export_id, until))


async def end(tx: Transaction, export_id: UUID, reason: Failure | None = None) -> None:
    """Nothing of it can be fetched any more, and its key goes."""
    ended = await tx.execute(_ENDED, {"id": export_id, "now": tx.now, "reason": reason})
    await tx.execute(_CLEARED, {"id": export_id})
    if ended.rowcount == 1:
        tx.say(destroy_export_key(export_id))


@dataclass(slots=True)
class OpenExports:
    """Exports of an organisation, or of everybody, that are gathered, made or ready."""

    ids: Sequence[UUID]
    ended: bool = False

    def end(self) -> Sequence[UUID]:
        """Nothing of any of them can be fetched any more; what was ended before is not named again."""
        ids = [] if self.ended else self.ids
        self.ended = True
        return ids


async def open_exports(tx: Transaction, keys: Sequence[str]) -> dict[str, OpenExports]:
    """By organisation, locked: what is gathered meanwhile waits, and finds its export ended."""
    found = (await tx.execute(_OPEN, {"keys": list(keys), "everybodys": EVERYBODYS})).all()
    return {
        key: OpenExports([one.id for one in found if key in (EVERYBODYS, one.organisation)]) for key in keys
    }


async def save_ended(tx: Transaction, files: Sequence[OpenExports]) -> None:
    asked = {"ids": sorted({one for some in files if some.ended for one in some.ids})}
    await tx.execute(_ALL_ENDED, {**asked, "now": tx.now})
    await tx.execute(_ALL_CLEARED, asked)


async def _write(tx: Transaction, export_id: UUID, kind: PartKind, sealed: Sequence[str], first: int) -> None:
    rows = [{"number": number, "sealed": one} for number, one in enumerate(sealed, first)]
    await _PARTS.write(tx, rows, export_id=export_id, kind=kind)
