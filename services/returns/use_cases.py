"""The use cases of a return: one function, one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis import directory
from chassis.database import Transaction
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.identity.closed import require_not_closed
from chassis.problems import Conflict, Invalid, PreconditionFailed, WrongState
from contracts.organisations import ACTIVE, cell_of, may_receive
from services.returns.domain.assisted_return import Return
from services.returns.domain.blocks import CaseOutlook, blocks
from services.returns.domain.case import CaseKnowledge
from services.returns.domain.facts import Fact, ReturnBlocked
from services.returns.domain.states import Half, Verb, WrongHalf, WrongMove, WrongOutcome
from services.returns.rules import Country
from services.returns.sealing import OpenedSeals
from services.returns.store import known, returns
from services.returns.store.returns import action_of

REQUEST = "return.request"


class BlockedMove(Conflict):
    """A clearance or departure was tried and is not possible. The attempt itself is said."""

    title, codelist = "Something stands in the way of this return", "return_block"

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__()
        self.reasons = list(reasons)

    def body(self) -> dict[str, Any]:
        first = self.reasons[0]
        return {
            **super().body(),
            "type": f"urn:corridor:problem:{first}",
            "code": first,
            "blocks": self.reasons,
        }


@contextmanager
def answered() -> Iterator[None]:
    """The refusals of the domain, as the caller is told."""
    try:
        yield
    except WrongMove as error:
        raise WrongState(f"the return is {error.state}") from error
    except WrongHalf as error:
        raise WrongState(f"the {error.half} half does not {error.verb}") from error
    except WrongOutcome as error:
        raise refused("outcome", "is not what happened to this return", "not-what-happened") from error


async def request_return(
    tx: Transaction, actor: Actor, case_id: UUID, receiver: str, receiver_cell: str
) -> Return:
    """A return from the actor's organisation to the one that will receive her."""
    await require_case(tx, actor, REQUEST, case_id)
    await require_not_closed(tx, case_id)
    if cell_of(receiver) != receiver_cell:
        raise refused("receiver_cell", "must be the country of the receiver", "not-its-country")
    if receiver == actor.organisation:
        raise refused("receiver", "must be another organisation than the sender", "not-another")
    await directory.require_organisation(tx, receiver, "receiver", cell=receiver_cell, receives=True)
    requested = Return(
        id=tx.new_id(),
        half=Half.SENDING,
        case_id=case_id,
        sender=actor.organisation,
        receiver=receiver,
        receiver_cell=receiver_cell,
        requested_at=tx.now,
    )
    await returns.save(tx, requested, requested.request(tx.now))
    return requested


def refused(field: str, message: str, code: str) -> Invalid:
    return Invalid(errors=[{"loc": ["body", *field.split(".")], "msg": message, "code": code}])


async def move_return(
    tx: Transaction,
    actor: Actor,
    verb: Verb,
    return_id: UUID,
    made: Callable[[Return], Sequence[Fact]],
    expected: int | None = None,
) -> Return:
    """One move of the actor's half, which decides whether the move is its own."""
    moved = await returns.get(tx, actor, action_of(verb), return_id, expected=expected)
    with answered():
        facts = made(moved)
    await returns.save(tx, moved, facts)
    return moved


@dataclass(frozen=True, slots=True)
class Attempt:
    """A clearance or departure: the values opened before the transaction began, and the version that the actor saw."""

    return_id: UUID
    seen: OpenedSeals
    country: Country
    expected: int | None


async def clear_return(tx: Transaction, actor: Actor, attempt: Attempt) -> tuple[Return, BlockedMove | None]:
    """The cleared return, or the reasons why not: an answer and no exception, because the events of the attempt must
    be kept.
    """
    found = await returns.get(tx, actor, action_of(Verb.CLEAR), attempt.return_id, expected=attempt.expected)
    blocked = await _blocked(tx, found, attempt, tx.now, actor.subject)
    with answered():
        facts = found.clear(actor.subject, blocked, tx.now)
    return await _tried(tx, found, facts)


async def depart_return(
    tx: Transaction, actor: Actor, attempt: Attempt, expected_at: datetime, handover: str
) -> tuple[Return, BlockedMove | None]:
    """Depart. Every block is computed again, with today's knowledge, until the day on which she is expected."""
    if not tx.now < expected_at <= tx.now + attempt.country.rules.longest_journey:
        raise refused("expected_at", "must be after now, and within the longest journey", "not-a-journey")
    found = await returns.get(tx, actor, action_of(Verb.DEPART), attempt.return_id, expected=attempt.expected)
    blocked = await _blocked(tx, found, attempt, expected_at, found.clearer)
    with answered():
        facts = found.depart(expected_at, handover, blocked, tx.now)
    return await _tried(tx, found, facts)


async def overdue(tx: Transaction, return_id: UUID, half: Half) -> None:
    """The clock of a departure: says once that she is overdue, and only while nobody has said whether she arrived."""
    found = await returns.read(tx, return_id, half, lock=True)
    await returns.save(tx, found, found.overdue(tx.now))


async def close_return(
    tx: Transaction, actor: Actor, return_id: UUID, outcome: str, expected: int | None
) -> Return:
    """Close. An outcome that says that help goes on is taken from an organisation that goes on helping."""
    found = await returns.get(tx, actor, action_of(Verb.CLOSE), return_id, expected=expected)
    case = await known.of_case(tx, found.case_id)
    ongoing = found.organisation in case.accepted_by
    with answered():
        facts = found.close(outcome, tx.now, ongoing=ongoing)
    await returns.save(tx, found, facts)
    return found


async def is_listed(tx: Transaction, found: Return) -> bool:
    """True where the receiver is an active organisation of the directory, of the country in which she arrives."""
    listed = await directory.find(tx, found.receiver)
    if listed is None or (listed.status, listed.cell) != (ACTIVE, found.receiver_cell):
        return False
    return may_receive(listed.role, listed.type)


def knowledge(case: CaseKnowledge, seen: OpenedSeals, *, listed: bool) -> CaseOutlook:
    return CaseOutlook(
        age_group=case.age_group,
        flags=seen.flags,
        holds=frozenset(until for until in case.holds.values() if until is not None),
        accepted_by=case.accepted_by,
        listed=listed,
        fitness=seen.fitness,
        linked_at=case.linked_at,
    )


async def _blocked(
    tx: Transaction, found: Return, attempt: Attempt, arrives_at: datetime, clearer: str | None
) -> tuple[str, ...]:
    """The blocks. Raises PreconditionFailed where the values opened before this transaction are no longer those of now."""
    case = await known.of_case(tx, found.case_id)
    if found.half is Half.SENDING and not attempt.seen.still(found, case):
        raise PreconditionFailed("what is known of her has just changed")
    moment = attempt.country.moment(tx.now, arrives_at, clearer)
    now_known = knowledge(case, attempt.seen, listed=await is_listed(tx, found))
    return blocks(found, now_known, attempt.country.rules, moment)


async def _tried(tx: Transaction, found: Return, facts: Sequence[Fact]) -> tuple[Return, BlockedMove | None]:
    await returns.save(tx, found, facts)
    reasons = [fact.reasons for fact in facts if isinstance(fact, ReturnBlocked)]
    return found, BlockedMove(reasons[0]) if reasons else None
