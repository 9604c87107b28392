"""What can be done with a return: one function, one transaction."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from chassis.access import require_case
from chassis.auth import Actor
from chassis.database import Transaction
from chassis.directory import require_organisation
from chassis.problems import Conflict, Invalid, WrongState
from services.returns import store
from services.returns.domain.assisted_return import Return
from services.returns.domain.facts import Fact, ReturnBlocked
from services.returns.domain.states import Half, WrongHalf, WrongMove

Verb = Callable[[Return], Sequence[Fact]]


class Blocked(Conflict):
    """The clearance was tried and is not possible. `code` is of the list `return_block`; that it was tried is said."""

    title = "The return cannot be cleared"

    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def body(self) -> dict[str, Any]:
        return {**super().body(), "type": f"urn:corridor:problem:{self.reason}", "code": self.reason}


@contextmanager
def answered() -> Iterator[None]:
    """What the domain refuses, as the caller is told."""
    try:
        yield
    except WrongMove as error:
        raise WrongState(f"the return is {error.state}") from error
    except WrongHalf as error:
        raise WrongState(f"the {error.half} half does not {error.verb}") from error


async def request_return(
    tx: Transaction, actor: Actor, case_id: UUID, receiver: str, receiver_cell: str
) -> Return:
    """A return from the actor's organisation to the one that will receive her."""
    await require_case(tx, actor, "return.request", case_id)
    await require_organisation(tx, receiver, "receiver", receives=True)
    if receiver[:2].upper() != receiver_cell:
        raise _refused("receiver_cell", "must be the country of the receiver", "not-its-country")
    if receiver == actor.organisation:
        raise _refused("receiver", "must be another organisation than the sender", "not-another")
    requested = Return(
        id=tx.new_id(),
        half=Half.SENDING,
        case_id=case_id,
        sender=actor.organisation,
        receiver=receiver,
        receiver_cell=receiver_cell,
        requested_at=tx.now,
    )
    await store.save(tx, requested, requested.request(tx.now))
    return requested


def _refused(field: str, message: str, code: str) -> Invalid:
    return Invalid(errors=[{"loc": ["body", field], "msg": message, "code": code}])


async def move_return(
    tx: Transaction, actor: Actor, action: str, return_id: UUID, verb: Verb, expected: int | None = None
) -> Return:
    """One move of the actor's half, which knows the moves that are its own."""
    moved = await store.get(tx, actor, action, return_id, expected=expected)
    with answered():
        facts = verb(moved)
    await store.save(tx, moved, facts)
    return moved


async def clear_return(
    tx: Transaction, actor: Actor, return_id: UUID, expected: int | None
) -> tuple[Return, Blocked | None]:
    """Cleared, or the reason why not: an answer and no exception, because what was said of it must be kept."""
    found = await store.get(tx, actor, "return.clear", return_id, expected=expected)
    with answered():
        facts = found.clear(tx.now)
    await store.save(tx, found, facts)
    reasons = [fact.reason for fact in facts if isinstance(fact, ReturnBlocked)]
    return found, Blocked(reasons[0]) if reasons else None
