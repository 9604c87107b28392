"""The use cases of distrusts: one operator declares, and it acts; another confirms or lifts it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.directory import refused, roles_of, staff_with
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, Forbidden, NotFound, NotSecondPerson, WrongState
from contracts.organisations import OPERATOR
from services.exchange.domain.distrust import (
    Distrust,
    DistrustKind,
    DistrustSubject,
    SameOperator,
    WrongDistrustState,
)
from services.exchange.store import distrusts, partners

DISTRUST = "border.distrust"


async def distrust_key(
    tx: Transaction, actor: Actor, distrust_id: UUID, kid: str, since: datetime, ticket: str
) -> Distrust:
    """A key of the trust list was lost, a partner's or our own. Raises NotFound, Invalid, AlreadyThere, Forbidden."""
    await require_operator(tx, actor, DISTRUST)
    listed = await distrusts.listed_key(tx, kid)
    if listed is None:
        raise NotFound
    if since > await tx.clock():
        raise refused("since", "later than now", "in-the-future")
    organisation, use = listed
    what = DistrustSubject(DistrustKind.KEY, kid, since, organisation, use)
    return await _declare(tx, actor, distrust_id, what, ticket)


async def suspend_agreement(
    tx: Transaction, actor: Actor, distrust_id: UUID, agreement_id: str, ticket: str
) -> Distrust:
    """The present version of an agreement counts no more here; its next one does. Raises NotFound, AlreadyThere, Forbidden."""
    await require_operator(tx, actor, DISTRUST)
    version = await partners.agreement_version(tx, agreement_id)
    if version is None:
        raise NotFound
    what = DistrustSubject(DistrustKind.AGREEMENT, agreement_id, await tx.clock(), agreement_version=version)
    return await _declare(tx, actor, distrust_id, what, ticket)


async def confirm(tx: Transaction, actor: Actor, distrust_id: UUID, seen: int) -> Distrust:
    """Confirm what was seen: nobody lifts it any more."""
    await require_operator(tx, actor, DISTRUST)
    found = await distrusts.get(tx, distrust_id, lock=True, expected=seen)
    with _answered():
        facts = found.confirm(actor.subject, await tx.clock())
    await distrusts.save(tx, found, facts)
    return found


async def withdraw(tx: Transaction, actor: Actor, distrust_id: UUID, seen: int | None) -> Distrust:
    """Lift it: what waited is sealed."""
    await require_operator(tx, actor, DISTRUST)
    found = await distrusts.get(tx, distrust_id, lock=True, expected=seen)
    with _answered():
        facts = found.withdraw(actor.subject, await tx.clock())
    await distrusts.save(tx, found, facts)
    return found


async def _declare(
    tx: Transaction, actor: Actor, distrust_id: UUID, what: DistrustSubject, ticket: str
) -> Distrust:
    made, facts = Distrust.declare(distrust_id, what, ticket, actor.subject, await tx.clock())
    if not await distrusts.add(tx, made, facts):
        raise AlreadyThere
    return made


async def require_operator(tx: Transaction, actor: Actor, action: str) -> None:
    """An operator is whom the directory lists: that the issuer vouches for somebody is the word of one system. Raises Forbidden."""
    require(actor, action)
    if OPERATOR not in await roles_of(tx, actor.organisation, actor.subject):
        raise Forbidden


async def operators(tx: Transaction) -> frozenset[str]:
    """Whoever is an operator of the cell now, as the directory lists them."""
    return frozenset(one.worker for one in await staff_with(tx, OPERATOR))


@contextmanager
def _answered() -> Iterator[None]:
    """Turn what the domain refuses into a problem."""
    try:
        yield
    except SameOperator:
        raise NotSecondPerson from None
    except WrongDistrustState:
        raise WrongState from None
