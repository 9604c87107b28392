"""The projection of cases, `chassis.case_access`: who sees a case, and which person it is about. Every service that
holds cases keeps its own.

The policies answer who sees a case. The person is the one under whose key everything about the case is sealed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from chassis.database import EVERYBODY, Transaction
from chassis.identity.auth import Actor
from chassis.identity.policies import Decision, Policies, Principal, Resource
from chassis.own_tables import CASE_ACCESS
from chassis.problems import Forbidden, NotFound, Unavailable
from chassis.rows import RowReader
from chassis.tables import insert_missing, upsert_set
from contracts.internal import NOWHERE, CaseStanding

Rights = Callable[[str], bool]
"""Answers whether an action of the policies is permitted."""

CELL = "Cell"
CASE = "Case"
_SOMEBODY_ELSE = "\x1fsomebody-else"
"""A subject that nobody has: it stands for a case that others have."""

_ME = "\x1fthe-actor"
_HAS = "ca.workers @> array[cast({} as text)]"
"""Not `= any(workers)`, for which PostgreSQL has no index."""

_WORKERS: Mapping[str, tuple[str, ...]] = {
    _HAS.format(":access_subject"): (_ME,),
    "ca.workers = '{}'": (),
    f"ca.workers <> '{{}}' and not {_HAS.format(':access_subject')}": (_SOMEBODY_ELSE,),
}
_HELD: Mapping[str, Mapping[str, bool]] = {
    "not ca.handed_over and not ca.erased": {},
    "ca.handed_over and not ca.erased": {"handed_over": True},
    "ca.erased and not ca.handed_over": {"erased": True},
    "ca.erased and ca.handed_over": {"erased": True, "handed_over": True},
}
CASE_HOLDERS = "(select case_id, organisation, workers, handed_over from chassis.case_access)"
"""The holder of each case, for a list that is joined with it: a service names these columns, and no table of the chassis."""


class CaseRefused(NotFound):
    """No such case here, or not for this actor: the caller is told the same. `chassis.web.refusals` looks first
    whether this service lags behind.
    """

    def __init__(self, actor: Actor, action: str, case_id: UUID, *, known: bool) -> None:
        super().__init__()
        self.actor, self.action, self.case_id, self.known = actor, action, case_id, known


class CaseUnheard(CaseRefused):
    """No such case here, for somebody who may ask about every case: 404, or 503 where another service has heard of it already."""

    def __init__(self, actor: Actor, action: str, case_id: UUID) -> None:
        super().__init__(actor, action, case_id, known=False)


_READ = text(
    "select organisation, workers, handed_over, erased from chassis.case_access where case_id = :case_id"
)
_PERSON = text("select person_id from chassis.case_access where case_id = :case_id")
_HOLD = text("select from chassis.case_access where case_id = :case_id for update")
_HOLDERS = text(f"select * from {CASE_HOLDERS} as held where case_id = any(:keys)")
_WORKERS_NOW = text("update chassis.case_access set workers = :workers where case_id = :case_id")
_HANDED_OVER = text("update chassis.case_access set handed_over = true where case_id = any(:keys)")
_ERASED = text("update chassis.case_access set erased = :erased where case_id = any(:keys)")
_ADD = insert_missing(CASE_ACCESS, "case_id", "organisation", key=["case_id"])
_SAVE = upsert_set(
    CASE_ACCESS,
    update={
        name: f"excluded.{name}"
        for name in ("organisation", "workers", "handed_over", "erased", "linked", "closed")
    }
    | {"person_id": "coalesce(excluded.person_id, t.person_id)"},
)
_SAVE_PERSON = upsert_set(
    CASE_ACCESS,
    *("case_id", "organisation", "person_id"),
    update={"person_id": "excluded.person_id", "erased": "false"},
)


def require(actor: Actor, action: str, *, organisation: str | None = None, kind: str = CELL) -> Decision:
    """Require a right to a thing that is no case. `organisation` is its owner; None: the actor's own. Raises Forbidden."""
    resource = Resource(kind, actor.cell, actor.cell, organisation or actor.organisation)
    decision = actor.policies.decide(actor.principal(), action, resource)
    if not decision.allowed:
        raise Forbidden
    return decision


