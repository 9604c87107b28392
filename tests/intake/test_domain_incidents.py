"""An incident: each verb from every state, what a right account is, and what its trends show."""

from dataclasses import replace
from datetime import date
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
    PlaceLevel,
)
from services.intake.reports.domain.trends import KIND, NOWHERE, PROVINCE, CountedIncident, tables

TODAY = date(2026, 11, 26)
ONE, OTHER, OWN, NEXT = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
ORG, SHELTER, LEGAL = "th-care-agency", "th-shelter", "th-legal-aid"
ACCOUNT = IncidentAccount(
    "confinement",
    PlaceLevel.PROVINCE,
    "TH-21",
    None,
    TODAY,
    TODAY,
    "seen",
    "likely",
    with_all=False,
    shared_with=(),
    content="v1.x",
)


def incident(state=IncidentState.STANDING, incident_id=ONE, organisation=ORG, **account) -> Incident:
    return Incident(incident_id, organisation, OWN, replace(ACCOUNT, **account), state)


VERBS = {
    IncidentVerb.CORRECT: lambda i: i.correct(ACCOUNT, NEXT, TODAY),
    IncidentVerb.MERGE: lambda i: i.merge(incident(incident_id=OTHER)),
    IncidentVerb.SEPARATE: lambda i: i.separate(),
    IncidentVerb.LINK: lambda i: i.require(IncidentVerb.LINK),
}
MAY = {
    IncidentState.STANDING: {IncidentVerb.CORRECT, IncidentVerb.MERGE, IncidentVerb.LINK},
    IncidentState.MERGED: {IncidentVerb.SEPARATE},
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
        ({"level": PlaceLevel.COUNTRY}, "place-level"),
        ({"level": PlaceLevel.DISTRICT}, "place-level"),
        ({"district": "2101"}, "place-level"),
        ({"first_on": date(2026, 11, 27)}, "time-order"),
        ({"last_on": date(2026, 11, 27)}, "date-in-the-future"),
        ({"with_all": True, "shared_with": (SHELTER,)}, "one-of-two"),
    ],
)
def test_an_account_that_contradicts_itself_is_refused(account, code):
    with pytest.raises(CommandRefused) as refused:
        incident(**account).report(TODAY)
    assert refused.value.code == code


def test_a_correction_is_another_revision_and_the_former_words_go_with_their_key():
    one = incident()
    said = one.correct(replace(ACCOUNT, content=None), NEXT, TODAY)
    assert said == [facts.IncidentCorrected(ONE, ORG, 2), facts.OwnKeyUnneeded(OWN)]
    assert (one.owner, one.account.content, one.revision) == (NEXT, None, 2)


@pytest.mark.parametrize(
    ("mine", "theirs", "refused"),
    [
        ({}, {}, False),
        ({"with_all": True}, {"with_all": True}, False),
        ({"with_all": True}, {"shared_with": (SHELTER,)}, True),
        ({"shared_with": (SHELTER,)}, {}, True),
        ({"shared_with": (SHELTER,)}, {"shared_with": (SHELTER, LEGAL)}, False),
        ({"shared_with": (SHELTER,)}, {"with_all": True}, False),
    ],
)
def test_nobody_who_sees_an_incident_loses_sight_of_it_by_a_merge(mine, theirs, refused):
    one, other = incident(**mine), incident(incident_id=OTHER, **theirs)
    if not refused:
        assert one.merge(other) == [facts.IncidentMerged(ONE, ORG, OTHER)]
        return
    with pytest.raises(CommandRefused) as error:
        one.merge(other)
    assert (error.value.code, one.state) == ("less-shared", IncidentState.STANDING)


def test_no_chain_and_no_ring_of_merges():
    for other, code in (
        (incident(), "same-incident"),
        (incident(IncidentState.MERGED, OTHER), "merged-already"),
    ):
        with pytest.raises(CommandRefused) as refused:
            incident().merge(other)
        assert refused.value.code == code


def test_trends_hide_every_cell_below_ten_and_have_one_for_each_kind_and_province():
    told = [CountedIncident("confinement", "TH-21")] * 12 + [CountedIncident("labour", "TH-22")] * 3
    shown = tables([*told, *[CountedIncident("begging", None)] * 9], ["TH-21", "TH-22", "TH-23"])
    assert shown[KIND].cells == {**dict.fromkeys(codes("incident_kind")), "confinement": 12}
    assert shown[PROVINCE].cells == {"TH-21": 12, "TH-22": None, "TH-23": None, NOWHERE: None}
    assert shown[KIND].total == 24
