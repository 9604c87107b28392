"""Screening against a checklist: support for a person's decision. The result names the rules that fired, and never
says "not a victim".
"""

import csv
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

PACKAGE = "services.intake.identification.checklists"
YES = "yes"
OPEN_ANSWERS = frozenset({"unknown", "declined", "not-asked"})
"""Answers that settle nothing: more may be known later."""

INDICATIONS = "indications"
NOT_ESTABLISHED = "not-established"
"""The two outcomes. The second says that these answers establish nothing, not that nothing happened."""

ADULT, CHILD = "adult", "child"


class UnknownIndicator(ValueError):
    """An answer to a question that the checklist does not ask."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One question. `weight` is S strong, M medium or W weak in this checklist's profile."""

    code: str
    dimension: str
    element: str
    label: str
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
    """A list as its file has it: indicators of one profile, and how they combine."""

    code: str
    version: str
    source: str
    profile: str
    elements: tuple[str, ...]
    rule: str
    indicators: tuple[Indicator, ...]
    combinations: tuple[Combination, ...]
    asked_elsewhere: frozenset[str]
    """Indicators of the same publication that carry no weight in this profile: answers to them are kept, and count nothing."""

    def evaluate(self, answers: Mapping[str, str]) -> Result:
        """Evaluate answers by indicator; an indicator without an answer was not asked. Raises UnknownIndicator."""
        known = {indicator.code for indicator in self.indicators} | self.asked_elsewhere
        if not answers.keys() <= known:
            raise UnknownIndicator("an answer names no indicator of this checklist")
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
    """Every checklist by its code (code list `checklist`)."""
    return _read("ilo-ec-labour.json")


def applied(requested: str, *, shown_adult: bool) -> Checklist:
    """Age unknown is child until shown otherwise: then the child's list of the same publication is the one applied."""
    chosen = checklists()[requested]
    if shown_adult or chosen.profile == CHILD:
        return chosen
    return next(c for c in checklists().values() if c.source == chosen.source and c.profile == CHILD)


@cache
def _read(name: str) -> Mapping[str, Checklist]:
    folder = files(PACKAGE)
    sheet = json.loads(folder.joinpath(name).read_text(encoding="utf-8"))
    lines = folder.joinpath(sheet["indicators"]).read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines))
    combinations = tuple(Combination(entry["rule"], entry["at_least"]) for entry in sheet["positive"])
    return {
        code: Checklist(
            code=code,
            version=sheet["version"],
            source=sheet["source"],
            profile=entry["profile"],
            elements=tuple(entry["elements"]),
            rule=entry["rule"],
            indicators=tuple(
                _indicator(row, entry["weights"]) for row in rows if row[entry["weights"]] != "-"
            ),
            combinations=combinations,
            asked_elsewhere=frozenset(row["code"] for row in rows if row[entry["weights"]] == "-"),
        )
        for code, entry in sheet["checklists"].items()
    }


def _indicator(row: Mapping[str, str], weights: str) -> Indicator:
    """`*` marks two weights on which secondary sources differ; the file keeps the weaker."""
    return Indicator(
        row["code"], row["dimension"], row["palermo_element"], row["label"], row[weights].rstrip("*")
    )