def permitted(actor: Actor, action: str) -> bool:
    """True where the actor has this right, for content that is shown to some and kept from others."""
    try:
        require(actor, action)
    except Forbidden:
        return False
    return True


async def require_case(tx: Transaction, actor: Actor, action: str, case_id: UUID) -> Decision:
    """Ask the policies about this case. Raises CaseRefused, the same whether it is not there or not for this actor."""
    resource = await case_resource(tx, case_id)
    if resource is None:
        raise CaseRefused(actor, action, case_id, known=False)
    decision = actor.policies.decide(actor.principal(), action, resource)
    if not decision.allowed:
        raise CaseRefused(actor, action, case_id, known=True)
    return decision


async def rights_in(tx: Transaction, actor: Actor, case_id: UUID | None) -> Rights:
    """The actor's rights to this case, by action: for the moves that a view offers. Nothing is opened by it.

    A case that is not known here, or not named, gives none.
    """
    resource = None if case_id is None else await case_resource(tx, case_id)
    return lambda action: resource is not None and actor.policies.permits(actor.principal(), action, resource)


def rights_of(actor: Actor, organisation: str | None = None) -> Rights:
    """The actor's rights to a thing that is no case; `organisation` is its owner, None: the actor's own."""
    resource = Resource(CELL, actor.cell, actor.cell, organisation or actor.organisation)
    return lambda action: actor.policies.permits(actor.principal(), action, resource)


async def whose(tx: Transaction, statement: TextClause, parameters: Mapping[str, Any]) -> Sequence[Row[Any]]:
    """The rows that say which case an identifier belongs to; the policies are asked about that case next.

    Row-level security hides the rows of other organisations, and then the attempt to reach them could not be put on
    record. So where nothing is shown, the rows of all organisations are searched; `require_case` refuses the case.
    """
    rows = (await tx.execute(statement, parameters)).all()
    if rows or tx.origin.shown == EVERYBODY:
        return rows
    async with tx.of_everybody():
        return (await tx.execute(statement, parameters)).all()


async def holder_of(tx: Transaction, case_id: UUID) -> str | None:
    """The organisation that has the case, as far as this service knows."""
    row = (await tx.execute(_READ, {"case_id": case_id})).first()
    return None if row is None else row.organisation


async def holders_of(tx: Transaction, case_ids: Iterable[UUID]) -> "list[CaseAccess]":
    """The holders of these cases, as far as this service has heard of them. The persons are not read."""
    return _CASES_HELD.all(await tx.execute(_HOLDERS, {"keys": list(case_ids)}))


async def find_person(tx: Transaction, case_id: UUID) -> UUID | None:
    """The person of the case, under whose key everything about it is sealed. None where this service has not heard of
    her yet.
    """
    person_id: UUID | None = (await tx.execute(_PERSON, {"case_id": case_id})).scalar()
    return person_id


async def person_of(tx: Transaction, case_id: UUID) -> UUID:
    """The person of the case, for sealing or opening. Raises Unavailable where this service has not heard of her yet."""
    person_id = await find_person(tx, case_id)
    if person_id is None:
        raise Unavailable("whose case it is has not arrived here yet")
    return person_id


async def hold_case(tx: Transaction, case_id: UUID) -> None:
    """Lock the case: until this transaction ends, any other that holds it waits. Called before any row that hangs on
    the case is locked.
    """
    await tx.execute(_HOLD, {"case_id": case_id})


async def hold_unerased(tx: Transaction, case_id: UUID) -> None:
    """Lock the case as `hold_case` does, of somebody who is not erased before this transaction ends. Raises NotFound."""
    await hold_case(tx, case_id)
    case = await case_resource(tx, case_id)
    if case is None or case.erased:
        raise NotFound


