"""Every verb of a case from every state, and the rules of holds, flags and identifiers."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from contracts.casefile.urgent import FLAGS
from services.intake.casefile.domain import facts
from services.intake.casefile.domain.age import AgeEvidence, Group
from services.intake.casefile.domain.case import (
    MOST_WORKERS,
    MOVES,
    Case,
    CaseState,
    CaseVerb,
    CommandRefused,
    WrongMove,
    urgency_of,
)
from services.intake.casefile.domain.dependant import DependantLink, NewLink
from services.intake.casework.domain import facts as worked
from services.intake.casework.domain.notes import Note
from services.intake.casework.domain.tasks import Task, TaskPlan
from services.intake.identification.domain import facts as decided
from services.intake.identification.domain.identification import Hold, Identification
from services.intake.reports.domain import facts as told
from services.intake.reports.domain.calls import Call, CallState, CallTimes, CallWords

CASE, PERSON, HOLD, NOTE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
ORG = "th-care-agency"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def case(state=CaseState.OPEN) -> Case:
    return Case(CASE, PERSON, "th-care-agency", (), "routine", state, 4, 1)


def identification(case: Case) -> Identification:
    return Identification(case, {HOLD: Hold(HOLD, NOW + timedelta(days=40))})


def task() -> Task:
    return Task(NOTE, ORG, CASE, "call", NOW, "w1")


def call(state=CallState.OPEN) -> Call:
    return Call(NOTE, ORG, "w1", "own-help", "routine", NOW, PERSON, "v1.x", state=state)


LINK = (NOTE, CASE, HOLD, ORG, "v1.x", NOW, "w1")


def linked(case):
    return DependantLink.link(
        NewLink(NOTE, "v1.x"), case, Case(HOLD, PERSON, ORG, (), "routine"), by="w1", at=NOW
    )


VERBS = {
    CaseVerb.ASSIGN: lambda c: c.assign("th-care-agency", ("w1", "w1", "w2")),
    CaseVerb.RECORD: lambda c: c.record(["prs_Birthdate", "cor_FullName"], ["prs_Email"]),
    CaseVerb.SCREEN: lambda c: identification(c).screen(HOLD, "ilo-ec-labour-adult", "2009", "v1.x"),
    CaseVerb.IDENTIFY: lambda c: identification(c).identify("NGO", "v1.x", ["vic_TraffickingStatus"]),
    CaseVerb.ASSESS_NEEDS: lambda c: identification(c).assess_needs(HOLD, "urgent", "v1.x", ["cor_Needs"]),
    CaseVerb.ASSESS_AGE: lambda c: identification(c).assess_age(Group.ADULT, AgeEvidence(), NOW.date()),
    CaseVerb.PLACE_HOLD: lambda c: identification(c).place_hold(UUID(int=9), None, NOW),
    CaseVerb.LIFT_HOLD: lambda c: identification(c).lift_hold(HOLD, NOW),
    CaseVerb.WRITE_NOTE: lambda c: Note.write(c, NOTE, "call", "w1", NOW)[1],
    CaseVerb.CORRECT_NOTE: lambda c: Note(NOTE, CASE, "call", "w1", NOW).correct(c),
    CaseVerb.RAISE_TASK: lambda c: Task.raised(NOTE, ORG, c, TaskPlan("call"), by="w1", now=NOW)[1],
    CaseVerb.CHANGE_TASK: lambda c: task().change(c, TaskPlan("visit", "w2"), None, NOW),
    CaseVerb.END_TASK: lambda c: task().complete(c, NOW),
    CaseVerb.CLOSE: lambda c: c.close(),
    CaseVerb.RESUME: lambda c: c.resume(),
    CaseVerb.STRIKE_NOTE: lambda c: Note(NOTE, CASE, "call", "w1", NOW).strike(c),
    CaseVerb.TAKE_OVER: lambda c: c.take_over("th-shelter", "w9"),
    CaseVerb.ATTACH_CALL: lambda c: call().attach(c, "in-person", CallWords(PERSON, 1, "v1.y"), NOW)[:1],
    CaseVerb.LINK_DEPENDANT: lambda c: [linked(c).dependant_id],
    CaseVerb.UNLINK_DEPENDANT: lambda c: [DependantLink(*LINK).end(c, "v1.y", by="w1", at=NOW)],
    CaseVerb.DETACH_CALL: lambda c: call(CallState.ATTACHED).detach(
        c, CallWords(NOTE, 1, "v1.y"), NOW, CallTimes.of_days(7, 90), erasure_requested=False
    )[:1],
}
SAID = {
    CaseVerb.ASSIGN: [
        facts.CaseAssigned(CASE, "th-care-agency", ("w1", "w2")),
        facts.TasksDue(CASE, "4"),
    ],
    CaseVerb.RECORD: [facts.FieldsRecorded(CASE, 1, ("cor_FullName", "prs_Birthdate"), ("prs_Email",))],
    CaseVerb.SCREEN: [decided.CaseScreened(CASE, HOLD, "ilo-ec-labour-adult", "2009", "v1.x")],
    CaseVerb.IDENTIFY: [
        decided.CaseIdentified(CASE, 2, "NGO", "v1.x"),
        facts.FieldsRecorded(CASE, 1, ("vic_TraffickingStatus",)),
    ],
    CaseVerb.ASSESS_NEEDS: [
        decided.NeedsAssessed(CASE, HOLD, "urgent", "v1.x"),
        facts.FieldsRecorded(CASE, 1, ("cor_Needs",)),
    ],
    CaseVerb.ASSESS_AGE: [facts.AgeGroupKnown(CASE, "adult", "assessment")],
    CaseVerb.PLACE_HOLD: [decided.HoldPlaced(CASE, UUID(int=9), NOW + timedelta(days=30))],
    CaseVerb.LIFT_HOLD: [decided.HoldLifted(CASE, HOLD)],
    CaseVerb.WRITE_NOTE: [worked.NoteWritten(CASE, NOTE)],
    CaseVerb.CORRECT_NOTE: [worked.NoteCorrected(CASE, NOTE, 2)],
    CaseVerb.RAISE_TASK: [worked.TaskRaised(worked.TaskSubject(NOTE, CASE, ORG, None), None)],
    CaseVerb.CHANGE_TASK: [worked.TaskChanged(worked.TaskSubject(NOTE, CASE, ORG, "w2"), None)],
    CaseVerb.END_TASK: [worked.TaskCompleted(worked.TaskSubject(NOTE, CASE, ORG, None))],
    CaseVerb.CLOSE: [facts.CaseClosed(CASE)],
    CaseVerb.RESUME: [facts.CaseResumed(CASE), facts.TasksDue(CASE, "4")],
    CaseVerb.STRIKE_NOTE: [worked.NoteStruck(CASE, NOTE, 2)],
    CaseVerb.TAKE_OVER: [facts.CaseAssigned(CASE, "th-shelter", ("w9",)), facts.TasksDue(CASE, "4")],
    CaseVerb.ATTACH_CALL: [told.CallAttached(CASE, NOTE, ORG, "in-person")],
    CaseVerb.LINK_DEPENDANT: [HOLD],
    CaseVerb.UNLINK_DEPENDANT: [None],
    CaseVerb.DETACH_CALL: [told.CallDetached(CASE, NOTE, ORG)],
}


def test_every_verb_is_tried():
    assert set(VERBS) == set(SAID) == set(CaseVerb)


@pytest.mark.parametrize("verb", CaseVerb)
@pytest.mark.parametrize("state", CaseState)
def test_every_verb_from_every_state_says_what_happened_or_changes_nothing(verb, state):
    one = case(state)
    if verb in MOVES[state]:
        assert VERBS[verb](one) == SAID[verb]
    else:
        with pytest.raises(WrongMove):
            VERBS[verb](one)
        assert one == case(state)


def test_opening_says_opened_and_assigned_to_the_organisation():
    one, said = Case.open(CASE, PERSON, channel="hotline", organisation="th-a", urgency="urgent", now=NOW)
    assert said == [
        facts.CaseOpened(CASE, PERSON, "hotline", "th-a", "urgent", NOW),
        facts.CaseAssigned(CASE, "th-a", ()),
    ]
    assert (one.state, one.version) == (CaseState.OPEN, 0)


def test_a_case_that_is_opened_with_the_workers_of_another_has_no_more_of_them_than_one_that_is_assigned():
    def opened(count: int) -> Case:
        names = tuple(f"th.worker-{number}" for number in range(count))
        return Case.open(
            CASE, PERSON, channel="agency", organisation="th-a", urgency="urgent", now=NOW, workers=names
        )[0]

    assert len(opened(MOST_WORKERS).workers) == MOST_WORKERS
    with pytest.raises(CommandRefused) as refused:
        opened(MOST_WORKERS + 1)
    assert refused.value.code == "too-many-workers"


@pytest.mark.parametrize("flag", FLAGS)
def test_any_flag_makes_a_case_immediate_and_none_lowers_it(flag):
    one = case()
    one.record(flags=frozenset({flag}))
    assert one.urgency == "immediate"
    one.record()
    assert one.urgency == "immediate"
    assert urgency_of("urgent", frozenset()) == "urgent"


@pytest.mark.parametrize(
    ("length", "allowed"),
    [
        (timedelta(days=29), False),
        (timedelta(days=30), True),
        (timedelta(days=366), True),
        (timedelta(days=367), False),
    ],
)
def test_a_hold_lasts_from_thirty_days_to_a_year(length, allowed):
    one = identification(case())
    if allowed:
        assert one.place_hold(UUID(int=9), NOW + length, NOW)
    else:
        with pytest.raises(CommandRefused):
            one.place_hold(UUID(int=9), NOW + length, NOW)


def test_a_lifted_hold_is_not_lifted_again_and_an_unknown_one_is_no_hold():
    one = identification(case())
    one.lift_hold(HOLD, NOW)
    with pytest.raises(WrongMove):
        one.lift_hold(HOLD, NOW)
    with pytest.raises(KeyError):
        one.lift_hold(UUID(int=8), NOW)


def test_the_same_person_twice_among_the_workers_is_once():
    one = case()
    one.assign("th-care-agency", ("w", "w"))
    assert one.workers == ("w",)


def test_no_assignment_takes_a_case_to_another_organisation():
    one = case()
    with pytest.raises(CommandRefused) as refused:
        one.assign("th-shelter", ("w",))
    assert (refused.value.code, one.organisation, one.workers) == ("other-organisation", "th-care-agency", ())


def test_each_change_of_what_is_known_is_a_revision_and_nothing_is_none():
    one = case()
    assert one.record() == []
    assert one.record(["cor_Health"]) == [facts.FieldsRecorded(CASE, 1, ("cor_Health",))]
    assert one.record(flags=frozenset()) == [facts.FieldsRecorded(CASE, 2, ())]
    assert one.record(removed=["cor_Health"]) == [facts.FieldsRecorded(CASE, 3, (), ("cor_Health",))]
    assert one.fields_revision == 3
