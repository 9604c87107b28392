"""The use cases of matching: one function, one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.problems import Conflict, NotFound, expect
from services.intake.casefile.domain.facts import PairDecided
from services.intake.casefile.domain.pair import LedAlready, OneCase, Pair, PairState
from services.intake.casefile.outgoing import tasks_due
from services.intake.casefile.store import dependants, pairs
from services.intake.casefile.use_cases import OnePerson
from services.intake.identification.outgoing import outgoing
from services.intake.identification.store import holds

DECIDE = "case.write"
"""The right that a decision asks for, in both cases."""


class MergedAlready(Conflict):
    """One of the two leads or is led in another merged pair: that is undone first."""

    code, title = "merged-already", "One of these cases is merged with a third; undo that first"


@contextmanager
def answered() -> Iterator[None]:
    """The refusals of the domain, as the caller is told."""
    try:
        yield
    except OneCase as error:
        raise NotFound from error
    except LedAlready as error:
        raise MergedAlready from error


async def decide(
    tx: Transaction,
    actor: Actor,
    case_id: UUID,
    other_id: UUID,
    seen: int | None,
    decision: PairState,
    reason: str,
) -> Pair:
    """Decide whether both cases are of one person. Where they are, the first one leads, and a hold in force on either is in
    force on both; it stays so when the decision is taken back, until somebody lifts it. Raises OnePerson where one depends on the other.
    """
    for each in (case_id, other_id):
        await require_case(tx, actor, DECIDE, each)
    with answered():
        pair = await pairs.hold(tx, case_id, other_id, actor.organisation)
        if decision is PairState.SAME_PERSON and await dependants.are_linked(tx, case_id, other_id):
            raise OnePerson
        expect(pair.version, seen)
        facts = pair.decide(decision, reason, case_id, await pairs.merged(tx, pair))
    if facts:
        await _save(tx, pair, facts, actor.subject)
    if decision is PairState.SAME_PERSON:
        for one, other in ((case_id, other_id), (other_id, case_id)):
            for hold in await holds.share(tx, one, [other], pair.organisation):
                tx.say(outgoing(hold))
    return pair


async def _save(tx: Transaction, pair: Pair, facts: Sequence[PairDecided], by: str) -> None:
    """The links of either case are those of the other while both are of one person, and the covers of all of them are found anew."""
    ends = (pair.first_id, pair.second_id)
    before = await dependants.beside(tx, ends)
    await pairs.save(tx, pair, facts, by)
    await dependants.tell_of_difference(tx, ends, before)
    mark = f"pair:{pair.first_id}:{pair.second_id}:{pair.version}"
    tx.say(*(tasks_due(case_id, mark) for case_id in await dependants.around(tx, ends)))
