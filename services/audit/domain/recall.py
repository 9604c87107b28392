"""The clock of a recall: the one rule of when an answer is due, for the account of a case and for all open recalls."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from contracts.disclosure import ANSWER_WITHIN
from contracts.types import AnswerDue, Code


def answer_due(recalled_at: datetime) -> datetime:
    return recalled_at + ANSWER_WITHIN


def late_before(now: datetime) -> datetime:
    """A recall from before this instant should have been answered."""
    return now - ANSWER_WITHIN


@dataclass(slots=True)
class Recall:
    """A disclosure that was taken back: since when, why, until when an answer is due, and whether that is over without one."""

    at: datetime
    reason: Annotated[str, Code("recall_reason")] | None
    answer_due: AnswerDue
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class RecallAnswer:
    """The last answer. It may stand without a recall: an erasure closes what came in, and nobody took it back."""

    at: datetime
    answer: Annotated[str, Code("recall_answer")] | None
    law: str | None
