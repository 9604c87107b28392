"""Notices: written by one person, approved by a second; a consent names one that is in force in the language of its words."""

from datetime import timedelta
from uuid import uuid4

import pytest

from services.consent.domain import facts
from services.consent.domain.notice import (
    LONGEST_TEXT,
    MOVES,
    WITHDRAWAL_WAITS,
    Notice,
    NoticeState,
    NoticeText,
    WrongNoticeState,
    notice_id,
    of_cell,
)
from services.consent.domain.record import Act, SamePerson
from services.consent.notice_texts import ship, shipped
from tests.consent.making import ACT, NOW, SENDER, answer

LANGUAGES = {"en", "th", "km", "fr", "es", "vi"}
TEXT = NoticeText("Before you decide", ("You decide.",), reviewed=False)
OTHER = NoticeText("Before you decide", ("You decide, and nobody else.",), reviewed=True)
SECOND = Act("th.second", SENDER, NOW + timedelta(hours=1))
WRITE = {"title": "Before you decide", "paragraphs": ["You decide.", "You may say no."]}


def notice(state: NoticeState, version: str = "2026-2") -> Notice:
    """A notice that stands in this state, reached by its verbs."""
    made = Notice.of(version, "km", TEXT)
    made.write(TEXT, ACT)
    if state is NoticeState.WITHDRAWN:
        made.withdraw(ACT, last=False)
    if state in {NoticeState.PROPOSED, NoticeState.IN_FORCE, NoticeState.SUPERSEDED}:
        made.propose(ACT)
    if state in {NoticeState.IN_FORCE, NoticeState.SUPERSEDED}:
        made.approve(SECOND, None)
    if state is NoticeState.SUPERSEDED:
        made.supersede(SECOND)
    if state is NoticeState.IN_FORCE:
        made.withdrawal_asked_by, made.withdrawal_asked_at = "th.first", ACT.at
    return made


VERBS = {
    "write": (lambda made: made.write(OTHER, SECOND), NoticeState.DRAFT),
    "propose": (lambda made: made.propose(SECOND), NoticeState.PROPOSED),
    "approve": (lambda made: made.approve(SECOND, None), NoticeState.IN_FORCE),
    "supersede": (lambda made: made.supersede(SECOND), NoticeState.SUPERSEDED),
    "withdraw": (lambda made: made.withdraw(SECOND, last=False), NoticeState.WITHDRAWN),
    "decline": (lambda made: made.decline_withdrawal(SECOND), NoticeState.IN_FORCE),
}
FROM = {
    "write": {"draft", "proposed"},
    "propose": {"draft"},
    "approve": {"proposed"},
    "supersede": {"in-force"},
    "withdraw": {"draft", "proposed", "in-force"},
    "decline": {"in-force"},
}


@pytest.mark.parametrize("state", NoticeState)
@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_moves_from_the_states_that_allow_it_and_from_no_other(verb, state):
    made = notice(state)
    revision, (act, to) = made.revision, VERBS[verb]
    if state in FROM[verb]:
        (fact,) = act(made)
        expected = facts.NoticeChanged("2026-2", "km", to, revision + 1, made.sha256)
        assert (fact, made.state, made.revision) == (expected, to, revision + 1)
    else:
        with pytest.raises(WrongNoticeState):
            act(made)
        assert (made.state, made.revision) == (state, revision)


def test_every_state_but_the_first_is_reached_by_a_move():
    assert set().union(*MOVES.values()) == set(NoticeState)


@pytest.mark.parametrize("hand", ["write", "propose"])
def test_nobody_who_had_a_hand_in_the_words_approves_them(hand):
    made = notice(NoticeState.DRAFT)
    if hand == "write":
        made.write(OTHER, SECOND)
    made.propose(ACT if hand == "write" else SECOND)
    with pytest.raises(SamePerson):
        made.approve(SECOND, None)
    assert made.state is NoticeState.PROPOSED


def test_what_was_proposed_and_then_written_anew_is_a_draft_that_nobody_approves():
    made = notice(NoticeState.PROPOSED)
    made.write(OTHER, ACT)
    with pytest.raises(WrongNoticeState):
        made.approve(SECOND, None)


def test_the_one_before_is_superseded_in_the_moment_in_which_the_next_is_in_force():
    before, made = notice(NoticeState.IN_FORCE, "2026-1"), notice(NoticeState.PROPOSED)
    said = made.approve(SECOND, before)
    assert [(fact.version, fact.state) for fact in said] == [
        ("2026-1", "superseded"),
        ("2026-2", "in-force"),
    ]
    assert (before.ended_at, made.in_force_since, made.approved_by) == (SECOND.at, SECOND.at, SECOND.by)


