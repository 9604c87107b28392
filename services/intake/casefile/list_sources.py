"""The tables that a list of cases goes along, in its order: everybody's along `cases`; that of one worker along `listed_cases`, which has the
cases of each worker in order, or along `listed_due`, which has them in the order of what is due in them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.database import Transaction
from chassis.identity.access import sees_of_others
from chassis.identity.auth import Actor
from chassis.web.listing import NOBODY, Order
from services.intake.casefile.domain.listing import DueKind, WaitingFor
from services.intake.casefile.store.listing import UNOPENED

READ = "case.read"
_LIST = "worker:"
"""The list of a worker's cases is this and the worker; that of the cases that nobody has is this alone."""
_CASES = "intake.cases c"
_LISTED = f"intake.listed_cases l join {_CASES} on c.id = l.case_id"
_LISTED_DUE = f"intake.listed_due l join {_CASES} on c.id = l.case_id"
_DUE_NOW = f"({{0}}.kind <> '{DueKind.HOLD}' or {{0}}.due_at > :now)"
"""A hold that has ended is nothing that is due."""
_FIRST_DUE = (
    f"{_DUE_NOW.format('l')} and not exists (select from intake.listed_due e where e.case_id = l.case_id and e.list = l.list"
    f" and {_DUE_NOW.format('e')} and (e.due_at, e.kind) < (l.due_at, l.kind) offset 0)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """The rows that a list goes along: a table, the rows of it that count, and the two columns that order these; an index has them in that
    order where they are `ordered`.
    """

    table: str
    within: str
    at: str
    ident: str
    ordered: bool = True


def lists_of(tx: Transaction, actor: Actor, filters: Mapping[str, object], order: Order) -> list[str] | None:
    """The lists of workers that hold everything that is asked for; None: all cases of the organisation."""
    worker = filters.get("worker")
    if worker is not None:
        return [_LIST if worker == NOBODY else f"{_LIST}{worker}"]
    if filters.get("waiting_for") == WaitingFor.ASSIGNMENT:
        return [_LIST]
    if not sees_of_others(tx, actor, READ):
        return [f"{_LIST}{actor.subject}", _LIST]
    unopened = filters.get("waiting_for") == WaitingFor.WORKER and order is not Order.DUE
    return [UNOPENED] if unopened else None


def named(lists: Sequence[str] | None) -> dict[str, str]:
    """The parameters by which the sources name these lists."""
    return {f"list{number}": one for number, one in enumerate(lists or ())}


def sources(order: Order, lists: Sequence[str] | None) -> list[Source]:
    """The sources of a list; no case is in two of them."""
    of_list = [f"l.organisation = :organisation and l.list = :{name}" for name in named(lists)]
    if order is Order.DUE:
        return _due_in(of_list) if of_list else _due()
    at = {Order.NEWEST: "opened_at", Order.CHANGED: "updated_at"}[order]
    if lists is None:
        return [Source(_CASES, "true", f"c.{at}", "c.id")]
    if order is Order.NEWEST:
        return [Source(_LISTED, one, "l.opened_at", "l.case_id") for one in of_list]
    return [Source(_LISTED, one, "c.updated_at", "c.id", ordered=False) for one in of_list]


def _due_in(of_list: Sequence[str]) -> list[Source]:
    return [Source(_LISTED_DUE, f"{one} and {_FIRST_DUE}", "l.due_at", "l.case_id") for one in of_list]


def _due() -> list[Source]:
    """Everybody's cases, each at the first of what is due in it, where that stands."""
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
        Source(f"intake.attention a join {_CASES} on c.id = a.case_id", unopened, "a.due_at", "a.case_id"),
        Source(f"intake.tasks k join {_CASES} on c.id = k.case_id", task, "k.due_at", "k.case_id"),
        Source(_CASES, hold, "c.hold_until", "c.id"),
    ]


def _no_opening(until: str) -> str:
    """Asked of each row by itself (`offset 0`), so that PostgreSQL goes along the index and sorts nothing."""
    return (
        "not exists (select from intake.attention a where a.case_id = c.id and a.opened_at is null"
        f" and a.due_at <= {until} offset 0)"
    )
