"""The list of consents across cases: what ends by when, and what each waits for; none of what she agreed to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.worklist import CaseRowFilters, ListedOnCase, Worklist
from contracts.casefile.reference import ShownReference
from contracts.types import Code, KnownCode
from services.consent.domain.disclosure import Stage
from services.consent.domain.record import ENDS_SOON
from services.consent.domain.states import PERMITTING, State
from services.consent.domain.terms import Capacity
from services.consent.store.records import IS_PROTECTION

READ = "consent.read"


class ConsentWait(StrEnum):
    """Codes of the list of that name: the acts that a consent may wait for, several at once."""

    RENEWAL = "renewal"
    """Of one that ends soon."""
    ASKING = "asking"
    """Of one who came of age, or is known to be a child and spoke alone: she is asked herself, or with a guardian."""
    CONFIRMATION = "confirmation"
    APPROVAL = "approval"
    REVIEW = "review"
    RECALL = "recall"
    """Of what was taken back and its recipient has not confirmed yet."""


_FOR_CHILD = f"r.terms ->> 'capacity' in {one_of({one for one in Capacity if one.for_child})}"
_ASKED = f"r.state = '{State.REQUESTED}' and r.{IS_PROTECTION} is not true"
_WAITS: Mapping[object, str] = {
    ConsentWait.RENEWAL: f"r.state in {one_of(PERMITTING)} and r.valid_until <= cast(:now as timestamptz) + interval '{ENDS_SOON.days} days'",
    ConsentWait.ASKING: f"{_ASKED} and ({_FOR_CHILD} and r.terms ->> 'confirmed_by' is null) is not true",
    ConsentWait.CONFIRMATION: f"{_ASKED} and {_FOR_CHILD} and r.terms ->> 'confirmed_by' is null",
    ConsentWait.APPROVAL: f"r.state = '{State.REQUESTED}' and r.{IS_PROTECTION}",
    ConsentWait.REVIEW: f"r.{IS_PROTECTION} and r.terms ->> 'reviewed_by' is null"
    " and r.terms ->> 'approved_by' is not null",
    ConsentWait.RECALL: "r.id in (select d.consent_id from consent.disclosures d"
    f" where d.stage = '{Stage.RECALLED}' and d.consent_id is not null)",
}
_HAS_RECALL = f"exists (select from consent.disclosures d where d.consent_id = r.id and d.stage = '{Stage.RECALLED}' offset 0)"
_EACH = ", ".join(
    f"case when {_HAS_RECALL if wait is ConsentWait.RECALL else condition} then '{wait}' end"
    for wait, condition in _WAITS.items()
)


class ConsentRow(ListedOnCase):
    """A consent without anything that she agreed to, or in which language she was asked."""

    consent_id: UUID
    case_id: UUID
    case_reference: ShownReference
    state: Annotated[str, Code("consent_state")]
    waiting_for: Annotated[
        list[Annotated[str, Code("consent_wait")]], Field(description="what is to be done; empty: nothing")
    ]
    valid_until: Annotated[
        datetime,
        Field(description="when it ends by itself, where it is in force or somebody is to act on it"),
    ]
    created_at: datetime
    revision: int


_RUNNING = PERMITTING | {State.REQUESTED, State.PROTECTED}
WORKLIST = Worklist(
    view=ConsentRow,
    action=READ,
    columns="r.id as consent_id, r.case_id, r.state, r.revision, r.valid_until, r.created_at, r.updated_at,"
    f" {reference_column('r.case_id')} as case_reference, array_remove(array[{_EACH}], null) as waiting_for",
    source="consent.records as r",
    made_at="r.created_at",
    due_at="r.valid_until",
    due=f"r.state in {one_of(_RUNNING)}",
    filters={"state": "r.state = :state", "waiting_for": _WAITS},
    varying=frozenset({ConsentWait.RENEWAL}),
)


@dataclass(frozen=True, slots=True)
class ConsentFilters(CaseRowFilters):
    state: Annotated[Annotated[str, KnownCode("consent_state")] | None, Query(description="only these")] = (
        None
    )
    waiting_for: Annotated[ConsentWait | None, Query(description="only those that wait for this too")] = None
