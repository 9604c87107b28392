"""The words of a list of cases: for whom a case waits, and what comes next in it."""

from enum import StrEnum


class WaitingFor(StrEnum):
    """For whom an open case waits."""

    RECIPIENT = "recipient"
    """The organisation to which it was offered."""
    ASSIGNMENT = "assignment"
    """Somebody who gives it to a worker."""
    WORKER = "worker"
    """The worker, who has not opened it yet."""
    ANSWER = "answer"
    """Whoever was asked by a referral and has not answered in its time."""
    RECALL = "recall"
    """Whoever was told to stop using what they were given, and has not answered in time."""


class NextStep(StrEnum):
    OPENING = "opening"
    """The time in which it should be opened ends."""
    TASK = "task"
    HOLD_ENDS = "hold-ends"


class DueKind(StrEnum):
    """The kinds of rows by which a worker's cases stand in the order of what is due in them."""

    HOLD = "hold"
    OPENING = "opening"
    TASK = "task"


class NamesShown(StrEnum):
    """The cases of a page on which the person's name, languages and age are shown."""

    MINE = "mine"
    """Cases that the reader has or covers. Such readings do not count towards the cases of a day."""
    PAGE = "page"
    NONE = "none"