def test_the_shipped_notice_stands_in_six_languages_and_is_marked_until_a_native_speaker_has_looked():
    assert {(file.version, file.language) for file in shipped()} == {("2026-1", each) for each in LANGUAGES}
    assert {file.language for file in shipped() if file.reviewed} == {"en"}


@pytest.mark.parametrize("file", shipped(), ids=lambda file: f"{file.version}.{file.language}")
def test_a_shipped_notice_is_short_enough_to_be_read_out_and_says_as_much_as_the_english_one(file):
    length = len(file.title) + sum(map(len, file.paragraphs))
    english = next(each for each in shipped() if (each.version, each.language) == (file.version, "en"))
    assert 0 < length <= LONGEST_TEXT
    assert len(file.paragraphs) == len(english.paragraphs)
    assert [each for each in file.paragraphs if not each.strip()] == []


async def _write(consent, version="2026-102", language="km", by="th.writer"):
    headers = consent.harness.as_("supervisor", SENDER, by)
    form = {**WRITE, "version": version, "language": language}
    answer_ = await consent.client.post("/v1/notices", json=form, headers=headers)
    assert answer_.status_code == 201, answer_.text
    return answer_.json()["id"]


async def _move(consent, id_, verb, by="th.writer"):
    headers = consent.harness.as_("supervisor", SENDER, by)
    seen = (await consent.client.get(f"/v1/notices/{id_}", headers=headers)).headers["ETag"]
    headers = {**headers, "If-Match": seen}
    return await consent.client.post(f"/v1/notices/{id_}/{verb}", headers=headers)


async def _propose(consent):
    id_ = await _write(consent)
    assert (await _move(consent, id_, "propose")).status_code == 200
    return id_


async def _withdraw(consent):
    """The text in Khmer is withdrawn by two people, while another is proposed."""
    id_ = notice_id("2026-1", "km")
    await _propose(consent)
    for by in ("th.writer", "th.second"):
        assert (await _move(consent, id_, "withdraw", by)).status_code == 200
    return id_


async def _give(consent, **changes):
    path = f"/v1/cases/{consent.case_id}/consents"
    return await consent.client.post(path, json=answer(**changes), headers=consent.worker)


def _codes(response):
    return [error["code"] for error in response.json()["errors"]]


async def test_a_consent_names_a_notice_that_is_in_force_in_its_language_and_no_other(consent):
    assert (await _give(consent)).status_code == 201
    assert (await _give(consent, notice_version="x")).status_code == 422
    assert _codes(await _give(consent, notice_version="2031-9")) == ["notice-not-in-force"]
    assert _codes(await _give(consent, language="my")) == ["notice-not-in-force"]
    draft = await _write(consent)
    assert _codes(await _give(consent, notice_version="2026-102")) == ["notice-not-in-force"]
    await _move(consent, draft, "propose")
    assert _codes(await _give(consent, notice_version="2026-102")) == ["notice-not-in-force"]


async def test_an_interpreter_may_explain_a_text_that_is_written_in_another_language(consent):
    interpreted = {"interpreter": "Dara Canary", "interpreter_undertaking": True}
    given = await _give(consent, language="my", notice_language="th", **interpreted)
    assert given.status_code == 201, given.text
    refused = await _give(consent, language="my", notice_language="th")
    assert [error["loc"][-1] for error in refused.json()["errors"]] == ["notice_language"]


async def test_two_people_put_a_notice_in_force_and_the_one_before_is_named_no_more(consent):
    id_ = await _write(consent)
    await _move(consent, id_, "propose")
    alone = await _move(consent, id_, "approve")
    assert (alone.status_code, alone.json()["code"]) == (409, "second-person")
    assert (await _move(consent, id_, "approve", "th.second")).status_code == 200
    assert (await _give(consent, notice_version="2026-102")).status_code == 201
    assert _codes(await _give(consent)) == ["notice-not-in-force"]
    assert (await _give(consent, language="th")).status_code == 201
    said = [(e["notice_version"], e["state"]) for e in await consent.said("notice.changed.v1")]
    assert said[-2:] == [("2026-1", "superseded"), ("2026-102", "in-force")]


