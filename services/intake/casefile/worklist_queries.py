"""Reads of the worklist: a page of cases in one of its orders, and how many there are, counted only so far.

It goes along the sources of its order (`list_sources.py`). What comes next in a case is read where it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import each_visible_case, visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.listing import (
    BoundedCount,
    Conditions,
    Order,
    Page,
    counted,
    narrowed,
    page,
    steady,
    true_or_not,
)
from chassis.web.positions import Position
from contracts.casefile.reference import ShownReference
from contracts.types import Code
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.custody import OFFERED
from services.intake.casefile.domain.index_texts import LANGUAGES
from services.intake.casefile.domain.listing import NextStep, WaitingFor
from services.intake.casefile.domain.received import READABLE
from services.intake.casefile.list_sources import READ, Source, lists_of, named, sources
from services.intake.casefile.store.undertakings import (
    HAS_LATE_RECALL,
    HAS_LATE_REFERRAL,
    LATE_RECALL,
    LATE_REFERRAL,
)

_OFFERED = f"c.transfer_state in ({', '.join(map(repr, OFFERED))})"
_ON_HOLD = (
    "exists (select from intake.holds h where h.case_id = c.id and h.lifted_at is null and h.until > :now)"
)
_LEAD = (
    "(select p.lead_id from intake.pairs p"
    " where p.lead_id is not null and (p.first_id = c.id or p.second_id = c.id) limit 1)"
)
_HOLD_ENDS = "case when c.hold_until > :now then c.hold_until end"
_OPENING = "case when a.opened_at is null then a.due_at end"
_UNATTENDED = "a.alarmed_at is not null and a.opened_at is null"
_WAITING = (
    f"case when c.state <> '{CaseState.OPEN}' then null when {_OFFERED} then '{WaitingFor.RECIPIENT}'"
    f" when c.workers = '{{}}' then '{WaitingFor.ASSIGNMENT}'"
    f" when a.case_id is not null and a.opened_at is null then '{WaitingFor.WORKER}'"
    f" when {HAS_LATE_RECALL} then '{WaitingFor.RECALL}'"
    f" when {HAS_LATE_REFERRAL} then '{WaitingFor.ANSWER}' end"
)
_TASK = "t.due_at"
_NEXT_AT = f"least({_HOLD_ENDS}, {_OPENING}, {_TASK})"
_NEXT = (
    f"case {_NEXT_AT} when {_OPENING} then '{NextStep.OPENING}' when {_TASK} then '{NextStep.TASK}'"
    f" when {_HOLD_ENDS} then '{NextStep.HOLD_ENDS}' end"
)
_ATTENTION = "left join intake.attention a on a.case_id = c.id"
_DUE = (
    f"{_ATTENTION} left join lateral (select min(k.due_at) as due_at from intake.tasks k"
    " where k.case_id = c.id and k.ended_at is null) as t on true"
)
"""The joins that tell what may be due in a case, beside its hold."""
CASE = f"""
    select c.id, {reference_column("c.id")} as reference, c.organisation, c.workers, c.covers, c.channel, c.urgency, c.opened_at,
        c.updated_at, c.state, c.status_revision, c.version, c.age_group, coalesce(c.flagged, false) as flagged,
        {_ON_HOLD} as on_hold, coalesce({_UNATTENDED}, false) as unattended, {_WAITING} as waiting_for,
        {_LEAD} as lead_id, {_NEXT} as next, {_NEXT_AT} as next_at
