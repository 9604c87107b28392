"""A proposal: a change of the directory by two people. One proposes it, another confirms it, and then it is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

OPEN_FOR, CONFIRM_WITHIN = timedelta(hours=72), timedelta(hours=24)
"""A proposal that nobody confirmed in time changes nothing any more. A suspension by one person goes on, and is overdue."""


class Change(StrEnum):
    """The code list `directory_change`."""

    ADD = "add-organisation"
    ALTER = "change-organisation"
    SUSPEND = "suspend-organisation"
    RESTORE = "restore-organisation"
    GIVE_ROLE = "give-role"
    TAKE_ROLE = "take-role"


OF_PEOPLE = frozenset({Change.GIVE_ROLE, Change.TAKE_ROLE})


class ProposalState(StrEnum):
    """The code list `proposal_state`."""

    PROPOSED = "proposed"
    ACTING = "acting"
    """A suspension in an emergency: in force by the word of one person, until a second confirms or withdraws it."""
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


class ProposalVerb(StrEnum):
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"


MOVES: Mapping[ProposalState, Mapping[ProposalVerb, ProposalState]] = MappingProxyType(
    {
        ProposalState.PROPOSED: {
            ProposalVerb.CONFIRM: ProposalState.CONFIRMED,
            ProposalVerb.WITHDRAW: ProposalState.WITHDRAWN,
        },
        ProposalState.ACTING: {
            ProposalVerb.CONFIRM: ProposalState.CONFIRMED,
            ProposalVerb.WITHDRAW: ProposalState.WITHDRAWN,
        },
        ProposalState.CONFIRMED: {},
        ProposalState.WITHDRAWN: {},
    }
)


class WrongProposalState(Exception):
    """The proposal was decided before."""


class ProposalExpired(Exception):
    """Nobody confirmed the proposal in time."""


class SamePerson(Exception):
    """The second person is the first, or the one whom it is about."""


class ProposerGone(Exception):
    """Whoever proposed it is no operator any more: it would be the word of one."""


class OwnOrganisation(Exception):
    """Nobody suspends the organisation that they sign in for: nobody of it could confirm or lift it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The directory as a proposal wants it; what its kind of change does not speak of is None."""

    change: Change
    organisation: str
    name: str | None = None
    role: str | None = None
    type: str | None = None
    status: str | None = None
    worker: str | None = None
    staff_role: str | None = None
    cases_to: str | None = None
    cases_to_organisation: str | None = None


@dataclass(frozen=True, slots=True)
class Operator:
    """Whoever proposes or decides, at this moment. `operators`: the pseudonyms of all who could."""

    subject: str
    organisation: str
    at: datetime
    operators: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProposalMoved:
    proposal_id: UUID
    state: ProposalState
    wish: Wish


@dataclass(slots=True)
class Proposal:
    """One proposal. `due_at` is when it expires, or by when a suspension that acts is to be confirmed."""

    id: UUID
    wish: Wish
    ticket: str
    state: ProposalState
    proposed_by: str
    proposed_at: datetime
    due_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    version: int = 1

    @classmethod
    def of(
        cls, proposal_id: UUID, wish: Wish, ticket: str, by: Operator, *, at_once: bool = False
    ) -> tuple["Proposal", list[ProposalMoved]]:
        """Propose. `at_once` is for a suspension alone. Raises SamePerson and OwnOrganisation."""
        state = ProposalState.ACTING if at_once else ProposalState.PROPOSED
        due = by.at + (CONFIRM_WITHIN if at_once else OPEN_FOR)
        made = cls(proposal_id, wish, ticket, state, by.subject, by.at, due)
        made._require_apart(by)
        return made, [made._moved()]

    def confirm(self, by: Operator) -> list[ProposalMoved]:
        """Confirm, by another person, while the first is an operator still.

        Raises SamePerson, OwnOrganisation, ProposerGone, ProposalExpired, WrongProposalState.
        """
        after = self._after(ProposalVerb.CONFIRM)
        if by.subject == self.proposed_by:
            raise SamePerson
        self._require_apart(by)
        if self.proposed_by not in by.operators:
            raise ProposerGone
        if self.is_expired(by.at):
            raise ProposalExpired
        return self._decide(after, by)

    def withdraw(self, by: Operator) -> list[ProposalMoved]:
        """Withdraw: whoever it is not about. One that acts is lifted by this, and by another person alone.

        Raises SamePerson, OwnOrganisation, WrongProposalState.
        """
        after = self._after(ProposalVerb.WITHDRAW)
        if self.state is ProposalState.ACTING and by.subject == self.proposed_by:
            raise SamePerson
        self._require_apart(by)
        return self._decide(after, by)

    def give_way(self, by: Operator) -> list[ProposalMoved]:
        """Give way to what two people have decided of the same suspension, with another caretaker: it goes on.

        Raises WrongProposalState.
        """
        return self._decide(self._after(ProposalVerb.WITHDRAW), by)

    def lets(self, verb: ProposalVerb, by: Operator) -> bool:
        """True where a verb passes now; it is tried on a copy, so that the offer and the command cannot differ."""
        tried = replace(self)
        verbs: dict[ProposalVerb, Callable[[Operator], object]] = {
            ProposalVerb.CONFIRM: tried.confirm,
            ProposalVerb.WITHDRAW: tried.withdraw,
        }
        try:
            verbs[verb](by)
        except (WrongProposalState, ProposalExpired, SamePerson, OwnOrganisation, ProposerGone):
            return False
        return True

    def is_expired(self, now: datetime) -> bool:
        return self.state is ProposalState.PROPOSED and now > self.due_at

    def is_overdue(self, now: datetime) -> bool:
        """True for a suspension by one person that nobody has looked at in time. It acts all the same."""
        return self.state is ProposalState.ACTING and now > self.due_at

    def _require_apart(self, by: Operator) -> None:
        """Nobody has a say in their own role or in what they take over, and nobody of an organisation in its suspension."""
        if by.subject in (self.wish.worker, self.wish.cases_to):
            raise SamePerson
        if self.wish.change is Change.SUSPEND and by.organisation == self.wish.organisation:
            raise OwnOrganisation

    def _after(self, verb: ProposalVerb) -> ProposalState:
        if verb not in MOVES[self.state]:
            raise WrongProposalState
        return MOVES[self.state][verb]

    def _decide(self, after: ProposalState, by: Operator) -> list[ProposalMoved]:
        self.state, self.decided_by, self.decided_at = after, by.subject, by.at
        self.version += 1
        return [self._moved()]

    def _moved(self) -> ProposalMoved:
        return ProposalMoved(self.id, self.state, self.wish)
