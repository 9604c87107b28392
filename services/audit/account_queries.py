"""The account of one case, part by part, and the recalls that wait for an answer: reads of the log alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.references import reference_column
from chassis.rows import RowReader
from contracts.casefile.reference import ShownReference
from contracts.types import AnswerDue, Code
from services.audit.domain.account import (
    BEGINNINGS,
    FOLLOWING,
    STEPS,
    AccountedDisclosure,
    CaseEvent,
    ConsentStep,
    Direction,
    consent_step,
    disclosures,
)
from services.audit.domain.recall import answer_due, late_before
from services.audit.store.readings import LOOKED, TIMES, TRIED

_EVENTS = RowReader(CaseEvent)
_PART = text(
    "select entry, time, type, actor, organisation, details from audit.entries"
    " where stream = :stream and type = any(:types) and entry > :after order by entry limit :limit"
)
_OF_DISCLOSURES = text(
    "select entry, time, type, actor, organisation, details from audit.entries"
    " where stream = :stream and type = any(:types) and details ->> 'disclosure_id' = any(:ids) order by entry"
)


async def consents(tx: Transaction, case_id: UUID, after: int, limit: int) -> list[ConsentStep]:
    """The steps of her consents, oldest first."""
    return [consent_step(logged) for logged in await _part(tx, case_id, list(STEPS), after, limit)]


async def disclosed(tx: Transaction, case_id: UUID, after: int, limit: int) -> list[AccountedDisclosure]:
    """The disclosures out and in, refused ones too, oldest first, each with all that followed."""
    begun = await _part(tx, case_id, list(BEGINNINGS), after, limit)
    ids = [logged.details["disclosure_id"] for logged in begun]
    rows = await tx.execute(_OF_DISCLOSURES, {"stream": str(case_id), "types": list(FOLLOWING), "ids": ids})
    return disclosures(begun, _EVENTS.all(rows), tx.now)


async def _part(tx: Transaction, case_id: UUID, types: list[str], after: int, limit: int) -> list[CaseEvent]:
    parameters = {"stream": str(case_id), "types": types, "after": after, "limit": limit}
    return list(_EVENTS.all(await tx.execute(_PART, parameters)))


class LookedView(BaseModel):
    """How often somebody read one kind of record of the case for one purpose, and when first and last."""

    actor: str
    organisation: str
    purpose: str
    resource: Annotated[str, Code("resource")]
    times: int
    first_at: datetime
    last_at: datetime


class TriedView(BaseModel):
    """How often somebody tried what was refused to them, and when first and last: an `action`, or a `resource` of which
    nothing was shown to them.
    """

    actor: str
    organisation: str
    purpose: str
    action: str | None
    resource: Annotated[str, Code("resource")] | None
    times: int
    first_at: datetime
    last_at: datetime

    @property
    def what(self) -> str:
        """The place among the attempts of one person. No action is called as a resource is."""
        return self.action or self.resource or ""


def _by_person(which: str) -> str:
    return f"""
    select * from (
        select actor, organisation, purpose, details ->> 'action' as action, details ->> 'resource' as resource,
               coalesce(details ->> 'action', details ->> 'resource') as what, sum({TIMES}) as times,
               min(time) as first_at, max(time) as last_at
        from audit.entries where stream = :stream and {which} group by 1, 2, 3, 4, 5
    ) as persons
    where cast(:actor as text) is null
       or (actor, organisation, purpose, what) > (:actor, :organisation, :purpose, :what)
    order by actor, organisation, purpose, what limit :limit
    """


_LOOKED, _TRIED = text(_by_person(LOOKED)), text(_by_person(TRIED))

Person = tuple[str, str, str, str]
"""The last of the page before: actor, organisation, purpose, and what they read or tried."""


async def looked(tx: Transaction, case_id: UUID, after: Person | None, limit: int) -> list[LookedView]:
    rows = await tx.execute(_LOOKED, _after(case_id, after, limit))
    return [LookedView.model_validate(row, from_attributes=True) for row in rows]


async def tried(tx: Transaction, case_id: UUID, after: Person | None, limit: int) -> list[TriedView]:
    rows = await tx.execute(_TRIED, _after(case_id, after, limit))
    return [TriedView.model_validate(row, from_attributes=True) for row in rows]


def _after(case_id: UUID, after: Person | None, limit: int) -> Mapping[str, Any]:
    actor, organisation, purpose, what = after or (None, "", "", "")
    return {
        "stream": str(case_id),
        "actor": actor,
        "organisation": organisation,
        "purpose": purpose,
        "what": what,
        "limit": limit,
    }


class OpenRecall(BaseModel):
    """A recall that nobody has answered: `out`, ours to a partner; `in`, a partner's to us."""

    entry: int
    recalled_at: datetime
    direction: Direction
    case_id: UUID
    case_reference: ShownReference
    disclosure_id: UUID
    referral_id: UUID
    partner: Annotated[str | None, Field(description="the cell at the other end")]
    recipient: Annotated[str | None, Field(description="the organisation that has what is taken back")]
    reason: Annotated[str, Code("recall_reason")] | None
    answer_due: AnswerDue
    overdue: bool
    age_seconds: int


