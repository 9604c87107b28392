"""Everything that returns knows of one case, as a batch of events finds it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.returns.domain.assisted_return import Return
from services.returns.domain.facts import CodeIgnored, Fact
from services.returns.domain.journey import FollowedMove
from services.returns.domain.states import Half, State, Verb


@dataclass(slots=True)
class CaseReturns:
    """The halves that this cell holds under one case."""

    case_id: UUID
    halves: dict[tuple[UUID, Half], Return] = field(default_factory=dict)

    def clear(self, cleared: Return, told: FollowedMove, now: datetime) -> list[Fact]:
        """The clearance abroad opens the receiving half, once; a later one clears it again."""
        known = self.halves.get((cleared.id, Half.RECEIVING))
        return self._open(cleared, told.reason, now) if known is None else known.follow(Verb.CLEAR, told, now)

    def depart(self, departed: Return, told: FollowedMove, now: datetime) -> list[Fact]:
        """She is on her way. Where the clearance before it was lost, this opens the half: somebody must expect her."""
        known = self.halves.get((departed.id, Half.RECEIVING))
        said = [] if known is not None else self._open(departed, None, now)
        half = self.halves[departed.id, Half.RECEIVING]
        return [*said, *half.follow(Verb.DEPART, told, now)]

    def follow(
        self, half: Half, return_id: UUID, verb: Verb, told: FollowedMove, now: datetime
    ) -> list[Fact]:
        known = self.halves.get((return_id, half))
        if known is None:
            return [CodeIgnored(return_id, half, verb, None)]
        return known.follow(verb, told, now)

    def hand_over(self, now: datetime) -> list[Fact]:
        return [fact for half in self.halves.values() for fact in half.hand_over(now)]

    def _open(self, abroad: Return, result: str | None, now: datetime) -> list[Fact]:
        receiving = replace(abroad, state=State.CLEARED, cleared_at=now, result=result)
        self.halves[abroad.id, Half.RECEIVING] = receiving
        return receiving.opened(now)


@dataclass(slots=True)
class CaseKnowledge:
    """The case as the events of other services tell it, whether or not anybody returns. `flags` is ciphertext.

    A hold is kept by its end, and by None once it was lifted, in whichever order the two are heard. A referral stands
    beside the organisation that accepted it, until it ends, and beside None once it was sent in error, in whichever
    order.
    """

    case_id: UUID
    age_group: str | None = None
    flags: str | None = None
    holds: dict[UUID, datetime | None] = field(default_factory=dict)
    accepted: dict[UUID, str | None] = field(default_factory=dict)
    linked_at: datetime | None = None
    """The last time at which somebody was linked with this person as a dependant, or was back; None where nobody linked is here."""

    def change_dependants(self, *, more: bool, here: bool, now: datetime) -> None:
        """`more`: one came; what was settled before is settled anew."""
        self.linked_at = (now if more or self.linked_at is None else self.linked_at) if here else None

    def forget(self) -> None:
        """Forget the person, who is erased. Holds stay: one is in force when she is referred again."""
        self.age_group = self.flags = self.linked_at = None

    def place_hold(self, hold_id: UUID, until: datetime) -> None:
        self.holds.setdefault(hold_id, until)

    def lift_hold(self, hold_id: UUID) -> None:
        self.holds[hold_id] = None

    def accept(self, referral_id: UUID, organisation: str) -> None:
        self.accepted.setdefault(referral_id, organisation)

    def correct(self, referral_id: UUID) -> None:
        self.accepted[referral_id] = None

    def end(self, referral_id: UUID) -> None:
        self.accepted.pop(referral_id, None)

    @property
    def accepted_by(self) -> frozenset[str]:
        """The organisations that have accepted her and wait for her."""
        return frozenset(organisation for organisation in self.accepted.values() if organisation is not None)
