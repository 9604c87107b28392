"""The use cases of changes by two people: one function, one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import Member, refused
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import Conflict, Forbidden, NotSecondPerson, ProposerLeft, WrongState
from contracts.organisations import OPERATOR
from services.directory import making
from services.directory.domain.organisation import Organisation, WrongStanding
from services.directory.domain.proposal import (
    Change,
    Operator,
    OwnOrganisation,
    Proposal,
    ProposalExpired,
    ProposalState,
    ProposerGone,
    SamePerson,
    Wish,
    WrongProposalState,
)
from services.directory.store import organisations, proposals

OPERATE = "directory.operate"
TWO = 2


class TooFewOperators(Conflict):
    """Nobody else could confirm or lift anything any more."""

    code, title = "too-few-operators", "Two operators must remain, to confirm each other's changes"


class ProposalTooOld(WrongState):
    """A proposal that is made anew, if it is still wanted."""

    code, title = "proposal-expired", "It was not confirmed in time, and changes nothing"


async def propose(
    tx: Transaction, actor: Actor, proposal_id: UUID, wish: Wish, ticket: str, *, at_once: bool = False
) -> Proposal:
    """Propose a change. What could not be made now is refused now, and is looked at again when it is confirmed.

    `at_once`: a suspension that acts by the word of one person. Reading ends now; cases move once it is confirmed.
    """
    require(actor, OPERATE)
    await organisations.lock_directory(tx)
    with answered():
        proposal, facts = Proposal.of(proposal_id, wish, ticket, await operator(tx, actor), at_once=at_once)
        await making.make(tx, actor.cell, wish)
        if at_once:
            await _suspend(tx, wish.organisation)
    await proposals.add(tx, proposal, facts)
    return proposal


async def confirm(tx: Transaction, actor: Actor, proposal_id: UUID, seen: int) -> Proposal:
    """Confirm what was seen, and make it."""
    require(actor, OPERATE)
    await organisations.lock_directory(tx)
    proposal = await proposals.get(tx, proposal_id, lock=True, expected=seen)
    by = await operator(tx, actor)
    with answered():
        facts = proposal.confirm(by)
        made = await making.make(tx, actor.cell, proposal.wish)
    before = await proposals.people_with(tx, OPERATOR)
    await making.write(tx, made)
    await _require_operators(tx, before)
    await proposals.save(tx, proposal, facts)
    if proposal.wish.change is Change.SUSPEND:
        for acting in await proposals.acting(tx, proposal.wish.organisation):
            await proposals.save(tx, acting, acting.give_way(by))
    return proposal


async def withdraw(tx: Transaction, actor: Actor, proposal_id: UUID, seen: int | None) -> Proposal:
    """Withdraw a proposal. A suspension that acts by the word of one person is lifted by it."""
    require(actor, OPERATE)
    await organisations.lock_directory(tx)
    proposal = await proposals.get(tx, proposal_id, lock=True, expected=seen)
    acted = proposal.state is ProposalState.ACTING
    with answered():
        facts = proposal.withdraw(await operator(tx, actor))
    if acted:
        organisation = await organisations.get_organisation(tx, proposal.wish.organisation, lock=True)
        await organisations.save_organisation(tx, organisation, organisation.lift())
    await proposals.save(tx, proposal, facts)
    return proposal


async def _suspend(tx: Transaction, name: str) -> None:
    """Suspend an organisation by the word of one person: no case moves."""
    organisation = await organisations.get_organisation(tx, name, lock=True)
    before = await proposals.people_with(tx, OPERATOR)
    await organisations.save_organisation(tx, organisation, organisation.suspend(None))
    await _require_operators(tx, before)


async def suspendable(tx: Transaction, organisation: Organisation, actor: Actor) -> bool:
    """True where this operator may suspend it by their own word."""
    return (
        organisation.profile.cell == actor.cell
        and not organisation.suspended
        and organisation.id != actor.organisation
        and _member(actor) in await proposals.people_with(tx, OPERATOR)
    )


async def operator(tx: Transaction, actor: Actor) -> Operator:
    """The operator, whom the directory itself lists: that the issuer vouches for somebody is the word of one system.

    Raises Forbidden.
    """
    known = await proposals.people_with(tx, OPERATOR)
    if _member(actor) not in known:
        raise Forbidden
    operators = frozenset(one.worker for one in known)
    return Operator(actor.subject, actor.organisation, await tx.clock(), operators)


def _member(actor: Actor) -> Member:
    return Member(actor.organisation, actor.subject)


@contextmanager
def answered() -> Iterator[None]:
    """Turn what the domain refuses into a problem."""
    try:
        yield
    except SamePerson:
        raise NotSecondPerson from None
    except OwnOrganisation:
        raise refused("organisation", "the operator's own organisation", "own-organisation") from None
    except ProposalExpired:
        raise ProposalTooOld from None
    except ProposerGone:
        raise ProposerLeft from None
    except (WrongProposalState, WrongStanding):
        raise WrongState from None


async def _require_operators(tx: Transaction, before: set[Member]) -> None:
    """No change leaves fewer than two who could lift it. Raises TooFewOperators."""
    left = await proposals.people_with(tx, OPERATOR)
    if before - left and len({one.worker for one in left}) < TWO:
        raise TooFewOperators
