"""A note on a case: written, corrected with a trace, struck as entered in error. No revision is ever overwritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Self
from uuid import UUID

from services.intake.casefile.domain.case import Case, CaseVerb, WrongMove
from services.intake.casework.domain.facts import CaseworkFact, NoteCorrected, NoteStruck, NoteWritten


class NoteState(StrEnum):
    STANDING = "standing"
    STRUCK = "struck"
    """Entered in error: nobody is shown its text again but who reviews such errors."""


class NoteVerb(StrEnum):
    CORRECT = "correct"
    STRIKE = "strike"


MOVES: Mapping[NoteState, Mapping[NoteVerb, NoteState]] = MappingProxyType(
    {
        NoteState.STANDING: {NoteVerb.CORRECT: NoteState.STANDING, NoteVerb.STRIKE: NoteState.STRUCK},
        NoteState.STRUCK: {},
    }
)


@dataclass(slots=True)
class Note:
    """One note. `by` wrote it; `category` says on what occasion, and nothing of what was said."""

    id: UUID
    case_id: UUID
    category: str
    by: str
    at: datetime
    state: NoteState = NoteState.STANDING
    revision: int = 1

    @classmethod
    def write(
        cls, case: Case, note_id: UUID, category: str, by: str, now: datetime
    ) -> tuple[Self, list[CaseworkFact]]:
        case.require(CaseVerb.WRITE_NOTE)
        return cls(note_id, case.id, category, by, now), [NoteWritten(case.id, note_id)]

    def correct(self, case: Case) -> list[CaseworkFact]:
        """Another text stands from now on; the one before stays sealed."""
        case.require(CaseVerb.CORRECT_NOTE)
        self._move(NoteVerb.CORRECT)
        return [NoteCorrected(self.case_id, self.id, self.revision)]

    def strike(self, case: Case) -> list[CaseworkFact]:
        case.require(CaseVerb.STRIKE_NOTE)
        self._move(NoteVerb.STRIKE)
        return [NoteStruck(self.case_id, self.id, self.revision)]

    def passes(self, verb: NoteVerb) -> bool:
        return verb in MOVES[self.state]

    def _move(self, verb: NoteVerb) -> None:
        if not self.passes(verb):
            raise WrongMove
        self.state, self.revision = MOVES[self.state][verb], self.revision + 1