@dataclass(frozen=True, slots=True)
class RecallsSought:
    """The filter of the open recalls."""

    overdue: bool | None = None
    direction: Direction | None = None
    partner: str | None = None


_RECALLS = """
    with unanswered as materialized (
        select r.entry, r.time, r.stream, r.type, r.details, r.details ->> 'disclosure_id' as disclosure_id
        from audit.entries r
        where r.type in ('disclosure.recalled.v1', 'recall.received.v1')
          and (r.details ->> 'disclosure_id',
               case r.type when 'recall.received.v1' then 'disclosure.closed.v1' else 'recall.answered.v1' end)
              not in (select a.details ->> 'disclosure_id', a.type from audit.entries a
                      where a.type in ('recall.answered.v1', 'disclosure.closed.v1'))
    ), open as (
        select r.entry, r.time as recalled_at, r.time < :late as overdue, cast(r.stream as uuid) as case_id,
               case r.type when 'recall.received.v1' then '{into}' else '{out}' end as direction,
               cast(r.disclosure_id as uuid) as disclosure_id,
               cast(r.details ->> 'referral_id' as uuid) as referral_id, r.details ->> 'reason' as reason,
               coalesce(r.details ->> 'sender_cell', d.details ->> 'recipient_cell') as partner,
               d.details ->> 'recipient' as recipient
        from unanswered r
        left join lateral (
            select b.details from audit.entries b
            where b.details ->> 'disclosure_id' = r.disclosure_id and b.type =
                case r.type when 'recall.received.v1' then 'disclosure.received.v1' else 'disclosure.authorised.v1' end
            limit 1
        ) d on true
    )
    select open.*, {reference} as case_reference from open where {which} order by recalled_at, entry limit :limit
"""
_WHICH: Mapping[str, str] = {
    "direction": "direction = :direction",
    "partner": "partner = :partner",
    "overdue": "overdue = :overdue",
}


async def open_recalls(
    tx: Transaction, sought: RecallsSought, after: tuple[datetime, int] | None, limit: int
) -> list[OpenRecall]:
    """Recalls without an answer, the oldest first."""
    given = {name: value for name, value in asdict(sought).items() if value is not None}
    conditions = [_WHICH[name] for name in given]
    parameters = {**given, "limit": limit, "late": late_before(tx.now)}
    if after is not None:
        conditions.append("(recalled_at, entry) > (:at, :last)")
        parameters |= {"at": after[0], "last": after[1]}
    which = " and ".join(conditions) or "true"
    shown = reference_column("open.case_id")
    statement = _RECALLS.format(which=which, into=Direction.IN, out=Direction.OUT, reference=shown)
    return [_recall(row._asdict(), tx.now) for row in await tx.execute(text(statement), parameters)]


def _recall(row: Mapping[str, Any], now: datetime) -> OpenRecall:
    age = max(0, int((now - row["recalled_at"]).total_seconds()))
    return OpenRecall.model_validate(
        {**row, "answer_due": answer_due(row["recalled_at"]), "age_seconds": age}
    )
