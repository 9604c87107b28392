"""Disclosures that consent has authorised or recalled, by their identifier: loaded for a batch, saved as a set."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from services.intake.domain.authorised import Authorised

_LOAD = text(
    "select * from intake.authorised where disclosure_id = any(cast(:ids as uuid[])) order by disclosure_id for update"
)
_READ = text("select * from intake.authorised where disclosure_id = :id")
# A recall that another process writes at the same time is never taken back.
_SAVE = text(
    """
    insert into intake.authorised as a (disclosure_id, case_id, fields, valid_until, recalled)
    select d.id, d.case_id, string_to_array(nullif(d.fields, ''), ','), d.valid_until, d.recalled
    from unnest(cast(:ids as uuid[]), cast(:cases as uuid[]), cast(:fields as text[]),
                cast(:until as timestamptz[]), cast(:recalled as boolean[]))
         as d(id, case_id, fields, valid_until, recalled) order by d.id
    on conflict (disclosure_id) do update set
        case_id = coalesce(excluded.case_id, a.case_id), fields = coalesce(excluded.fields, a.fields),
        valid_until = coalesce(excluded.valid_until, a.valid_until), recalled = a.recalled or excluded.recalled
    """
)


async def read(tx: Transaction, disclosure_id: UUID) -> Authorised | None:
    row = (await tx.execute(_READ, {"id": disclosure_id})).first()
    return None if row is None else _authorised(row)


async def load(tx: Transaction, keys: Sequence[UUID]) -> dict[UUID, Authorised]:
    found = {row.disclosure_id: _authorised(row) for row in await tx.execute(_LOAD, {"ids": list(keys)})}
    return {key: found.get(key) or Authorised(key) for key in keys}


async def save(tx: Transaction, disclosures: Sequence[Authorised]) -> None:
    changed = [one for one in disclosures if one.changed]
    if not changed:
        return
    parameters = {
        "ids": [one.id for one in changed],
        "cases": [one.case_id for one in changed],
        "fields": [",".join(one.fields) for one in changed],
        "until": [one.valid_until for one in changed],
        "recalled": [one.recalled for one in changed],
    }
    await tx.execute(_SAVE, parameters)


def _authorised(row: Any) -> Authorised:
    return Authorised(row.disclosure_id, row.case_id, tuple(row.fields or ()), row.valid_until, row.recalled)
