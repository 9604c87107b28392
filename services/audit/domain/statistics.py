"""The count of the persons whom this cell referred, or began to return, to one other cell in one calendar month: how many had an answer, how
soon, and what became of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from contracts.codes import codes
from contracts.small_cells import ShownTable, partition

GIVEN, TIME = "answer_given", "response_time"
SAME_PERSON = "same-person"
"""The decision about two cases by which they are of one person."""
_WITHIN = (
    ("day", timedelta(days=1)),
    ("three_days", timedelta(days=3)),
    ("week", timedelta(days=7)),
    ("month", timedelta(days=30)),
)


@dataclass(frozen=True, slots=True)
class CountedSubject:
    """A subject of statistics: how it begins, what the log calls it, which events answer it, and what it is after each event that says so.

    An event of `after` with None tells the outcome itself.
    """

    name: str
    begins: str
    half: str
    id: str
    other: str
    results: str
    answers: frozenset[str]
    after: Mapping[str, str | None]

    @property
    def code_lists(self) -> tuple[str, str, str]:
        """The code lists of its tables."""
        return GIVEN, self.results, TIME


REFERRALS = CountedSubject(
    name="referrals",
    begins="referral.sent.v1",
    half="outgoing",
    id="referral_id",
    other="recipient_cell",
    results="referral_result",
    answers=frozenset({"referral.accepted.v1", "referral.rejected.v1"}),
    after=MappingProxyType(
        {
            "referral.accepted.v1": "helping",
            "referral.rejected.v1": "rejected",
            "referral.completed.v1": None,
            "referral.failed.v1": "failed",
            "referral.cancelled.v1": "withdrawn",
            "referral.corrected.v1": "withdrawn",
        }
    ),
)
RETURNS = CountedSubject(
    name="returns",
    begins="return.requested.v1",
    half="sending",
    id="return_id",
    other="receiver_cell",
    results="return_result",
    answers=frozenset({"return.departed.v1"}),
    after=MappingProxyType(
        {
            "return.departed.v1": "under_way",
            "return.closed.v1": None,
            "return.withdrawn.v1": "withdrawn",
        }
    ),
)
SUBJECTS = (REFERRALS, RETURNS)


@dataclass(frozen=True, slots=True)
class FirstEvent:
    """The first referral or return of a case in the month, in this corridor."""

    case_id: str
    id: str
    time: datetime


@dataclass(frozen=True, slots=True)
class LaterEvent:
    """An event of the log that tells of it later."""

    id: str
    time: datetime
    type: str
    details: Mapping[str, Any]


def each_person(begun: Iterable[FirstEvent], same: Iterable[tuple[str, str]]) -> list[FirstEvent]:
    """The first of each person: cases of which somebody decided that they are of one are counted once."""
    followed: dict[str, str] = {}

    def person(case_id: str) -> str:
        while case_id in followed:
            case_id = followed[case_id]
        return case_id

    for one, other in same:
        if (this := person(one)) != (that := person(other)):
            followed[this] = that
    found: dict[str, FirstEvent] = {}
    for event in sorted(begun, key=lambda event: event.time):
        found.setdefault(person(event.case_id), event)
    return list(found.values())


def table_name(subject: CountedSubject, other: str, code_list: str) -> str:
    return f"{other}/{subject.name}/{code_list}"


def corridor_tables(
    subject: CountedSubject, other: str, begun: Sequence[FirstEvent], steps: Iterable[LaterEvent]
) -> Mapping[str, ShownTable]:
    """The tables of a corridor, as they may be shown.

    What became of it, and how long it took, are counted of those with an answer, and are hidden where it is hidden how many those
    are: else one table would be subtracted from another.
    """
    results, took = _followed(subject, begun, steps)
    given = partition({"given": len(took), "none": len(begun) - len(took)})
    of_given = {
        subject.results: _counts(subject.results, results),
        TIME: _counts(TIME, (_within(one) for one in took)),
    }
    shown = {
        name: ShownTable(dict.fromkeys(counts), None) if given.cells["given"] is None else partition(counts)
        for name, counts in of_given.items()
    }
    return {table_name(subject, other, name): table for name, table in {GIVEN: given, **shown}.items()}


def _followed(
    subject: CountedSubject, begun: Sequence[FirstEvent], steps: Iterable[LaterEvent]
) -> tuple[list[str], list[timedelta]]:
    """The end of each that was answered, and how long the answer took. A code that this version does not know leaves it as it was."""
    result: dict[str, str] = {}
    answered: dict[str, datetime] = {}
    for step in steps:
        end = subject.after[step.type] or str(step.details["outcome"])
        if end in codes(subject.results):
            result[step.id] = end
        if step.type in subject.answers:
            answered.setdefault(step.id, step.time)
    given = [one for one in begun if one.id in answered]
    return [result[one.id] for one in given], [answered[one.id] - one.time for one in given]


def _within(took: timedelta) -> str:
    return next((name for name, most in _WITHIN if took <= most), "later")


def _counts(code_list: str, found: Iterable[str]) -> Mapping[str, int]:
    """Every code of the list, those that nobody has too: an absent one would say that it is nobody's."""
    counted = Counter(found)
    return {code: counted[code] for code in codes(code_list)}