async def test_one_person_alone_withdraws_no_text_that_is_in_force(consent):
    id_ = notice_id("2026-1", "km")
    await _propose(consent)
    assert (await _move(consent, id_, "withdraw")).status_code == 200
    assert (await _give(consent)).status_code == 201
    again = await _move(consent, id_, "withdraw")
    assert (again.status_code, again.json()["code"]) == (409, "second-person")
    assert (await _move(consent, id_, "withdraw", "th.second")).status_code == 200
    assert _codes(await _give(consent)) == ["notice-not-in-force"]
    said = [
        (e["state"], e["revision"], e["withdrawal_asked"]) for e in await consent.said("notice.changed.v1")
    ]
    assert said[-2:] == [("in-force", 2, True), ("withdrawn", 3, False)]


async def test_whoever_makes_a_withdrawal_final_has_read_that_it_was_asked_for(consent):
    id_ = notice_id("2026-1", "km")
    await _propose(consent)
    second = consent.harness.as_("supervisor", SENDER, "th.second")
    before = (await consent.client.get(f"/v1/notices/{id_}", headers=second)).headers["ETag"]
    await _move(consent, id_, "withdraw")
    path = f"/v1/notices/{id_}/withdraw"
    answers = [
        await consent.client.post(path, headers={**second, **seen})
        for seen in ({}, {"If-Match": "*"}, {"If-Match": before})
    ]
    assert [one.status_code for one in answers] == [412, 412, 412]
    assert (await _move(consent, id_, "withdraw", "th.second")).status_code == 200


def test_a_withdrawal_that_nobody_made_final_in_a_week_is_asked_for_anew():
    made = notice(NoticeState.IN_FORCE)
    late = Act("th.second", SENDER, ACT.at + WITHDRAWAL_WAITS)
    (fact,) = made.withdraw(late, last=False)
    assert (fact.withdrawal_asked, made.state) == (True, NoticeState.IN_FORCE)
    assert (made.withdrawal_asked_by, made.withdrawal_asked_at) == ("th.second", late.at)


async def test_whoever_asked_for_a_withdrawal_takes_that_back_and_so_may_a_second_person_refuse_it(consent):
    id_ = notice_id("2026-1", "km")
    await _propose(consent)
    nothing = await _move(consent, id_, "decline-withdrawal")
    assert (nothing.status_code, nothing.json()["code"]) == (409, "wrong-state")
    for by in ("th.second", "th.writer"):
        assert (await _move(consent, id_, "withdraw")).status_code == 200
        assert (await _move(consent, id_, "decline-withdrawal", by)).status_code == 200
    view = await consent.client.get(f"/v1/notices/{id_}", headers=consent.harness.as_("supervisor", SENDER))
    assert (view.json()["state"], view.json()["withdrawal_asked_by"]) == ("in-force", None)
    assert (await _move(consent, id_, "withdraw", "th.second")).status_code == 200
    said = [(e["revision"], e["withdrawal_asked"]) for e in await consent.said("notice.changed.v1")]
    assert said[-5:] == [(2, True), (3, False), (4, True), (5, False), (6, True)]


async def test_a_language_that_has_a_text_is_not_left_without_one_by_way_of_a_draft(consent):
    id_ = notice_id("2026-1", "km")
    draft = await _write(consent)
    assert (await _move(consent, id_, "withdraw")).json()["code"] == "wrong-state"
    await _move(consent, draft, "propose")
    for by in ("th.writer", "th.second"):
        assert (await _move(consent, id_, "withdraw", by)).status_code == 200
    assert (await _move(consent, draft, "withdraw")).json()["code"] == "wrong-state"
    seen = (await consent.client.get(f"/v1/notices/{draft}", headers=consent.supervisor)).headers["ETag"]
    headers = {**consent.harness.as_("supervisor", SENDER, "th.writer"), "If-Match": seen}
    assert (await consent.client.put(f"/v1/notices/{draft}", json=WRITE, headers=headers)).is_success
    assert (await _move(consent, draft, "withdraw")).json()["code"] == "wrong-state"


async def test_the_first_draft_of_a_language_may_be_withdrawn(consent):
    draft = await _write(consent, language="lo")
    assert (await _move(consent, draft, "withdraw")).status_code == 200


async def test_the_last_text_of_a_language_is_superseded_and_never_withdrawn(consent):
    id_ = notice_id("2026-1", "km")
    refused = await _move(consent, id_, "withdraw")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong-state")
    headers = consent.harness.as_("supervisor", SENDER)
    moves = (await consent.client.get(f"/v1/notices/{id_}", headers=headers)).json()["moves"]
    assert [move["path"] for move in moves if move["path"].endswith("/withdraw")] == []
    assert (await _give(consent)).status_code == 201


