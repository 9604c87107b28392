"""Disclosures and their ledger: read by the holder of the record they hang on, written as a set."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import insert_set, one_of, upsert_set
from services.consent.domain.disclosure import OPEN, Disclosure, ReferralEnd, Stage, Step
from services.consent.domain.request import Authority, Request
from services.consent.store.tables import DISCLOSURES, LEDGER

_ONE = text("select * from consent.disclosures where id = :id")
# Always a statement of its own after the lock, so that it sees everything committed during the wait.
_OF_RECORD = text("select * from consent.disclosures where consent_id = :id order by id")
_OF_CASES = text("select * from consent.disclosures where case_id = any(cast(:cases as uuid[])) order by id")
_UNDER = text(
    "select distinct case_id from consent.disclosures"
    f" where agreement_id = :agreement and stage in {one_of(OPEN)}"
    " and (cast(:after as uuid) is null or case_id > :after) order by case_id limit :limit"
)
_UNANSWERED = text(
    f"""
    select d.recipient_cell as cell, count(*) as recalls, min(written.at) as since
    from consent.disclosures d cross join lateral (
        select max(l.at) as at from consent.ledger l
        where l.case_id = d.case_id and l.disclosure_id = d.id and l.step = '{Step.RECALLED}'
    ) as written
    where d.stage = '{Stage.RECALLED}' group by d.recipient_cell order by d.recipient_cell
    """
)
_SAVE = upsert_set(DISCLOSURES)
_WRITE_ENTRIES = insert_set(LEDGER, without=["at"])


@dataclass(frozen=True, slots=True)
class UnansweredRecalls:
    """The recalls that wait for the recipients of one cell. `since` is when the oldest was written."""

    cell: str
    recalls: int
    since: datetime


_RECALLS = RowReader(UnansweredRecalls)
_REQUESTS = RowReader(Request, DISCLOSURES, fields="asked")
_AUTHORITIES = RowReader(Authority, DISCLOSURES)


async def find(tx: Transaction, disclosure_id: UUID) -> Disclosure | None:
    row = (await tx.execute(_ONE, {"id": disclosure_id})).first()
    return None if row is None else _disclosure(row)


async def of_record(tx: Transaction, consent_id: UUID) -> list[Disclosure]:
    return [_disclosure(row) for row in await tx.execute(_OF_RECORD, {"id": consent_id})]


async def of_cases(tx: Transaction, case_ids: Sequence[UUID]) -> list[Disclosure]:
    return [_disclosure(row) for row in await tx.execute(_OF_CASES, {"cases": list(case_ids)})]


async def cases_under(tx: Transaction, agreement_id: str, after: str | None, limit: int) -> list[UUID]:
    """The cases with a disclosure under this agreement that was not taken back."""
    parameters = {"agreement": agreement_id, "after": after, "limit": limit}
    return list((await tx.execute(_UNDER, parameters)).scalars())


async def unanswered_recalls(tx: Transaction) -> list[UnansweredRecalls]:
    """The recalls that no recipient has answered, by the recipient's cell."""
    return _RECALLS.all(await tx.execute(_UNANSWERED))


async def save(tx: Transaction, disclosures: Sequence[Disclosure]) -> None:
    """Write the changes of these disclosures, and their new entries in the ledger."""
    await _SAVE.write(tx, [_row(one) for one in disclosures if one.changed])
    await _WRITE_ENTRIES.write(tx, [entry for one in disclosures for entry in one.entries])
    for disclosure in disclosures:
        disclosure.changed, disclosure.entries = False, []


def _disclosure(row: Row[Any]) -> Disclosure:
    return Disclosure(
        id=row.id,
        request=_REQUESTS.row(row),
        stage=Stage(row.stage),
        authority=None if row.consent_id is None else _AUTHORITIES.row(row),
        refusal=row.refusal,
        recalled_for=row.recalled_for,
        ended=None if row.ended_for is None else ReferralEnd(row.ended_for, row.ended_at, row.reads_until),
        fence_due=row.fence_due,
    )


def _row(disclosure: Disclosure) -> Mapping[str, object]:
    ended = disclosure.ended
    return {
        "id": disclosure.id,
        "ended_for": None if ended is None else ended.reason,
        "ended_at": None if ended is None else ended.at,
        "reads_until": None if ended is None else ended.until,
        "stage": disclosure.stage,
        "refusal": disclosure.refusal,
        "recalled_for": disclosure.recalled_for,
        "fence_due": disclosure.fence_due,
        **_REQUESTS.values(disclosure.request),
        **_AUTHORITIES.values(disclosure.authority),
    }
