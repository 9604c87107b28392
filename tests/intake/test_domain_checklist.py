"""The ILO/EC rule, against a second statement of it, and that the lists are the reference's."""

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.identification.domain.checklist import (
    PACKAGE,
    UnknownIndicator,
    applied,
    checklists,
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
    lines = files(PACKAGE).joinpath("ilo_delphi_labour.csv").read_text(encoding="utf-8").splitlines()
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
    assert applied(requested, shown_adult=shown_adult).code == used
