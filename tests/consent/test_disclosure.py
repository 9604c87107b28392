"""A disclosure: every verb from every stage, what the ledger keeps, and that a recall stands."""

from datetime import timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.codes import codes
from services.consent.domain import facts
from services.consent.domain.coverage import NARROWED, NOT_AGREED, REPLACED
from services.consent.domain.disclosure import MOVES, OPEN, Disclosure, Stage, Step
from services.consent.domain.record import ERASURE
from services.consent.domain.request import Authority
from services.consent.handlers import ENDS
from tests.consent.making import NOW, asked

AUTHORITY = Authority(
    consent_id=uuid4(),
    revision=1,
    revision_hash="b" * 64,
    agreement_id="th-kh-2026",
    agreement_version=1,
    agreement_sha256="a" * 64,
    fields=("cor_FullName",),
    fields_hash="c" * 64,
    withheld=(("cor_Health", "no_consent"),),
    back_categories=(),
    valid_until=NOW + timedelta(days=9),
)
HEARD = {
    "sealed": (Stage.SEALED, Step.SEALED),
    "delivered": (Stage.DELIVERED, Step.DELIVERED),
    "undelivered": (Stage.UNDELIVERED, Step.UNDELIVERED),
    "answered": (Stage.ANSWERED, Step.ANSWERED),
}
VERBS = ["authorise", "refuse", "end", "recall", *HEARD]


def at(stage: Stage):
    """A disclosure that stands there, its ledger so far out of the way."""
    made = asked()
    if stage is not Stage.ASKED:
        apply(made, "refuse" if stage is Stage.REFUSED else "authorise")
    made.stage = stage
    if stage in {Stage.RECALLED, Stage.ANSWERED}:
        made.recalled_for = "withdrawn"
    made.entries = []
    return made


def apply(made, verb):
    arguments = {
        "authorise": (AUTHORITY,),
        "refuse": ("no_consent",),
        "end": ("rejected", timedelta(0), NOW),
        "recall": ("withdrawn", NOW),
        "undelivered": ("expired",),
        "answered": ("erased", None),
    }
    return getattr(made, verb)(*arguments.get(verb, ()))


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("verb", list(HEARD))
def test_what_is_heard_from_the_border_is_always_written_and_moves_only_by_the_table(verb, stage):
    made = at(stage)
    to, step = HEARD[verb]
    assert apply(made, verb) == []
    assert made.stage is (to if to in MOVES[stage] else stage)
    assert [entry.step for entry in made.entries] == [step]


@pytest.mark.parametrize("stage", list(Stage))
def test_a_recall_takes_everything_that_was_ever_authorised_once(stage):
    """What was delivered is never sealed again; for all else exchange is asked to fence it."""
    made = at(stage)
    said = made.recall("withdrawn", NOW)
    if stage in OPEN:
        fence = [] if stage is Stage.DELIVERED else [facts.FenceDue]
        assert [type(fact) for fact in said] == [facts.DisclosureRecalled, *fence]
        assert made.fence_due is bool(fence)
        assert made.stage is Stage.RECALLED
        assert [(entry.step, entry.code) for entry in made.entries] == [(Step.RECALLED, "withdrawn")]
    else:
        assert (said, made.stage, made.entries) == ([], stage, [])
    assert made.recall("withdrawn", NOW) == []


def test_a_fence_is_written_once_and_an_answer_of_exchange_stands_for_it():
    for confirm in (Disclosure.fence, lambda made: made.answered("never_received", None)):
        made = at(Stage.AUTHORISED)
        made.recall("withdrawn", NOW)
        confirm(made)
        confirm(made)
        assert made.fence_due is False
        assert [entry.step for entry in made.entries].count(Step.FENCED) == 1


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize(
    "reason", ["entered_in_error", "rejected", "unanswered", "cancelled", "completed", "failed"]
)
@pytest.mark.parametrize("days", [0, 30])
def test_the_end_of_a_referral_ends_the_reading_at_once_or_after_the_time_of_the_agreement(
    stage, reason, days
):
    made = at(stage)
    said = made.end(reason, timedelta(days=days), NOW)
    unused = stage is Stage.UNDELIVERED or (reason == "cancelled" and stage is not Stage.DELIVERED)
    if stage not in OPEN:
        assert (said, made.stage) == ([], stage)
    elif days and reason in {"cancelled", "completed", "failed"} and not unused:
        assert said == [facts.ReadingEndDue(made.id, reason, NOW + timedelta(days=days))]
        assert (made.stage, [entry.step for entry in made.entries]) == (stage, [Step.ENDED])
    else:
        assert said[0] == facts.DisclosureRecalled(
            made.request.case_id, made.id, made.request.referral_id, reason
        )
        assert made.stage is Stage.RECALLED


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("verb", ["authorise", "refuse"])
def test_a_disclosure_is_decided_when_asked_and_again_only_after_a_refusal(verb, stage):
    made = at(stage)
    if stage in {Stage.ASKED, Stage.REFUSED}:
        assert len(apply(made, verb)) == 1
    else:
        with pytest.raises(ValueError, match="cannot become"):
            apply(made, verb)
        assert made.stage is stage


@given(st.lists(st.sampled_from(VERBS), max_size=15))
def test_whatever_is_heard_a_recall_stands(verbs):
    made = asked()
    recalled = False
    for verb in verbs:
        try:
            apply(made, verb)
        except ValueError:
            continue
        recalled = recalled or made.stage is Stage.RECALLED
        if recalled:
            assert made.stage in {Stage.RECALLED, Stage.ANSWERED}
    assert sum(entry.step is Step.RECALLED for entry in made.entries) == recalled


def test_the_ledger_keeps_the_names_of_the_fields_and_the_revision():
    made = asked()
    apply(made, "authorise")
    (entry,) = made.entries
    assert (entry.fields, entry.revision, entry.recipient) == (
        ("cor_FullName",),
        1,
        "kh-reintegration-agency",
    )


def test_reasons_of_a_recall_are_codes_of_the_list():
    ends = {*ENDS.values(), NARROWED, NOT_AGREED, REPLACED}
    assert {"withdrawn", "revoked", "expired", ERASURE, *ends} == set(codes("recall_reason"))
    assert set(codes("recall_reason")) < set(codes("reading_closed"))