"""
OF_CASES = f"{CASE} from intake.cases c {_DUE} where "
# Sets of cases that are small where the filter is of use; each has an index.
_OF_UNATTENDED = f"(select a.case_id from intake.attention a where {_UNATTENDED})"
_UNOPENED_BY = (
    "select a.case_id from intake.attention a"
    " where a.organisation = :organisation and a.opened_at is null and a.due_at <= "
)
_TASK_BY = (
    "select k.case_id from intake.tasks k where k.organisation = :organisation and k.ended_at is null"
    " and k.case_id is not null and k.due_at <= "
)
_LATE = f"{_UNOPENED_BY} :now union all {_TASK_BY} :now"
_HELD_UNTIL = (
    "select h.id from intake.cases h where h.organisation = :organisation"
    " and h.hold_until > :now and h.hold_until <= "
)
_SPEAKS = (
    "(select b.case_id from intake.blind_index b"
    " where b.organisation = :organisation and b.entry = :language and b.answers)"
)
# What came from elsewhere stays in the index until it is taken back; read it is as long as it is granted. An entry does not
# say of which field it is, so that each value that the index was made from must be one that may be read.
_LANGUAGE_READABLE = (
    "(select bool_and(l.readable) from (select distinct on (f.field) f.source = 'own' or (d.state in"
    f" {one_of(READABLE)} and d.valid_until > :now and d.organisation = :organisation and f.field = any(d.fields)) as readable"
    " from intake.fields f left join intake.disclosures d on d.id = f.disclosure_id"
    f" where f.case_id = c.id and f.field in {LANGUAGES} order by f.field, f.source = 'own' desc, f.recorded_at desc) as l)"
)


class CaseSummary(BaseModel):
    """A case, without anything about the person."""

    id: UUID
    reference: ShownReference
    organisation: str
    workers: list[str]
    covers: Annotated[list[str], Field(description="whoever covers for one of them who is on leave")]
    channel: str
    urgency: str
    opened_at: datetime
    updated_at: datetime
    state: str
    status_revision: int
    age_group: Annotated[str, Code("age_group")]
    flagged: Annotated[bool, Field(description="an urgent flag stands")]
    on_hold: bool
    lead_id: UUID | None
    """Of cases that somebody merged, the one that leads, be it this one."""
    unattended: bool
    """Nobody opened the case in the time of its urgency, or nobody is left who can."""
    waiting_for: Annotated[Annotated[str, Code("waiting_for")] | None, Field(description="null: nobody")]
    next: Annotated[Annotated[str, Code("next_step")] | None, Field(description="what is due next")]
    next_at: datetime | None
    version: int


class ShownPerson(BaseModel):
    """The words by which a worker knows the person again, as far as they are recorded."""

    name: str | None
    languages: list[str]
    born: Annotated[str | None, Field(description="the date of birth as far as it is known, in EDTF")]
    born_buddhist: Annotated[
        str | None, Field(description="the same in the Buddhist era, where the country counts by it")
    ]
    youngest: Annotated[int | None, Field(description="the lowest age in whole years that the date allows")]
    oldest: Annotated[int | None, Field(description="the highest")]


class ListedCase(CaseSummary):
    """`person` and `own_number` are null where no name was asked for, or nothing of it is recorded."""

    person: ShownPerson | None = None
    own_number: Annotated[
        str | None, Field(description="by which the organisation itself calls the case")
    ] = None
    sorted_at: Annotated[datetime, Field(exclude=True)]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The filters, by name, and the order of a list."""

    filters: Mapping[str, object]
    order: Order = Order.NEWEST


_NOT_CLOSED = f"c.state <> '{CaseState.CLOSED}'"
"""A list of work has no case on which nobody works; whoever wants those asks for their state."""


_FILTERS: Conditions = {
    "urgency": "c.urgency = :urgency",
    "channel": "c.channel = :channel",
    "state": "c.state = :state",
    "language": f"c.id in {_SPEAKS} and {_LANGUAGE_READABLE}",
    "worker": "true",  # along the list of that worker
    "flagged": true_or_not("c.flagged", "c.flagged is not true"),
    "on_hold": true_or_not("c.hold_until > :now", "(c.hold_until is null or c.hold_until <= :now)"),
    "unattended": true_or_not(f"c.id in {_OF_UNATTENDED}", f"c.id not in {_OF_UNATTENDED}"),
    "updated_since": "c.updated_at >= :updated_since",
    "due_by": f"c.id in ({_UNOPENED_BY} :due_by union all {_TASK_BY} :due_by union all {_HELD_UNTIL} :due_by)",
    "late": true_or_not(f"c.id in ({_LATE})", f"c.id not in ({_LATE})"),
    "waiting_for": {
        WaitingFor.RECIPIENT: f"c.state = '{CaseState.OPEN}' and {_OFFERED}",
        WaitingFor.ASSIGNMENT: f"c.state = '{CaseState.OPEN}' and c.workers = '{{}}' and ({_OFFERED}) is not true",
        WaitingFor.WORKER: f"c.state = '{CaseState.OPEN}' and c.workers <> '{{}}' and ({_OFFERED}) is not true"
        " and exists (select from intake.attention a where a.case_id = c.id and a.opened_at is null offset 0)",
        WaitingFor.ANSWER: f"c.state = '{CaseState.OPEN}' and c.id in ({LATE_REFERRAL})",
        WaitingFor.RECALL: f"c.state = '{CaseState.OPEN}' and c.id in ({LATE_RECALL})",
    },
}


