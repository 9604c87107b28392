"""A pair of cases: whether they are of one person is decided, taken back and decided otherwise, and one of them leads."""

from uuid import UUID

import pytest

from services.intake.casefile.domain.facts import PairDecided
from services.intake.casefile.domain.pair import LedAlready, OneCase, Pair, PairState

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
SAME, DIFFERENT, UNDECIDED = PairState.SAME_PERSON, PairState.DIFFERENT_PERSONS, PairState.UNDECIDED


def pair(one=ONE, other=TWO, decision=UNDECIDED, lead=None) -> Pair:
    return Pair(*Pair.ids(one, other), "th-a", decision, "papers", lead)


def test_both_cases_are_told_and_one_leads():
    one = pair()
    assert one.decide(SAME, "own-word", TWO) == [
        PairDecided(TWO, ONE, "same-person", "own-word", leads=True),
        PairDecided(ONE, TWO, "same-person", "own-word", leads=False),
    ]
    assert (one.decision, one.lead_id) == (SAME, TWO)


@pytest.mark.parametrize("before", PairState)
@pytest.mark.parametrize("after", PairState)
def test_whatever_was_decided_can_be_decided_otherwise(before, after):
    one = pair(decision=before, lead=ONE if before is SAME else None)
    said = one.decide(after, "mistake", ONE)
    assert (one.decision, one.lead_id) == (after, ONE if after is SAME else None)
    assert [(fact.case_id, fact.leads) for fact in said] == [(ONE, after is SAME), (TWO, False)]


def test_the_same_decision_again_says_nothing_and_another_may_lead():
    one = pair(decision=SAME, lead=ONE)
    assert one.decide(SAME, "papers", ONE) == []
    assert [fact.leads for fact in one.decide(SAME, "papers", TWO)] == [True, False]


@pytest.mark.parametrize(
    ("lead", "other", "merged", "allowed"),
    [
        (ONE, TWO, (ONE, THREE, ONE), True),  # it leads a third, and now two of them
        (ONE, TWO, (ONE, THREE, THREE), False),  # it is led itself
        (ONE, TWO, (TWO, THREE, THREE), False),  # the other is led by a third
        (ONE, TWO, (TWO, THREE, TWO), False),  # the other leads a third
    ],
)
def test_a_case_that_is_led_leads_none_and_has_one_that_leads_it(lead, other, merged, allowed):
    one, third = pair(lead, other), pair(*merged[:2], decision=SAME, lead=merged[2])
    if allowed:
        assert one.decide(SAME, "papers", lead, [third])
    else:
        with pytest.raises(LedAlready):
            one.decide(SAME, "papers", lead, [third])


def test_a_case_is_no_pair_with_itself():
    with pytest.raises(OneCase):
        Pair.ids(ONE, ONE)
