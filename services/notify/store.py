"""The notifications table, and who holds a case here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.access import require
from chassis.auth import Actor
from chassis.database import Transaction
from chassis.problems import NotFound
from services.notify.domain.notices import Notice, notice
from services.notify.outgoing import failed, mailed, told

_HOLDERS = text(
    "select case_id, organisation from chassis.case_access where case_id = any(cast(:ids as uuid[]))"
)
_INSERT = text(
    """
    insert into notify.notifications (id, case_id, organisation, template, created_at, mail)
    select u.id, u.case_id, u.organisation, u.template, :now, case when u.mailed then 'due' else 'none' end
    from unnest(cast(:ids as uuid[]), cast(:cases as uuid[]), cast(:organisations as text[]),
                cast(:templates as text[]), cast(:mailed as boolean[]))
         as u(id, case_id, organisation, template, mailed)
    """
)


# Topics are read side by side: a withdrawal may be here before the assignment that says whom to tell.
_UNADDRESSED = text(
    "select case_id, template from notify.unaddressed where case_id = any(cast(:ids as uuid[])) order by pos for update"
)
_KEEP = text(
    """
    insert into notify.unaddressed (case_id, template)
    select c, t from unnest(cast(:cases as uuid[]), cast(:templates as text[])) with ordinality as u(c, t, ord)
    order by ord
    """
)
_ADDRESSED = text("delete from notify.unaddressed where case_id = any(cast(:ids as uuid[]))")


@dataclass(slots=True)
class CaseNotices:
    """Who holds a case in this cell, and the notices that a batch adds; `kept` waits for somebody to hold it."""

    case_id: UUID
    organisation: str | None
    pending: list[Notice] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    """Like `kept`, of this batch."""

    def tell(self, template: str, side: str | None) -> None:
        """The organisation on that side of a referral or return, else whoever holds the case."""
        organisation = side or self.organisation
        if organisation is None:
            self.fresh.append(template)
        else:
            self.pending.append(notice(str(self.case_id), organisation, template))

    def address(self) -> bool:
        """Whether somebody holds the case now, so that what waited could be told."""
        if self.organisation is None:
            return False
        waited, had = [*self.kept, *self.fresh], bool(self.kept)
        self.pending = [notice(str(self.case_id), self.organisation, t) for t in waited] + self.pending
        self.kept, self.fresh = [], []
        return had


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, CaseNotices]:
    rows = await tx.execute(_HOLDERS, {"ids": list(keys)})
    holders = {row.case_id: row.organisation for row in rows}
    cases = {key: CaseNotices(key, holders.get(key)) for key in keys}
    for row in await tx.execute(_UNADDRESSED, {"ids": list(keys)}):
        cases[row.case_id].kept.append(row.template)
    return cases


async def save(tx: Transaction, cases: Sequence[CaseNotices]) -> None:
    addressed = [case.case_id for case in cases if case.address()]
    if addressed:
        await tx.execute(_ADDRESSED, {"ids": addressed})
    fresh = [(case.case_id, template) for case in cases for template in case.fresh]
    if fresh:
        await tx.execute(_KEEP, {"cases": [c for c, _ in fresh], "templates": [t for _, t in fresh]})
    await _tell(tx, cases)


async def _tell(tx: Transaction, cases: Sequence[CaseNotices]) -> None:
    notices = [(tx.new_id(), notice) for case in cases for notice in case.pending]
    if not notices:
        return
    await tx.execute(
        _INSERT,
        {
            "ids": [i for i, _ in notices],
            "cases": [n.case_id for _, n in notices],
            "organisations": [n.organisation for _, n in notices],
            "templates": [n.template for _, n in notices],
            "mailed": [n.mailed for _, n in notices],
            "now": tx.now,
        },
    )
    for i, n in notices:
        tx.say(*told(i, UUID(n.case_id), n.template, mailed=n.mailed))


async def get(tx: Transaction, notification_id: UUID, actor: Actor) -> Any:
    """The notification if it is the actor's organisation's; NotFound otherwise."""
    statement = text("select * from notify.notifications where id = :id for update")
    row = (await tx.execute(statement, {"id": notification_id})).first()
    if row is None or row.organisation != actor.organisation:
        raise NotFound
    require(actor, "inbox.read", organisation=row.organisation)
    return row


async def mark_read(tx: Transaction, notification_id: UUID, actor: Actor) -> None:
    await get(tx, notification_id, actor)
    await tx.execute(
        text(
            "update notify.notifications set read_at = coalesce(read_at, :now), read_by = coalesce(read_by, :by) where id = :id"
        ),
        {"now": tx.now, "by": actor.subject, "id": notification_id},
    )


async def to_be_mailed(tx: Transaction, notification_id: UUID) -> tuple[str, str]:
    """To which organisation, and which template."""
    statement = text("select organisation, template from notify.notifications where id = :id")
    row = (await tx.execute(statement, {"id": notification_id})).one()
    return row.organisation, row.template


async def mail_has_nowhere_to_go(tx: Transaction, notification_id: UUID) -> None:
    """The organisation has given no address: the inbox is all there is."""
    statement = text("update notify.notifications set mail = 'none' where id = :id and mail = 'due'")
    await tx.execute(statement, {"id": notification_id})


async def mail_ended(tx: Transaction, notification_id: UUID, *, sent: bool, attempts: int) -> None:
    """Keep what came of the mail and say it, once."""
    row = (
        await tx.execute(
            text(
                "update notify.notifications set mail = :mail where id = :id and mail = 'due' returning case_id, template"
            ),
            {"mail": "sent" if sent else "failed", "id": notification_id},
        )
    ).first()
    if row is not None:
        said = mailed(notification_id, row.case_id, row.template) if sent else None
        tx.say(said or failed(notification_id, row.case_id, row.template, attempts))
