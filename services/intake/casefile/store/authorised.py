"""Disclosures that consent has authorised or recalled, by their identifier: loaded for a batch, saved as a set."""

from collections.abc import Sequence
from operator import attrgetter
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import upsert_set
from services.intake.casefile.domain.authorised import AuthorisedDisclosure
from services.intake.casefile.store.tables import AUTHORISED

_AUTHORISED = RowReader(AuthorisedDisclosure, AUTHORISED, id="disclosure_id")
_SELECT = "select disclosure_id, case_id, coalesce(fields, '{}') as fields, valid_until, recalled, recalled_at, answered_at from intake.authorised"
_LOAD = text(f"{_SELECT} where disclosure_id = any(cast(:ids as uuid[])) order by disclosure_id for update")
_READ = text(f"{_SELECT} where disclosure_id = :id")
# A recall that another process writes at the same time is never taken back.
_SAVE = upsert_set(
    AUTHORISED,
    update={
        "case_id": "coalesce(excluded.case_id, t.case_id)",
        "fields": "coalesce(excluded.fields, t.fields)",
        "valid_until": "coalesce(excluded.valid_until, t.valid_until)",
        "recalled": "t.recalled or excluded.recalled",
        "recalled_at": "coalesce(t.recalled_at, excluded.recalled_at)",
        "answered_at": "coalesce(t.answered_at, excluded.answered_at)",
    },
)


async def read(tx: Transaction, disclosure_id: UUID) -> AuthorisedDisclosure | None:
    return _AUTHORISED.first(await tx.execute(_READ, {"id": disclosure_id}))


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, AuthorisedDisclosure]:
    found = {one.id: one for one in _AUTHORISED.all(await tx.execute(_LOAD, {"ids": list(keys)}))}
    return {key: found.get(key) or AuthorisedDisclosure(key) for key in keys}


async def save(tx: Transaction, disclosures: Sequence[AuthorisedDisclosure]) -> None:
    await _SAVE.write(tx, [_row(one) for one in sorted(disclosures, key=attrgetter("id")) if one.changed])


def _row(one: AuthorisedDisclosure) -> dict[str, object]:
    """The row. A value that has not been heard yet is null, so that it takes nothing back."""
    return {
        "disclosure_id": one.id,
        "case_id": one.case_id,
        "fields": one.fields or None,
        "valid_until": one.valid_until,
        "recalled": one.recalled,
        "recalled_at": one.recalled_at,
        "answered_at": one.answered_at,
    }
