"""The use cases of an erasure: one function, one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.problems import Conflict, Invalid, NotSecondPerson, WrongState
from contracts.protection import is_of_country
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.store import cases
from services.intake.rights import store
from services.intake.rights.domain.erasure import (
    Erasure,
    ErasureState,
    SamePerson,
    TooEarly,
    WrongErasureMove,
)
from services.intake.rights.outgoing import outgoing

REQUEST, CONFIRM = "erasure.request", "erasure.confirm"


class TimeToThinkAgain(Conflict):
    """The time in which she may take it back has not passed."""

    code, title = "erasure-waits", "She may still take this back; it is confirmed from the time that it shows"


class MergedUndecided(Conflict):
    """Of a case that is merged with this one nobody has said whether it goes too, and with this one goes the decision that leads to it."""

    code, title = (
        "merged-undecided",
        "She has another case: ask for the erasure of the other case too, and decide it or take it back",
    )


@contextmanager
def answered() -> Iterator[None]:
    """The refusals of the domain, as the caller is told."""
    try:
        yield
    except WrongErasureMove as error:
        raise WrongState from error
    except SamePerson:
        raise NotSecondPerson from None
    except TooEarly:
        raise TimeToThinkAgain from None


async def request_erasure(
    tx: Transaction, actor: Actor, case_id: UUID, erasure_id: UUID, reason: str
) -> None:
    """She asks that everything about her be erased; `reason` is sealed. Nothing goes yet."""
    case = await cases.get(tx, actor, REQUEST, case_id, lock=True)
    if case.state is CaseState.ERASED:
        raise WrongState
    erasure = Erasure(
        erasure_id,
        case_id,
        case.person_id,
        actor.organisation,
        ErasureState.REQUESTED,
        actor.subject,
        tx.now,
        reason,
    )
    await store.add(tx, erasure)
    tx.say(*map(outgoing, erasure.request()))


async def cancel_erasure(tx: Transaction, actor: Actor, erasure_id: UUID) -> None:
    erasure = await store.get(tx, actor, REQUEST, erasure_id)
    with answered():
        facts = erasure.cancel(actor.subject, tx.now)
    await store.save(tx, erasure)
    tx.say(*map(outgoing, facts))


async def refuse_erasure(tx: Transaction, actor: Actor, erasure_id: UUID, law: str) -> None:
    """A law has everything kept. Raises Invalid for a law of another country."""
    erasure = await store.get(tx, actor, CONFIRM, erasure_id)
    if not is_of_country(law, actor.cell):
        error = {"loc": ["body", "law"], "msg": "not a law of this country", "code": "other-country"}
        raise Invalid(errors=[error])
    with answered():
        facts = erasure.refuse(actor.subject, tx.now, law)
    await store.save(tx, erasure)
    tx.say(*map(outgoing, facts))


async def confirm_erasure(tx: Transaction, actor: Actor, erasure_id: UUID, wait: timedelta) -> None:
    """Delete what tells of her. From this commit on nobody reads or writes about her, in this service or, once they
    have heard, in any other.
    """
    erasure = await store.get(tx, actor, CONFIRM, erasure_id)
    await require_case(tx, actor, CONFIRM, erasure.case_id)
    await cases.hold(tx, erasure.case_id)
    with answered():
        facts = erasure.confirm(actor.subject, tx.now, wait)
    if await store.undecided_cases(tx, erasure):
        raise MergedUndecided
    if not await store.erase(tx, erasure.case_id, erasure.person_id):
        raise WrongState
    await store.save(tx, erasure)
    tx.say(*map(outgoing, facts))
