"""The ILO/EC rule, against a second statement of it, and that the lists are the reference's."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checklist.faults import fires_first
from contracts.checklist.reading import shipped
from services.intake.identification.domain.checklist import (
    UnknownIndicator,
    applied,
    checklists,
    from_file,
    of_version,
)

ADULT, CHILD = checklists()["ilo-ec-labour-adult"], checklists()["ilo-ec-labour-child"]
MEANS = {
    "deceptive_recruitment",
    "coercive_recruitment",
    "recruitment_abuse_of_vulnerability",
    "coercion_at_destination",
    "abuse_of_vulnerability_at_destination",
}
ANSWERS = st.sampled_from(["yes", "no", "unknown", "declined", "not-asked"])


def positive(strong: int, medium: int, weak: int) -> bool:
    """As the reference says it: 2 strong, or 1 strong and 1 medium or weak, or 3 medium, or 2 medium and 1 weak."""
    return strong >= 2 or (strong == 1 and medium + weak >= 1) or medium >= 3 or (medium == 2 and weak >= 1)


@pytest.mark.parametrize("one", [ADULT, CHILD], ids=["adult", "child"])
@given(st.data())
def test_a_dimension_is_positive_exactly_by_the_rule(one, data):
    answers = data.draw(
        st.dictionaries(st.sampled_from([i.code for i in one.indicators]), ANSWERS, max_size=40)
    )
    result = one.evaluate(answers)
    weights = {i.code: i.weight for i in one.indicators}
    for dimension in result.dimensions:
        said = [
            weights[i.code]
            for i in one.indicators
            if i.dimension == dimension.name and answers.get(i.code) == "yes"
        ]
        counts = said.count("S"), said.count("M"), said.count("W")
        assert dimension.positive is positive(*counts)
        assert (dimension.rule is not None) is dimension.positive
        assert [e.weight for e in dimension.evidence] == said
    names = {d.name for d in result.dimensions if d.positive}
    fired = "exploitation" in names and (one is CHILD or bool(names & MEANS))
    assert result.outcome == ("indications" if fired else "not-established")
    assert (result.rule is not None) is fired


@given(st.dictionaries(st.sampled_from([i.code for i in ADULT.indicators]), ANSWERS, max_size=20))
def test_one_more_yes_never_takes_an_indication_away(answers):
    before = ADULT.evaluate(answers).outcome
    for indicator in ADULT.indicators[::7]:
        after = ADULT.evaluate({**answers, indicator.code: "yes"}).outcome
        assert (before, after) != ("indications", "not-established")


def test_an_adult_needs_a_means_and_a_child_does_not():
    answers = {"exploitation.excessive_hours": "yes", "exploitation.low_pay": "yes"}
    assert (ADULT.evaluate(answers).outcome, CHILD.evaluate(answers).outcome) == (
        "not-established",
        "indications",
    )


def test_declined_unknown_and_not_asked_are_unsettled_and_a_no_is_not():
    answers = dict(
        zip(
            [i.code for i in ADULT.indicators if i.dimension == "exploitation"],
            ["declined", "unknown", "not-asked", "no", "yes"],
            strict=False,
        )
    )
    (exploitation,) = [d for d in ADULT.evaluate(answers).dimensions if d.name == "exploitation"]
    codes = list(answers)
    assert set(codes[:3]) <= set(exploitation.unsettled)
    assert not set(codes[3:]) & set(exploitation.unsettled)


def test_a_question_without_weight_for_children_may_be_answered_and_counts_nothing():
    result = CHILD.evaluate({"exploitation.social_protection": "yes"})
    assert all(not d.evidence for d in result.dimensions)


def test_an_answer_to_another_lists_question_is_refused():
    with pytest.raises(UnknownIndicator):
        ADULT.evaluate({"exploitation.unknown": "yes"})


def test_the_lists_are_the_references_sixty_seven_indicators_with_their_weights():
    lines = (
        (Path(__file__).parent / "data" / "ilo_delphi_labour.csv").read_text(encoding="utf-8").splitlines()
    )
    rows = {row["code"]: row for row in csv.DictReader(lines)}
    assert len(rows) == len(ADULT.indicators) == 67
    assert {i.weight for i in (*ADULT.indicators, *CHILD.indicators)} == {"S", "M", "W"}
    assert {i.code: i.weight for i in ADULT.indicators} == {
        code: row["weight_adult"].rstrip("*") for code, row in rows.items()
    }


@pytest.mark.parametrize(
    ("requested", "shown_adult", "used"),
    [
        ("ilo-ec-labour-adult", True, "ilo-ec-labour-adult"),
        ("ilo-ec-labour-adult", False, "ilo-ec-labour-child"),
        ("ilo-ec-labour-child", True, "ilo-ec-labour-child"),
        ("ilo-ec-labour-child", False, "ilo-ec-labour-child"),
    ],
)
def test_age_unknown_is_child(requested, shown_adult, used):
    assert applied(checklists()[requested], shown_adult=shown_adult).code == used


EVERY = [checklist_file for checklist_file in shipped() if checklist_file.purpose == "screening"]
RULES = [
    pytest.param(file, profile, rule, id=f"{file.code}-{profile}-{rule.rule}")
    for file in EVERY
    for profile in file.profiles
    for rule in file.positive
]


def _answers_for(file, profile, rule):
    """A yes to just so many questions of one section that this rule is the one that is named; None where no section
    of this profile has them.
    """
    at = file.positive.index(rule)
    for section in file.sections:
        if fires_first(file, at, section, profile):
            weighed = [(q.code, q.weights[profile]) for q in section.questions if profile in q.weights]
            chosen = [
                code for w, n in rule.at_least.items() for code in [c for c, v in weighed if v == w][:n]
            ]
            return section.code, dict.fromkeys(chosen, "yes")
    return None


@pytest.mark.parametrize(("file", "profile", "rule"), RULES)
def test_each_rule_of_each_list_can_fire_and_one_yes_less_does_not(file, profile, rule):
    one = from_file(file, profile)
    found = _answers_for(file, profile, rule)
    if found is None:
        elsewhere = [other for other in file.profiles if _answers_for(file, other, rule)]
        assert elsewhere, "the rule fires in no profile"
        return
    name, answers = found
    assert _rules(one, answers)[name] == rule.rule
    for code in answers:
        assert _rules(one, {**answers, code: "no"})[name] != rule.rule
        assert _rules(one, {**answers, code: "unknown"})[name] != rule.rule


def _rules(one, answers):
    return {dimension.name: dimension.rule for dimension in one.evaluate(answers).dimensions}


@pytest.mark.parametrize("code", list(checklists()))
def test_each_list_can_find_indications_in_its_profile_and_can_find_none(code):
    one = checklists()[code]
    assert one.evaluate({i.code: "yes" for i in one.indicators}).outcome == "indications"
    assert one.evaluate({i.code: "no" for i in one.indicators}).outcome == "not-established"
    for element in one.elements:
        rest = {i.code: "yes" for i in one.indicators if i.element != element}
        assert one.evaluate(rest).outcome == "not-established", element


@pytest.mark.parametrize("code", list(checklists()))
def test_each_weighted_question_can_make_the_difference(code):
    one = checklists()[code]
    for indicator in one.indicators:
        others = [i for i in one.indicators if i.dimension == indicator.dimension and i is not indicator]
        assert any(
            _rules(one, dict.fromkeys(known, "yes"))[indicator.dimension]
            != _rules(one, dict.fromkeys([*known, indicator.code], "yes"))[indicator.dimension]
            for known in [
                (),
                *[(i.code,) for i in others],
                *[(a.code, b.code) for a in others for b in others],
            ]
        ), indicator.code


def test_the_lists_that_are_ours_ask_about_now_first_and_a_yes_raises_its_flag():
    flags = {code: dict(one.flags) for code, one in checklists().items() if one.flags}
    assert flags == {
        "field-adult": SHORT,
        "field-child": SHORT,
        "forced-criminality-adult": COMPOUND,
        "forced-criminality-child": COMPOUND,
    }
    one = checklists()["field-adult"]
    assert one.raised({"now.danger": "yes", "now.birth": "unknown"}) == {"immediate_danger"}


SHORT = {
    "now.danger": "immediate_danger",
    "now.medical": "medical_emergency",
    "now.pregnancy": "late_pregnancy",
    "now.birth": "recent_birth",
    "now.child_alone": "unaccompanied_child",
}
COMPOUND = {
    "now.danger": "immediate_danger",
    "now.medical": "medical_emergency",
    "now.self_harm": "suicide_risk",
}


@pytest.mark.parametrize("code", ["ilo-ec-sexual-child", "forced-criminality-child"])
def test_of_a_child_one_decisive_yes_is_enough(code):
    one = checklists()[code]
    decisive = [indicator.code for indicator in one.indicators if indicator.weight == "D"]
    assert decisive
    for indicator in decisive:
        result = one.evaluate({indicator: "yes"})
        assert (result.outcome, [d.rule for d in result.dimensions if d.positive]) == (
            "indications",
            ["decisive"],
        )


def test_a_version_that_is_not_in_use_any_more_still_evaluates_what_was_asked_with_it():
    one = of_version("ilo-ec-labour-adult", "2009")
    assert one.evaluate({"exploitation.low_pay": "yes"}).version == "2009"
    with pytest.raises(KeyError):
        of_version("ilo-ec-labour-adult", "1999")
