"""An incident: each verb from every state, what a right account is, who sees it, and what its trends show."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from contracts.codes import codes
from services.intake.casefile.domain.case import CommandRefused, WrongMove
from services.intake.reports.domain import facts
from services.intake.reports.domain.incidents import (
    MOVES,
    Incident,
    IncidentAccount,
    IncidentState,
    IncidentVerb,
    incident_key,
)
from services.intake.reports.domain.trends import KIND, NOWHERE, PROVINCE, CountedIncident, tables

NOW, LATER, KEEP = (
    datetime(2026, 11, 26, 9, tzinfo=UTC),
    datetime(2026, 12, 2, tzinfo=UTC),
    timedelta(days=180),
)
TODAY = date(2026, 11, 26)
ONE = UUID(int=1)
ORG, SHELTER, LEGAL = "th-care-agency", "th-shelter", "th-legal-aid"
ACCOUNT = IncidentAccount(
    "confinement", "TH-21", date(2026, 11, 1), "likely", with_all=False, shared_with=(), content="v1.x"
)


def incident(state=IncidentState.STANDING, **account) -> Incident:
    return Incident(ONE, ORG, replace(ACCOUNT, **account), state)


def corrected(one, reason="more-known", now=LATER, **account):
    return one.correct(replace(ACCOUNT, **account), reason, now, TODAY, KEEP)


VERBS = {IncidentVerb.CORRECT: corrected, IncidentVerb.WITHDRAW: lambda one: one.withdraw("mistake")}
MAY = {
    IncidentState.STANDING: {IncidentVerb.CORRECT, IncidentVerb.WITHDRAW},
    IncidentState.WITHDRAWN: set(),
}


@pytest.mark.parametrize("verb", list(IncidentVerb))
@pytest.mark.parametrize("state", list(IncidentState))
def test_each_verb_moves_from_its_states_and_from_no_other(verb, state):
    one = incident(state)
    if verb in MAY[state]:
        VERBS[verb](one)
        assert one.state is MOVES[state][verb]
        return
    with pytest.raises(WrongMove):
        VERBS[verb](one)
    assert one == incident(state)


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ({"month": date(2026, 12, 1)}, "date-in-the-future"),
        ({"with_all": True, "shared_with": (SHELTER,)}, "one-of-two"),
    ],
)
def test_an_account_of_what_is_still_to_come_or_that_contradicts_itself_is_refused(account, code):
    for refused_verb in (
        lambda: incident(**account).record(NOW, TODAY, KEEP),
        lambda: corrected(incident(), **account),
    ):
        with pytest.raises(CommandRefused) as refused:
            refused_verb()
        assert refused.value.code == code


def test_a_correction_leaves_nothing_of_what_stood_before_and_its_words_go_with_their_key():
    one = incident(with_all=True)
    said = corrected(one, "person-named", province=None, content=None)
    assert said == [
        facts.IncidentCorrected(ONE, ORG, 2, "person-named"),
        facts.OwnKeyUnneeded(incident_key(ONE, 1)),
    ]
    assert one.account == replace(ACCOUNT, province=None, content=None)


@pytest.mark.parametrize(
    ("reason", "seen"), [("mistake", True), ("told-twice", True), ("person-named", False)]
)
def test_a_withdrawal_is_seen_by_whoever_may_act_on_it_unless_a_person_could_be_recognised(reason, seen):
    one = incident(shared_with=(SHELTER,))
    assert one.withdraw(reason) == [
        facts.IncidentWithdrawn(ONE, ORG, reason),
        facts.OwnKeyUnneeded(incident_key(ONE, 1)),
    ]
    assert (one.is_seen_by(ORG), one.is_seen_by(SHELTER), one.account.content) == (True, seen, None)


@pytest.mark.parametrize(
    ("account", "seen"),
    [({}, set()), ({"shared_with": (SHELTER,)}, {SHELTER}), ({"with_all": True}, {SHELTER, LEGAL})],
)
def test_it_is_seen_by_those_with_whom_it_is_shared(account, seen):
    one = incident(**account)
    assert {name for name in (ORG, SHELTER, LEGAL) if one.is_seen_by(name)} == {ORG, *seen}


def test_it_is_counted_in_the_month_in_which_all_saw_it_first_and_in_no_other():
    one = incident()
    one.record(NOW, TODAY, KEEP)
    assert one.shared_at is None
    corrected(one, with_all=True)
    corrected(one, now=LATER + KEEP)
    corrected(one, now=LATER + KEEP, with_all=True)
    assert one.shared_at == LATER


def test_words_go_in_their_time_and_those_of_a_correction_in_theirs():
    one = incident()
    assert one.record(NOW, TODAY, KEEP)[1:] == [facts.IncidentWordsDue(ONE, 1, NOW + KEEP)]
    corrected(one)
    assert one.clear(1) == []
    assert one.clear(2) == [facts.IncidentCleared(ONE, ORG), facts.OwnKeyUnneeded(incident_key(ONE, 2))]
    assert (one.account.content, one.clear(2)) == (None, [])


def test_trends_hide_every_cell_below_ten_and_have_one_for_each_kind_and_province():
    told = [CountedIncident("confinement", "TH-21")] * 12 + [CountedIncident("labour", "TH-22")] * 3
    shown = tables([*told, *[CountedIncident("begging", None)] * 9], ["TH-21", "TH-22", "TH-23"])
    assert shown[KIND].cells == {**dict.fromkeys(codes("incident_kind")), "confinement": 12}
    assert shown[PROVINCE].cells == {"TH-21": 12, "TH-22": None, "TH-23": None, NOWHERE: None}
    assert shown[KIND].total == 24


def test_one_rare_place_takes_another_with_it_so_that_the_total_does_not_tell_of_it():
    told = [CountedIncident("labour", "TH-21")] * 30 + [CountedIncident("labour", "TH-22")] * 20
    shown = tables([*told, CountedIncident("labour", "TH-23")], ["TH-21", "TH-22", "TH-23"])[PROVINCE]
    assert shown.cells == {"TH-21": 30, "TH-22": None, "TH-23": None, NOWHERE: None}
