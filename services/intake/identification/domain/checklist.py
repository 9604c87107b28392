"""Screening against a checklist: support for a person's decision. The result names the rules that fired, and never
says "not a victim".
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from contracts.checklist.forms import ChecklistFile, Element, Profile, SectionForm
from contracts.checklist.reading import shipped

YES = "yes"
OPEN_ANSWERS = frozenset({"unknown", "declined", "not-asked"})
"""Answers that settle nothing: more may be known later."""

INDICATIONS = "indications"
NOT_ESTABLISHED = "not-established"
"""The two outcomes. The second says that these answers establish nothing, not that nothing happened."""


class UnknownIndicator(ValueError):
    """Answers to questions that the checklist does not ask. `count` says how many."""

    def __init__(self, count: int = 1) -> None:
        super().__init__("an answer names no indicator of this checklist")
        self.count = count


@dataclass(frozen=True, slots=True)
class Indicator:
    """One question. `weight` is D decisive, S strong, M medium or W weak in this checklist's profile."""

    code: str
    dimension: str
    element: str
    weight: str


@dataclass(frozen=True, slots=True)
class Combination:
    """A dimension is positive with at least these counts of weights."""

    rule: str
    at_least: Mapping[str, int]

    def fires(self, counts: Mapping[str, int]) -> bool:
        return all(counts.get(weight, 0) >= least for weight, least in self.at_least.items())


@dataclass(frozen=True, slots=True)
class Evidence:
    """A yes that counted, with its weight."""

    indicator: str
    weight: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """`rule` is the combination that fired, None where none did; `unsettled` are questions without a yes or no."""

    name: str
    element: str
    positive: bool
    rule: str | None
    evidence: tuple[Evidence, ...]
    unsettled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """`rule` is the rule of the whole checklist if it fired."""

    checklist: str
    version: str
    profile: str
    outcome: str
    rule: str | None
    dimensions: tuple[Dimension, ...]


@dataclass(frozen=True, slots=True)
class Checklist:
    """One version of a list in one profile: its indicators, and how they combine."""

    code: str
    version: str
    name: str
    """The name of the file, which has the questions of every profile."""
    profile: str
    elements: tuple[str, ...]
    rule: str
    indicators: tuple[Indicator, ...]
    combinations: tuple[Combination, ...]
    unweighed: frozenset[str]
    """Questions that have no weight in this profile: answers to them are kept, and count nothing."""
    flags: Mapping[str, str]
    """Question → the urgent flag that a yes raises."""
    in_use: bool = True
    """False for a version that is no longer asked with."""

    def require_known(self, answers: Iterable[str]) -> None:
        """Require that every answer is to a question of this list. Raises UnknownIndicator."""
        known = {indicator.code for indicator in self.indicators} | self.unweighed
        if strange := sum(1 for code in answers if code not in known):
            raise UnknownIndicator(strange)

    def raised(self, answers: Mapping[str, str]) -> frozenset[str]:
        """The urgent flags that these answers raise, whatever else is still to be asked."""
        return frozenset(flag for code, flag in self.flags.items() if answers.get(code) == YES)

    def evaluate(self, answers: Mapping[str, str]) -> Result:
        """Evaluate answers by indicator; an indicator without an answer was not asked. Raises UnknownIndicator."""
        self.require_known(answers)
        dimensions = tuple(self._dimension(name, answers) for name in self._dimension_names())
        found = {dimension.element for dimension in dimensions if dimension.positive}
        fired = found.issuperset(self.elements)
        outcome = INDICATIONS if fired else NOT_ESTABLISHED
        return Result(
            self.code, self.version, self.profile, outcome, self.rule if fired else None, dimensions
        )

    def _dimension_names(self) -> list[str]:
        return list(dict.fromkeys(indicator.dimension for indicator in self.indicators))

    def _dimension(self, name: str, answers: Mapping[str, str]) -> Dimension:
        indicators = [indicator for indicator in self.indicators if indicator.dimension == name]
        answered = [(indicator, answers.get(indicator.code, "not-asked")) for indicator in indicators]
        evidence = tuple(Evidence(i.code, i.weight) for i, answer in answered if answer == YES)
        counts = Counter(one.weight for one in evidence)
        rule = next((c.rule for c in self.combinations if c.fires(counts)), None)
        unsettled = tuple(i.code for i, answer in answered if answer in OPEN_ANSWERS)
        return Dimension(name, indicators[0].element, rule is not None, rule, evidence, unsettled)


def checklists() -> Mapping[str, Checklist]:
    """Every checklist in use by its code (code list `checklist`)."""
    return {one.code: one for one in _all() if one.in_use}


def of_version(code: str, version: str) -> Checklist:
    """A list as it was asked with, in use or not. Raises KeyError."""
    return {(one.code, one.version): one for one in _all()}[code, version]


def applied(requested: Checklist, *, shown_adult: bool) -> Checklist:
    """Age unknown is child until shown otherwise: then the child's profile of the same file is the one applied."""
    if shown_adult or requested.profile == Profile.CHILD:
        return requested
    same = (requested.name, requested.version, Profile.CHILD)
    return next(one for one in _all() if (one.name, one.version, one.profile) == same)


@cache
def _all() -> tuple[Checklist, ...]:
    return tuple(
        from_file(file, profile)
        for file in shipped()
        if file.purpose == "screening"
        for profile in file.profiles
    )


def from_file(file: ChecklistFile, profile: Profile) -> Checklist:
    """One profile of a file."""
    stated = file.profiles[profile]
    weighed = [section for section in file.sections if section.element is not Element.NOW]
    indicators = tuple(one for section in weighed for one in _indicators(section, profile))
    counted = {indicator.code for indicator in indicators}
    return Checklist(
        code=stated.code,
        version=file.version,
        name=file.code,
        profile=profile,
        elements=tuple(stated.elements),
        rule=stated.rule,
        indicators=indicators,
        combinations=tuple(
            Combination(one.rule, {str(weight): least for weight, least in one.at_least.items()})
            for one in file.positive
        ),
        unweighed=frozenset(one.code for one in file.questions() if one.code not in counted),
        flags={one.code: one.flag for one in file.questions() if one.flag is not None},
        in_use=file.in_use,
    )


def _indicators(section: SectionForm, profile: Profile) -> Iterable[Indicator]:
    for one in section.questions:
        if profile in one.weights:
            yield Indicator(one.code, section.code, str(section.element), one.weights[profile])
