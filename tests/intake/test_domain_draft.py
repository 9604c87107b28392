"""A draft: each verb from every state, and what it says."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.drafts.domain import facts
from services.intake.drafts.domain.draft import (
    GRACE,
    Draft,
    DraftKind,
    DraftState,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KINDS = list(DraftKind)
ALLOWED = {
    "open": {"save": "open", "take": "open", "submit": "submitted", "abandon": "abandoned"},
    "abandoned": {"resume": "open"},
    "submitted": {},
    "cleared": {},
}
CALLS = {
    "save": lambda d: d.save("v1.x", flagged=False, added=False, remind_at=LATER),
    "take": lambda d: d.take("th.other"),
    "submit": lambda d: d.submit(uuid4()),
    "abandon": lambda d: d.abandon("double", NOW),
    "resume": lambda d: d.resume("th.other", LATER),
}


def draft(kind=DraftKind.INTAKE, **changes) -> Draft:
    own = uuid4()
    return Draft(own, kind, own, uuid4(), "th-care-agency", "th.officer", NOW, "routine", **changes)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("state", list(DraftState))
@pytest.mark.parametrize("verb", CALLS)
def test_each_verb_moves_from_the_states_of_the_table_and_from_no_other(kind, state, verb):
    one = draft(kind, state=state)
    to = ALLOWED[state].get(verb)
    if to is None:
        with pytest.raises(WrongMove):
            CALLS[verb](one)
        assert one.state == state
    else:
        CALLS[verb](one)
        assert one.state == to


def test_a_new_urgent_flag_of_an_intake_is_said_at_once_and_one_that_stood_is_not_said_again():
    one = draft(flagged=True)
    assert one.start(LATER) == [
        facts.DraftRaised(one.case_id, one.id, "th-care-agency"),
        facts.ReminderDue(one.id, LATER),
    ]
    assert one.save("v1.x", flagged=True, added=False, remind_at=LATER) == [facts.ReminderDue(one.id, LATER)]
    said = one.save("v1.x", flagged=True, added=True, remind_at=LATER)
    assert facts.DraftRaised(one.case_id, one.id, "th-care-agency") in said


def test_the_flags_of_a_screening_stand_on_its_case_and_are_not_said_of_the_draft():
    one = draft(DraftKind.SCREENING, flagged=True)
    assert one.start(LATER) == [facts.ReminderDue(one.id, LATER)]


def test_an_intake_with_an_urgent_flag_is_not_abandoned_and_a_screening_may_be():
    one = draft(flagged=True)
    with pytest.raises(CommandRefused) as refused:
        one.abandon("ended", NOW)
    assert refused.value.code == "flags-stand"
    assert one.state is DraftState.OPEN
    draft(DraftKind.SCREENING, flagged=True).abandon("ended", NOW)


def test_submitted_it_keeps_no_second_copy_and_the_key_stays():
    one = draft(content="v1.x", remind_at=LATER)
    result = uuid4()
    assert one.submit(result) == [facts.ContentGone(one.id, one.person_id, nobody=False)]
    assert (one.content, one.remind_at, one.result_id) == (None, None, result)


@pytest.mark.parametrize("kind", KINDS)
def test_an_abandoned_draft_is_cleared_after_the_grace_and_only_an_intakes_key_goes(kind):
    one = draft(kind, content="v1.x")
    assert one.abandon("ended", NOW) == [
        facts.DraftAbandoned(one.case_id, one.id, "th-care-agency"),
        facts.ClearingDue(one.id, NOW + GRACE),
    ]
    assert one.content == "v1.x"
    assert one.clear(NOW + GRACE) == [
        facts.ContentGone(one.id, one.person_id, nobody=kind is DraftKind.INTAKE)
    ]
    assert (one.state, one.content) == (DraftState.CLEARED, None)


def test_a_draft_that_was_resumed_is_not_cleared_and_one_abandoned_again_has_its_whole_grace():
    one = draft(content="v1.x")
    one.abandon("ended", NOW)
    one.resume("th.other", LATER)
    assert one.clear(NOW + GRACE) == []
    assert (one.state, one.content, one.worker) == (DraftState.OPEN, "v1.x", "th.other")
    one.abandon("ended", LATER)
    assert one.clear(NOW + GRACE) == []
    assert one.clear(LATER + GRACE) != []


def test_a_reminder_counts_only_if_none_was_set_since_and_sets_the_next():
    one = draft()
    one.start(NOW)
    assert one.remind(LATER, LATER) == []
    assert one.remind(NOW, LATER) == [
        facts.DraftUnfinished(one.case_id, one.id, "th-care-agency", NOW),
        facts.ReminderDue(one.id, LATER),
    ]
    assert one.remind(NOW, LATER) == []
    one.submit(uuid4())
    assert one.remind(LATER, LATER) == []
