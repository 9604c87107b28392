"""Proposals: got under a lock, saved where nobody was faster; and what was decided about people's roles by them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.directory import Member
from chassis.problems import NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, one_of, update_set
from services.directory.domain.proposal import OF_PEOPLE, Change, Proposal, ProposalMoved, ProposalState, Wish
from services.directory.outgoing import outgoing
from services.directory.store.tables import PROPOSALS, STAFF

_ONE = "select * from directory.proposals where id = :id"
_GET, _LOCK = text(_ONE), text(_ONE + " for update")
_ACTING = text(
    f"select * from directory.proposals where organisation = :organisation and state = '{ProposalState.ACTING}' for update"
)
_DECIDED = text(
    f"""
    select distinct on (worker, staff_role) worker, staff_role, change = '{Change.GIVE_ROLE}' as has
    from directory.proposals
    where organisation = :organisation and state = '{ProposalState.CONFIRMED}' and change in {one_of(OF_PEOPLE)}
    order by worker, staff_role, decided_at desc
    """
)
_OPERATORS = text(
    """
    select s.organisation, s.worker from directory.staff as s left join directory.organisations as o on o.id = s.organisation
    where :role = any(s.roles) and not coalesce(o.suspended, false)
    """
)
_ADD = insert_missing(PROPOSALS)
_SAVE = update_set(PROPOSALS, "state", "decided_by", "decided_at", "version", stored="before")
_WISHES, _MEMBERS = RowReader(Wish, PROPOSALS), RowReader(Member, STAFF)
_OWN = (
    *("id", "ticket", "state", "proposed_by", "proposed_at"),
    *("due_at", "decided_by", "decided_at", "version"),
)
"""The members of a proposal besides its wish."""


async def get(
    tx: Transaction, proposal_id: UUID, *, lock: bool = False, expected: int | None = None
) -> Proposal:
    """Raises NotFound, or PreconditionFailed where it is not as the caller saw it."""
    row = (await tx.execute(_LOCK if lock else _GET, {"id": proposal_id})).first()
    if row is None:
        raise NotFound
    found = _proposal(row)
    if expected is not None and found.version != expected:
        raise PreconditionFailed
    return found


async def add(tx: Transaction, proposal: Proposal, facts: Sequence[ProposalMoved]) -> None:
    await _ADD.write(tx, [_row(proposal)])
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, proposal: Proposal, facts: Sequence[ProposalMoved]) -> None:
    """Raises PreconditionFailed."""
    row = {name: getattr(proposal, name) for name in ("id", "state", "decided_by", "decided_at", "version")}
    if await _SAVE.write(tx, [{**row, "before": proposal.version - 1}]) != 1:
        raise PreconditionFailed
    tx.say(*map(outgoing, facts))


async def acting(tx: Transaction, organisation: str) -> list[Proposal]:
    """The suspension of an organisation that acts by the word of one person, if there is one."""
    return [_proposal(row) for row in await tx.execute(_ACTING, {"organisation": organisation})]


async def decided_roles(tx: Transaction, organisation: str) -> Mapping[tuple[str, str], bool]:
    """The last decisions by two people about roles in an organisation: (pseudonym, role) → whether they have it."""
    rows = await tx.execute(_DECIDED, {"organisation": organisation})
    return {(row.worker, row.staff_role): row.has for row in rows}


async def people_with(tx: Transaction, role: str) -> set[Member]:
    """Everybody who has a role now, but for those of suspended organisations."""
    return set(_MEMBERS.all(await tx.execute(_OPERATORS, {"role": role})))


def _proposal(row: Row[Any]) -> Proposal:
    values = {name: getattr(row, name) for name in _OWN}
    return Proposal(wish=_WISHES.row(row), **{**values, "state": ProposalState(row.state)})


def _row(proposal: Proposal) -> dict[str, Any]:
    return {**_WISHES.values(proposal.wish), **{name: getattr(proposal, name) for name in _OWN}}
