"""Grants received with disclosures: loaded for a batch under a lock, saved as a set."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.access import whose
from chassis.problems import NotFound
from chassis.rows import RowReader
from chassis.tables import upsert_set
from services.consent.domain.grant import CaseGrants, ReceivedGrant, ReceivedTerms
from services.consent.store.tables import GRANTS

_OF_CASES = text(
    "select * from consent.grants where case_id = any(cast(:cases as uuid[])) order by disclosure_id for update"
)
_CASE_OF = text("select case_id from consent.grants where disclosure_id = :id")
_SAVE = upsert_set(GRANTS)
_TERMS = RowReader(ReceivedTerms, GRANTS)


async def case_granted(tx: Transaction, disclosure_id: UUID) -> UUID:
    """The case under which a disclosure was received here. Raises NotFound."""
    rows = await whose(tx, _CASE_OF, {"id": disclosure_id})
    if not rows:
        raise NotFound
    return UUID(str(rows[0].case_id))


async def load(tx: Transaction, case_ids: Sequence[UUID]) -> dict[UUID, CaseGrants]:
    """All grants of these cases, locked in order."""
    found = {case_id: CaseGrants(case_id) for case_id in case_ids}
    for row in await tx.execute(_OF_CASES, {"cases": list(case_ids)}):
        found[row.case_id].grants[row.disclosure_id] = _grant(row)
    return found


async def save(tx: Transaction, cases: Sequence[CaseGrants]) -> None:
    changed = [grant for case in cases for grant in case.grants.values() if grant.changed]
    await _SAVE.write(tx, [_row(grant) for grant in changed])


def _grant(row: Row[Any]) -> ReceivedGrant:
    terms = None if row.referral_id is None else _TERMS.row(row)
    return ReceivedGrant(row.disclosure_id, row.case_id, terms, row.closed, row.closed_for)


def _row(grant: ReceivedGrant) -> Mapping[str, object]:
    return {
        **_TERMS.values(grant.terms),
        "disclosure_id": grant.disclosure_id,
        "case_id": grant.case_id,
        "closed": grant.closed,
        "closed_for": grant.closed_for,
    }
