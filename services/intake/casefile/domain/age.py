"""The rule whether she counts as a child: from the evidence on record, on a day of the place. Not shown to be adult
is a child.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from contracts.casefile.partial_date import PartialDate

DAY = timedelta(days=1)
TOLD_BEFORE = (30 * DAY, 14 * DAY, 3 * DAY)
"""Before her birthday: three times, so that a day on which nothing ran loses nothing."""

BIRTHDATE = "prs_Birthdate"
FLAG = "unaccompanied_child"


class Group(StrEnum):
    CHILD = "child"
    ADULT = "adult"


class Basis(StrEnum):
    """The basis of an age group."""

    UNKNOWN = "unknown"
    BIRTH_DATE = "birth_date"
    ESTIMATE = "estimate"
    FLAG = "flag"
    ASSESSMENT = "assessment"


@dataclass(frozen=True, slots=True)
class AgeEvidence:
    """The evidence on record about her age, apart from assessments."""

    born: PartialDate | None = None
    flagged: bool = False

    def changed(self, fields: Mapping[str, str | None], flags: Iterable[str] | None) -> Self:
        """After these fields are recorded or removed, and these flags set. None: the flags stay as they are."""
        born, flagged = self.born, self.flagged if flags is None else FLAG in flags
        if BIRTHDATE in fields:
            text = fields[BIRTHDATE]
            born = None if text is None else PartialDate.parse(text)
        return replace(self, born=born, flagged=flagged)

    def shows_adult(self, today: date) -> bool:
        """Even the lowest age that the date allows is an adult's."""
        return self.born is not None and not self.born.may_be_child(today)

    def age(self, today: date) -> "Age":
        adult = self.shows_adult(today)
        if self.flagged:
            return Age(Group.CHILD, Basis.FLAG, doubted=adult)
        if self.born is None:
            return Age()
        return Age(Group.ADULT if adult else Group.CHILD, basis_of(self.born))


def basis_of(born: PartialDate) -> Basis:
    return Basis.BIRTH_DATE if born.exact else Basis.ESTIMATE


@dataclass(frozen=True, slots=True)
class Age:
    """`doubted`: she is a child by what somebody recorded, and a date of birth says otherwise. A person assesses it."""

    group: Group = Group.CHILD
    basis: Basis = Basis.UNKNOWN
    doubted: bool = False

    def learned(self, evidence: AgeEvidence, today: date) -> Self:
        """Learn from a change of the evidence. A person who is known to be a child is made an adult by no correction
        of a record: only by her birthday, or by an assessment that names who made it.
        """
        found = evidence.age(today)
        known_child = self.group is Group.CHILD and self.basis is not Basis.UNKNOWN
        if known_child and (found.group is Group.ADULT or found.basis is Basis.UNKNOWN):
            return replace(self, doubted=found.group is Group.ADULT)
        return replace(self, group=found.group, basis=found.basis, doubted=found.doubted)

    def assessed(self, group: Group, evidence: AgeEvidence, today: date) -> Self:
        """Take a person's decision. It stands until evidence is recorded that says child, or another assessment."""
        doubted = group is Group.CHILD and evidence.shows_adult(today)
        return replace(self, group=group, basis=Basis.ASSESSMENT, doubted=doubted)

    def told_today(self, born: PartialDate, today: date) -> bool:
        """True on the days on which it is told that a child comes of age soon: by the same rule as on the day itself."""
        return any(
            self.come_of_age(born, today + lead) is not None
            and self.come_of_age(born, today + lead - DAY) is None
            for lead in TOLD_BEFORE
        )

    def come_of_age(self, born: PartialDate, today: date) -> Self | None:
        """The adult, on the day on which even the lowest age is an adult's. None while it is not."""
        waits = self.group is Group.CHILD and not self.doubted
        if not waits or born.may_be_child(today):
            return None
        return replace(self, group=Group.ADULT, basis=basis_of(born))
