"""Reads of the worklist: a page of cases in one of its orders, and how many there are, counted only so far.

A list of everybody's cases goes along an index of `cases`; that of one worker along `listed_cases`, which has the cases of
each worker in order, or along `listed_due`, which has them in the order of what is due in them. What comes next in a case is read where
it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import TextClause, text

from chassis.database import Transaction
from chassis.identity.access import each_visible_case, sees_of_others, visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.tables import one_of
from chassis.web.listing import NOBODY, BoundedCount, Conditions, Order, counted, narrowed, true_or_not
from chassis.web.positions import Position
from contracts.casefile.reference import ShownReference
from contracts.types import Code
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.custody import OFFERED
from services.intake.casefile.domain.index_texts import LANGUAGES
from services.intake.casefile.domain.listing import DueKind, NextStep, WaitingFor
from services.intake.casefile.domain.received import READABLE
from services.intake.casefile.store.listing import UNOPENED
from services.intake.casefile.store.undertakings import (
    HAS_LATE_RECALL,
    HAS_LATE_REFERRAL,
    LATE_RECALL,
    LATE_REFERRAL,
)

READ = "case.read"
_LIST = "worker:"
"""The list of a worker's cases is this and the worker; that of the cases that nobody has is this alone."""

_DUE_NOW = f"({{0}}.kind <> '{DueKind.HOLD}' or {{0}}.due_at > :now)"
"""A hold that has ended is nothing that is due."""
_FIRST_DUE = (
    f"{_DUE_NOW.format('l')} and not exists (select from intake.listed_due e where e.case_id = l.case_id and e.list = l.list"
    f" and {_DUE_NOW.format('e')} and (e.due_at, e.kind) < (l.due_at, l.kind) offset 0)"
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
_OF_DUE = ("due_by", "late")
"""Filters that end a list of what is due, where it goes along that."""


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
    conditions, values = await conditions_of(tx, actor, asked)
    lists = lists_of(tx, actor, asked)
    at, row_id = after or (None, None)
    statement = page_of(asked, lists, conditions, following=after is not None)
    more = {"at": at, "after": row_id} if after is not None else {}
    rows = await tx.execute(statement, {**values, **named(lists), **more, "limit": limit, "now": tx.now})
    return [ListedCase.model_validate(row, from_attributes=True) for row in rows]


async def counted_cases(tx: Transaction, actor: Actor, asked: ListQuery) -> BoundedCount:
    conditions, values = await conditions_of(tx, actor, asked)
    lists = lists_of(tx, actor, asked)
    source, within = "intake.cases c", conditions
    if lists is not None:
        source = "intake.listed_cases l join intake.cases c on c.id = l.case_id"
        within = f"l.organisation = :organisation and l.list = any(array[{', '.join(named(lists, ':'))}]) and {within}"
    if asked.order is Order.DUE:
        source = f"{source} {_DUE}"
        within += f" and {_NEXT_AT} is not null{_ends(asked, _NEXT_AT)}"
    rows = f"select from {source} where {within}"
    return await counted(tx, rows, {**values, **named(lists), "now": tx.now})


async def still_visible(tx: Transaction, actor: Actor, cases: Sequence[UUID]) -> set[UUID]:
    """The cases among these that the actor may still read."""
    condition, values = await visible_cases(tx, actor, READ, column="c.id")
    statement = text(
        f"select c.id from intake.cases c where c.id = any(cast(:ids as uuid[])) and {condition}"
    )
    return {row.id for row in await tx.execute(statement, {**values, "ids": list(cases)})}


async def conditions_of(tx: Transaction, actor: Actor, asked: ListQuery) -> tuple[str, dict[str, Any]]:
    visible, values = await each_visible_case(tx, actor, READ, column="c.id")
    conditions = [visible, "c.organisation = :organisation"]
    if "state" not in asked.filters:
        conditions.append(_NOT_CLOSED)
    ends = _OF_DUE if asked.order is Order.DUE else ()
    conditions += narrowed(_FILTERS, {n: value for n, value in asked.filters.items() if n not in ends})
    return " and ".join(conditions), {**values, **asked.filters, "organisation": actor.organisation}


def lists_of(tx: Transaction, actor: Actor, asked: ListQuery) -> list[str] | None:
    """The lists of workers that hold everything that is asked for; None: all cases of the organisation."""
    worker = asked.filters.get("worker")
    if worker is not None:
        return [_LIST if worker == NOBODY else f"{_LIST}{worker}"]
    if asked.filters.get("waiting_for") == WaitingFor.ASSIGNMENT:
        return [_LIST]
    if not sees_of_others(tx, actor, READ):
        return [f"{_LIST}{actor.subject}", _LIST]
    unopened = asked.filters.get("waiting_for") == WaitingFor.WORKER and asked.order is not Order.DUE
    return [UNOPENED] if unopened else None


def named(lists: list[str] | None, before: str = "") -> dict[str, str]:
    return {f"{before}list{number}": one for number, one in enumerate(lists or ())}


def page_of(asked: ListQuery, lists: list[str] | None, conditions: str, *, following: bool) -> TextClause:
    """The statement of a page: the rows of each source in order, those of all of them together, and their columns."""
    after, way = (">", "asc") if asked.order is Order.DUE else ("<", "desc")
    page = " union all ".join(
        f"(select c.id, {key} as at from {source} where {within} and {conditions}{_ends(asked, key)}"
        + (f" and ({key}, {ident}) {after} (:at, cast(:after as uuid))" if following else "")
        + f" order by {key} {way}, {ident} {way} limit :limit)"
        for source, within, key, ident in _sources(asked.order, lists)
    )
    return text(
        f"{CASE}, p.at as sorted_at from (select * from ({page}) as found order by at {way}, id {way} limit :limit) as p"
        f" join intake.cases c on c.id = p.id {_DUE} order by p.at {way}, p.id {way}"
    )


def _ends(asked: ListQuery, key: str) -> str:
    if asked.order is not Order.DUE:
        return ""
    ends = {"due_by": f" and {key} <= :due_by"} if "due_by" in asked.filters else {}
    if "late" in asked.filters:
        ends["late"] = f" and {key} {'<=' if asked.filters['late'] else '>'} :now"
    return "".join(ends.values())


def _sources(order: Order, lists: list[str] | None) -> list[tuple[str, str, str, str]]:
    """The tables to go along, the rows of them that count, and the two columns that order these."""
    listed = "intake.listed_cases l join intake.cases c on c.id = l.case_id"
    of_list = ["l.organisation = :organisation and l.list = :list" + str(n) for n in range(len(lists or ()))]
    if order is Order.DUE:
        return _due(of_list)
    if order is Order.CHANGED:
        keys = ("c.updated_at", "c.id")
        return (
            [(listed, one, *keys) for one in of_list]
            if lists is not None
            else [("intake.cases c", "true", *keys)]
        )
    if lists is not None:
        return [(listed, one, "l.opened_at", "l.case_id") for one in of_list]
    return [("intake.cases c", "true", "c.opened_at", "c.id")]


def _due(of_list: list[str]) -> list[tuple[str, str, str, str]]:
    """The rows of what is due, each case at the first of it: a worker's along `listed_due`, everybody's where it stands."""
    if of_list:
        source = "intake.listed_due l join intake.cases c on c.id = l.case_id"
        return [(source, f"{one} and {_FIRST_DUE}", "l.due_at", "l.case_id") for one in of_list]
    no_task = "not exists (select from intake.tasks e where e.case_id = c.id and e.ended_at is null and e.due_at {} offset 0)"
    unopened = (
        "a.organisation = :organisation and a.opened_at is null and a.due_at is not null"
        f" and (c.hold_until > :now and c.hold_until < a.due_at) is not true and {no_task.format('< a.due_at')}"
    )
    task = (
        "k.organisation = :organisation and k.ended_at is null and k.case_id is not null"
        f" and (c.hold_until > :now and c.hold_until < k.due_at) is not true and {_no_opening('k.due_at')}"
        f" and {no_task.format('<= k.due_at and (e.due_at, e.id) < (k.due_at, k.id)')}"
    )
    hold = f"c.hold_until > :now and {_no_opening('c.hold_until')} and {no_task.format('<= c.hold_until')}"
    return [
        ("intake.attention a join intake.cases c on c.id = a.case_id", unopened, "a.due_at", "a.case_id"),
        ("intake.tasks k join intake.cases c on c.id = k.case_id", task, "k.due_at", "k.case_id"),
        ("intake.cases c", hold, "c.hold_until", "c.id"),
    ]


def _no_opening(until: str) -> str:
    """Asked of each row by itself (`offset 0`), so that PostgreSQL goes along the index and sorts nothing."""
    return (
        "not exists (select from intake.attention a where a.case_id = c.id and a.opened_at is null"
        f" and a.due_at <= {until} offset 0)"
    )
