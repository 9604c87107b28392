"""The references of cases, `chassis.case_references`: every service that takes or shows a case keeps its own copy.

Intake gives them; the others follow `case.referenced`. A reference is given once and stays with its case for ever.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.events.subscription import Subscription
from chassis.own_tables import CASE_REFERENCES
from chassis.tables import insert_missing
from contracts.events.intake import CaseReferencedV1

_NAMED = text(
    "select reference, case_id from chassis.case_references where reference = any(cast(:references as text[]))"
)
_OF = text(
    "select case_id, reference from chassis.case_references where case_id = any(cast(:cases as uuid[]))"
)
_CLAIM = insert_missing(CASE_REFERENCES, returning="t.case_id, t.reference")


def reference_column(case: str) -> str:
    """The reference of the case in this column, for the columns of a query; null while it has not been heard.

    Within, the table's own columns have names of their own: `case` would else be the table's, where it is not qualified.
    """
    return (
        f"(select cr.of_case from chassis.case_references as cr (of_case, cr_case) where cr.cr_case = {case})"
    )


async def cases_named(tx: Transaction, references: Sequence[str]) -> dict[str, UUID]:
    """Reference → case, of those that are known here."""
    rows = await tx.execute(_NAMED, {"references": list(references)})
    return {row.reference: row.case_id for row in rows}


async def references_of(tx: Transaction, cases: Iterable[UUID]) -> dict[UUID, str]:
    """Case → reference, of those that are known here."""
    return {row.case_id: row.reference for row in await tx.execute(_OF, {"cases": list(cases)})}


async def reference_of_case(tx: Transaction, case_id: UUID) -> str | None:
    return (await references_of(tx, [case_id])).get(case_id)


async def claim(tx: Transaction, proposed: Mapping[str, UUID]) -> dict[UUID, str]:
    """Give these references (intake). Left out are those that another case has, and cases that have one; of two that
    claim the same at once, one waits for the other and is left out.
    """
    rows = [{"reference": one, "case_id": case_id} for one, case_id in sorted(proposed.items())]
    if not rows:
        return {}
    return {row.case_id: row.reference for row in await _CLAIM.execute(tx, rows)}


@dataclass(slots=True)
class NamedCase:
    """A case as its reference is heard; None where the event said none."""

    case_id: UUID
    reference: str | None = None


def subscription() -> Subscription[UUID, NamedCase]:
    return Subscription(
        handlers={CaseReferencedV1: on_case_referenced},
        key=lambda event: event.case_id,
        load=_load,
        save=_save,
        outgoing=lambda _: None,
    )


def on_case_referenced(case: NamedCase, event: CaseReferencedV1, _now: datetime) -> Iterable[object]:
    case.reference = event.reference
    return ()


async def _load(_: Transaction, keys: Sequence[UUID]) -> dict[UUID, NamedCase]:
    return {key: NamedCase(key) for key in keys}


async def _save(tx: Transaction, cases: Sequence[NamedCase]) -> None:
    await claim(tx, {case.reference: case.case_id for case in cases if case.reference is not None})