async def test_what_is_approved_is_the_version_that_was_seen_and_not_whatever_it_is(consent):
    id_ = await _write(consent)
    await _move(consent, id_, "propose")
    second = consent.harness.as_("supervisor", SENDER, "th.second")
    for headers in (second, {**second, "If-Match": "*"}):
        refused = await consent.client.post(f"/v1/notices/{id_}/approve", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (428, "precondition-required")
    assert (await _move(consent, id_, "approve", "th.second")).status_code == 200


async def test_a_text_of_the_cell_takes_no_number_of_a_release(consent):
    headers = consent.harness.as_("supervisor", SENDER)
    for version in ("2026-2", "2027-99"):
        form = {**WRITE, "version": version, "language": "km"}
        refused = await consent.client.post("/v1/notices", json=form, headers=headers)
        assert (refused.status_code, _codes(refused)) == (422, ["number-of-a-release"])
    assert [file.version for file in shipped() if of_cell(file.version)] == []


async def test_a_withdrawn_notice_is_named_by_no_new_consent_and_what_was_given_under_it_stands(consent):
    given = await consent.give()
    await _withdraw(consent)
    assert _codes(await _give(consent)) == ["notice-not-in-force"]
    assert _codes(await consent.renew(given)) == ["notice-not-in-force"]
    view = await consent.client.get(f"/v1/consents/{given}", headers=consent.worker)
    assert view.json()["state"] == "given"


async def test_a_no_is_taken_whatever_became_of_the_notice_and_a_notice_that_never_was_is_refused(consent):
    await _withdraw(consent)
    assert (await _give(consent, decision="refused", notice_version="2026-1")).status_code == 201
    refused = await consent.client.post(
        f"/v1/cases/{consent.case_id}/consents",
        json={"decision": "refused", "notice_version": "2031-9"},
        headers=consent.worker,
    )
    assert _codes(refused) == ["no-such-notice"]


async def test_words_that_were_changed_after_they_were_read_are_not_approved(consent):
    id_ = await _write(consent)
    await _move(consent, id_, "propose")
    writer = consent.harness.as_("supervisor", SENDER, "th.writer")
    second = consent.harness.as_("supervisor", SENDER, "th.second")
    seen = (await consent.client.get(f"/v1/notices/{id_}", headers=second)).headers["ETag"]
    path = f"/v1/notices/{id_}"
    assert (await consent.client.put(path, json=WRITE, headers={**writer, "If-Match": seen})).is_success
    await _move(consent, id_, "propose")
    approved = await consent.client.post(f"{path}/approve", headers={**second, "If-Match": seen})
    assert approved.status_code == 412


async def test_a_text_that_is_too_long_to_be_read_out_or_there_already_is_refused(consent):
    headers = consent.harness.as_("supervisor", SENDER)
    long = {**WRITE, "paragraphs": ["a" * LONGEST_TEXT], "version": "2026-103", "language": "km"}
    assert (await consent.client.post("/v1/notices", json=long, headers=headers)).status_code == 422
    await _write(consent, "2026-104")
    there = {**WRITE, "version": "2026-104", "language": "km"}
    assert (await consent.client.post("/v1/notices", json=there, headers=headers)).status_code == 409


async def test_a_second_start_leaves_what_people_did_and_a_later_text_waits_for_somebody_of_the_cell(consent):
    withdrawn = await _withdraw(consent)
    database = consent.harness.service.database
    async with database.transaction(database.system()) as tx:
        await ship(tx)
    (row,) = await consent.rows("select state from consent.notices where id = :id", id=withdrawn)
    assert row.state == "withdrawn"
    later = Notice.of("2027-1", "km", TEXT)
    later.ship(NOW, first=False)
    assert (later.state, later.in_force_since) == (NoticeState.PROPOSED, None)
    assert later.lets("approve", Act("th.supervisor", SENDER, NOW), last=True)


async def test_the_words_are_read_by_everybody_who_asks_her_and_by_the_auditor(consent):
    listed = await consent.client.get("/v1/notices?language=km&state=in-force", headers=consent.worker)
    (found,) = listed.json()["items"]
    assert (found["version"], found["reviewed"]) == ("2026-1", False)
    auditor = consent.harness.as_("auditor")
    shown = (await consent.client.get(f"/v1/notices/{found['id']}", headers=auditor)).json()
    assert len(shown["paragraphs"]) == 8
    assert (await consent.client.get(f"/v1/notices/{uuid4()}", headers=auditor)).status_code == 404
