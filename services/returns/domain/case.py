"""Everything that returns knows of one case, as a batch of events finds it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from services.returns.domain.assisted_return import Return
from services.returns.domain.facts import Fact, Ignored
from services.returns.domain.states import Half, State, Verb


@dataclass(slots=True)
class CaseReturns:
    """The halves that this cell holds under one case. Whose case it is, and whether she counts as a child, are set where
    they were heard of in this batch.
    """

    case_id: UUID
    halves: dict[tuple[UUID, Half], Return] = field(default_factory=dict)
    person_id: UUID | None = None
    age_group: str | None = None

    def clear(self, cleared: Return, now: datetime) -> list[Fact]:
        """The clearance abroad opens the receiving half, once."""
        known = self.halves.get((cleared.id, Half.RECEIVING))
        if known is not None:
            return [Ignored(cleared.id, Half.RECEIVING, Verb.CLEAR, known.state)]
        return self._open(cleared, now)

    def depart(self, departed: Return, now: datetime) -> list[Fact]:
        """She is on her way. Where the clearance before it was lost, this opens the half: somebody must expect her."""
        known = self.halves.get((departed.id, Half.RECEIVING))
        said = [] if known is not None else self._open(departed, now)
        half = self.halves[departed.id, Half.RECEIVING]
        return [*said, *half.follow(Verb.DEPART, now)]

    def follow(
        self, half: Half, return_id: UUID, verb: Verb, now: datetime, outcome: str | None
    ) -> list[Fact]:
        known = self.halves.get((return_id, half))
        if known is None:
            return [Ignored(return_id, half, verb, None)]
        return known.follow(verb, now, outcome)

    def _open(self, abroad: Return, now: datetime) -> list[Fact]:
        receiving = replace(abroad, state=State.CLEARED, cleared_at=now)
        self.halves[abroad.id, Half.RECEIVING] = receiving
        return receiving.opened(now)