async def standing(
    tx: Transaction, policies: Policies, principal: Principal, action: str, case_id: UUID
) -> CaseStanding:
    """The same question as `require_case`, on behalf of a person who asked another service. Nothing is opened by the
    answer.
    """
    resource = await case_resource(tx, case_id)
    if resource is None:
        return NOWHERE
    allowed = policies.weigh(principal, action, resource).allowed
    return CaseStanding(known=True, allowed=allowed, case_id=case_id)


async def case_resource(tx: Transaction, case_id: UUID) -> Resource | None:
    """The case as the policies see it; None where it is not known here. It opens nothing."""
    row = (await tx.execute(_READ, {"case_id": case_id})).first()
    if row is None:
        return None
    return Resource(
        CASE,
        str(case_id),
        tx.database.cell,
        row.organisation,
        tuple(row.workers),
        row.handed_over,
        row.erased,
    )


async def visible_cases(
    tx: Transaction, actor: Actor, action: str, *, column: str = "case_id"
) -> tuple[str, dict[str, Any]]:
    """A condition on `column` with its parameters, for the WHERE of a worklist: the cases on which `action` is allowed.

    The policies stay the only source: they are asked about a case of the actor's organisation that is the actor's,
    nobody's, and somebody else's, in their hands or handed over, and the answers become the condition. Cases of other
    organisations are never listed.
    """
    which, parameters = _which(tx, actor, action)
    return f"{column} in (select ca.case_id from chassis.case_access ca where {which})", parameters


async def each_visible_case(
    tx: Transaction, actor: Actor, action: str, *, column: str
) -> tuple[str, dict[str, Any]]:
    """The same, asked of each row by itself: for a list along an index, of which a page is read and not the whole."""
    which, parameters = _which(tx, actor, action)
    # `offset 0` keeps PostgreSQL from joining all cases first
    return (
        f"exists (select from chassis.case_access ca where ca.case_id = {column} and {which} offset 0)",
        parameters,
    )


def _which(tx: Transaction, actor: Actor, action: str) -> tuple[str, dict[str, Any]]:
    seen: dict[str, list[str]] = {}
    for held, custody in _HELD.items():
        workers = [
            condition
            for condition, named in _WORKERS.items()
            if _weigh(tx, actor, action, tuple(actor.subject if n is _ME else n for n in named), custody)
        ]
        if workers:
            seen.setdefault(_any_of(workers, _WORKERS), []).append(held)
    which = " or ".join(f"({_any_of(held, _HELD)} and {workers})" for workers, held in seen.items())
    parameters = {"access_organisation": actor.organisation}
    subject = {"access_subject": actor.subject} if ":access_subject" in which else {}
    return f"ca.organisation = :access_organisation and ({which or 'false'})", parameters | subject


def _any_of(found: Sequence[str], every: Mapping[str, object]) -> str:
    """The conditions that hold, as one; where those are all that there are, nothing is left to be asked of a row."""
    return "true" if len(found) == len(every) else f"({' or '.join(found)})"


async def listed_cases(
    tx: Transaction, actor: Actor, action: str, *, column: str
) -> tuple[str, dict[str, Any]]:
    """The same again, by whichever is the shorter way: row by row for whoever sees nearly all of them; from the actor's own
    few cases for whoever sees no others.
    """
    if sees_of_others(tx, actor, action):
        return await each_visible_case(tx, actor, action, column=column)
    which, parameters = _which(tx, actor, action)
    return _among(column, which), parameters


def cases_of_worker(
    tx: Transaction, actor: Actor, actions: Iterable[str], *, column: str, worker: str | None
) -> tuple[str, dict[str, Any]]:
    """A condition on `column`: the cases on which the worker of this parameter works, None: nobody, and on which all of these actions are allowed."""
    allowed = [_which(tx, actor, action) for action in actions]
    has = "ca.workers = '{}'" if worker is None else _HAS.format(worker)
    which = " and ".join([has, *(f"({condition})" for condition, _ in allowed)])
    return _among(column, which), {name: value for _, named in allowed for name, value in named.items()}