async def worklist(
    tx: Transaction, actor: Actor, asked: ListQuery, *, after: Position | None, limit: int
) -> list[ListedCase]:
    """A page of the cases that the actor may read. `after` is the last row of the page before."""
    found, values = await statement_of(tx, actor, asked, after=after, limit=limit)
    return [ListedCase.model_validate(row, from_attributes=True) for row in await found.rows(tx, values)]


async def statement_of(
    tx: Transaction, actor: Actor, asked: ListQuery, *, after: Position | None, limit: int
) -> tuple[Page, dict[str, Any]]:
    """The statement of a page: the rows of each source in order, those of all of them together, and their columns."""
    visible, values = await _visible(tx, actor, asked)
    order = _in_order("c", asked.order)
    rows = " union all ".join(
        f"({_in_turn(asked, one, visible, following=after is not None)} limit :limit)"
        for one in _sources(tx, actor, asked)
    )
    statement = (
        f"{CASE}, p.at as sorted_at from (select c.* from ({rows}) as c {order} limit :limit) as p"
        f" join intake.cases c on c.id = p.id {_DUE} {_in_order('p', asked.order)}"
    )
    more = {} if after is None else {"at": after[0], "after": after[1]}
    return page(statement, steady=steady(asked.filters, asked.order)), {**values, **more, "limit": limit}


async def counted_cases(tx: Transaction, actor: Actor, asked: ListQuery) -> BoundedCount:
    visible, values = await _visible(tx, actor, asked)
    found = (f"({_asked_for(asked, one)} and {visible})" for one in _sources(tx, actor, asked))
    return await counted(tx, " union all ".join(found), values)


async def _visible(tx: Transaction, actor: Actor, asked: ListQuery) -> tuple[str, dict[str, Any]]:
    """The cases that the actor may read among those that are asked for, with all parameters of both."""
    visible, whose = await each_visible_case(tx, actor, READ, column="c.id")
    lists = named(lists_of(tx, actor, asked.filters, asked.order))
    return visible, {**asked.filters, **whose, **lists, "organisation": actor.organisation, "now": tx.now}


def _sources(tx: Transaction, actor: Actor, asked: ListQuery) -> list[Source]:
    return sources(asked.order, lists_of(tx, actor, asked.filters, asked.order))


def _in_turn(asked: ListQuery, of: Source, visible: str, *, following: bool) -> str:
    """The rows of a source in the order of the list. Where all of them are gathered before they are in order, whether a case is visible is asked
    afterwards (`offset 0`), so of no more cases than a page has.
    """
    rows, beyond = _asked_for(asked, of), ">" if asked.order is Order.DUE else "<"
    if following:
        rows += f" and ({of.at}, {of.ident}) {beyond} (:at, cast(:after as uuid))"
    if _gathered(asked, of):
        rows = f"select c.id, c.at from ({rows} order by {of.at} desc, {of.ident} desc offset 0) as c where {visible}"
        return f"{rows} {_in_order('c', asked.order)}"
    way = "asc" if asked.order is Order.DUE else "desc"
    return f"{rows} and {visible} order by {of.at} {way}, {of.ident} {way}"


def _gathered(asked: ListQuery, of: Source) -> bool:
    if asked.order is Order.DUE:
        return False
    few = asked.filters.get("waiting_for") in (WaitingFor.ANSWER, WaitingFor.RECALL)
    return few or any(asked.filters.get(name) for name in ("late", "unattended", "due_by")) or not of.ordered


def _in_order(of: str, order: Order) -> str:
    way = "asc" if order is Order.DUE else "desc"
    return f"order by {of}.at {way}, {of}.id {way}"


def _asked_for(asked: ListQuery, of: Source) -> str:
    conditions = ["c.organisation = :organisation", of.within]
    if "state" not in asked.filters:
        conditions.append(_NOT_CLOSED)
    ends = _ends(of.at) if asked.order is Order.DUE else {}
    conditions += narrowed({**_FILTERS, **ends}, asked.filters)
    return f"select {of.ident} as id, {of.at} as at from {of.table} where {' and '.join(conditions)}"


def _ends(due_at: str) -> Conditions:
    """The filters by which a list ends that goes along what is due."""
    return {"due_by": f"{due_at} <= :due_by", "late": {True: f"{due_at} <= :now", False: f"{due_at} > :now"}}


async def still_visible(tx: Transaction, actor: Actor, cases: Sequence[UUID]) -> set[UUID]:
    """The cases among these that the actor may still read."""
    condition, values = await visible_cases(tx, actor, READ, column="c.id")
    statement = text(
        f"select c.id from intake.cases c where c.id = any(cast(:ids as uuid[])) and {condition}"
    )
    return {row.id for row in await tx.execute(statement, {**values, "ids": list(cases)})}