def _among(column: str, which: str) -> str:
    """The few cases first, as one array: joined, PostgreSQL goes along an order of all rows and looks for them there."""
    return f"{column} = any(array(select ca.case_id from chassis.case_access ca where {which}))"


def sees_of_others(tx: Transaction, actor: Actor, action: str) -> bool:
    """True where the action is allowed on cases that only others have: a list need not look for the actor's own."""
    return _weigh(tx, actor, action, (_SOMEBODY_ELSE,), {})


def _weigh(
    tx: Transaction, actor: Actor, action: str, workers: tuple[str, ...], custody: Mapping[str, bool]
) -> bool:
    resource = Resource(CASE, "any", tx.database.cell, actor.organisation, workers, **custody)
    return actor.policies.weigh(actor.principal(), action, resource).allowed


async def remember(
    tx: Transaction,
    case_id: UUID,
    organisation: str,
    workers: Iterable[str] = (),
    *,
    handed_over: bool = False,
    closed: bool = False,
) -> None:
    """Write who has a case, in the transaction that decides it (intake), or that learns of it. The person of the case
    stays.
    """
    row = CaseAccess(case_id, organisation, tuple(workers), handed_over, closed=closed, changed=True)
    await save_cases(tx, [row])


async def remember_workers(tx: Transaction, case_id: UUID, workers: Iterable[str]) -> None:
    """Write who sees a case of the same organisation, in the transaction that decides it (intake). Nothing else of it changes."""
    await tx.execute(_WORKERS_NOW, {"case_id": case_id, "workers": list(workers)})


async def remember_new(tx: Transaction, organisations: Mapping[UUID, str]) -> None:
    """Write many cases at once that are new here, and nobody's in their organisations yet."""
    rows = [{"case_id": case_id, "organisation": name} for case_id, name in organisations.items()]
    await _ADD.write(tx, rows)


async def remember_person(tx: Transaction, case_id: UUID, organisation: str, person_id: UUID) -> None:
    """Write the person of a case, in the transaction that decides it (exchange), and who has it where it is new here."""
    row = {"case_id": case_id, "organisation": organisation, "person_id": person_id}
    await _SAVE_PERSON.write(tx, [row])


async def remember_handed_over(tx: Transaction, case_ids: Iterable[UUID]) -> None:
    """Write that another organisation has these people now, in the transaction that decides it (intake)."""
    await tx.execute(_HANDED_OVER, {"keys": list(case_ids)})


async def remember_erased(tx: Transaction, case_ids: Iterable[UUID], *, erased: bool = True) -> None:
    """Write that these people were, or are to be, erased, in the transaction that decides it (intake); or that they were
    referred again.
    """
    await tx.execute(_ERASED, {"keys": list(case_ids), "erased": erased})


@dataclass(slots=True)
class CaseAccess:
    """One row of the projection, as a handler changes it. `organisation` is None until an event named one.

    `person_id` is None in intake, which keeps it with the case itself. `linked`: somebody linked with this person is in an open case.
    `closed`: nobody works on it any more; in intake, whose own table says that, the others are told so.
    """

    case_id: UUID
    organisation: str | None = None
    workers: tuple[str, ...] = ()
    handed_over: bool = False
    person_id: UUID | None = None
    erased: bool = False
    linked: bool = False
    closed: bool = False
    changed: bool = False
    unread: bool = False
    """Only what was heard now is known of it; what the row holds besides stays."""
    assigned: bool = False


_CASES_HELD = RowReader(CaseAccess, names=["case_id", "organisation", "workers", "handed_over"])


async def save_cases(tx: Transaction, cases: Sequence[CaseAccess]) -> None:
    changed = [case for case in cases if case.changed and case.organisation is not None]
    await _SAVE.write(tx, sorted(changed, key=attrgetter("case_id")))
