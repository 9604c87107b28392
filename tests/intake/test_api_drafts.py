"""Intakes and screenings as drafts, over HTTP: begun, saved half-way, taken up, submitted once, abandoned."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from tests.intake.making import bodies, open_case

STRONG = {"means.leaving": "yes", "purpose.made_to": "yes"}


class Desk:
    """What one officer does with drafts."""

    def __init__(self, intake, role="screening_officer", **who):
        self.intake, self.headers = intake, intake.as_(role, **who)

    async def send(self, method, path, body=None, seen="*", **headers):
        more = {"If-Match": seen} if method == "PATCH" else {}
        return await self.intake.client.request(
            method, path, json=body, headers={**self.headers, **more, **headers}
        )

    async def begin(self, **body):
        answer = await self.send("POST", "/v1/drafts", body)
        assert answer.status_code == 201, answer.text
        return f"/v1/drafts/{answer.json()['id']}"

    async def view(self, draft):
        return (await self.send("GET", draft)).json()

    async def listed(self, query=""):
        return [one["id"] for one in (await self.send("GET", f"/v1/drafts{query}")).json()["items"]]


@pytest.fixture
def desk(intake):
    return Desk(intake)


async def events(intake, *types):
    return [name for name, _ in await intake.said() if name in types]


async def test_an_intake_is_saved_half_way_and_nobody_hears_of_a_case_before_it_is_submitted(intake, desk):
    draft = await desk.begin(fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "19"})
    saved = await desk.send(
        "PATCH",
        draft,
        {"channel": "self-referral", "fields": {"prs_Birthdate": "1998", "cor_Health": "tired"}},
    )
    assert saved.status_code == 200, saved.text
    view = await desk.view(draft)
    assert (view["channel"], view["fields"]) == (
        "self-referral",
        {"cor_FullName": "Sok Dara", "prs_Birthdate": "1998", "cor_Health": "tired"},
    )
    listed = await intake.client.get("/v1/cases", headers=desk.headers)
    assert listed.json()["items"] == []
    assert (await intake.client.get(f"/v1/cases/{view['case_id']}", headers=desk.headers)).status_code == 404
    assert await events(intake, "case.opened.v1", "case.assigned.v1", "fields.recorded.v1") == []
    submitted = await desk.send("POST", f"{draft}/submit")
    assert submitted.status_code == 200, submitted.text
    case_id = submitted.json()["id"]
    assert case_id == view["case_id"]
    fields = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=desk.headers)).json()["fields"]
    assert fields["prs_Birthdate"] == "1998"
    assert await events(intake, "case.opened.v1") == ["case.opened.v1"]
    after = await desk.view(draft)
    assert (after["state"], after["result_id"], after["fields"]) == ("submitted", case_id, {})


async def test_every_mistake_of_the_whole_is_named_at_once_when_it_is_submitted(intake, desk):
    draft = await desk.begin(
        fields={
            "prs_Birthdate": "1998-13",
            "prs_Gender": "X",
            "cor_Needs": ["shelter"],
            "cor_FullName": "Dara",
        }
    )
    answer = await desk.send("POST", f"{draft}/submit")
    assert answer.status_code == 422
    assert [(error["loc"], error["code"]) for error in answer.json()["errors"]] == [
        (["draft", "channel"], "missing"),
        (["draft", "fields", "prs_Birthdate"], "invalid"),
        (["draft", "fields", "prs_Gender"], "unknown-code"),
        (["draft", "fields", "cor_Needs"], "decided-elsewhere"),
    ]
    assert "1998-13" not in answer.text
    assert (await desk.view(draft))["state"] == "open"


async def test_a_name_that_is_no_field_and_a_text_that_is_too_long_are_refused_at_once(desk):
    draft = await desk.begin()
    for fields, code in (
        ({"prs_Shoe": "42"}, "unknown-field"),
        ({"cor_Health": "x" * 2001}, "string_too_long"),
    ):
        answer = await desk.send("PATCH", draft, {"fields": fields})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
        assert "prs_Shoe" not in answer.text


async def test_submitted_twice_it_opens_one_case(intake, desk):
    draft = await desk.begin(channel="self-referral")
    key = {"Idempotency-Key": "submit-once-0001"}
    first = await desk.send("POST", f"{draft}/submit", **key)
    again = await desk.send("POST", f"{draft}/submit", **key)
    other = await desk.send("POST", f"{draft}/submit")
    assert [first.status_code, again.status_code, other.status_code] == [200, 200, 409]
    assert first.json() == again.json()
    assert len(bodies(await intake.said(), "case.opened.v1")) == 1


async def test_nobody_saves_over_what_they_have_not_seen(desk):
    draft = await desk.begin(channel="self-referral")
    assert (await desk.send("PATCH", draft, {"fields": {"cor_Health": "a"}}, seen='"1"')).status_code == 200
    assert (await desk.send("PATCH", draft, {"fields": {"cor_Health": "b"}}, seen='"1"')).status_code == 412
    assert (await desk.send("POST", f"{draft}/submit", None, **{"If-Match": '"1"'})).status_code == 412
    without = await desk.intake.client.patch(draft, json={}, headers=desk.headers)
    assert without.status_code == 428


async def test_a_colleague_takes_it_up_and_another_organisation_does_not_see_it(intake, desk):
    draft = await desk.begin(channel="self-referral", fields={"cor_FullName": "Dara"})
    colleague = Desk(intake, sub="th.officer-two")
    stranger = Desk(intake, sub="th.stranger", org="th-shelter")
    assert await colleague.listed() == [draft.rpartition("/")[2]]
    assert await stranger.listed() == []
    for method, path in (("GET", draft), ("POST", f"{draft}/take"), ("POST", f"{draft}/submit")):
        assert (await stranger.send(method, path)).status_code == 404
    assert await colleague.listed("?worker=th.officer-two") == []
    assert (await colleague.send("POST", f"{draft}/take")).status_code == 200
    assert await colleague.listed("?worker=th.officer-two") == [draft.rpartition("/")[2]]
    assert (await colleague.view(draft))["fields"] == {"cor_FullName": "Dara"}
    assert (await colleague.send("POST", f"{draft}/submit")).status_code == 200
    (opened,) = bodies(await intake.said(), "case.opened.v1")
    assert opened["organisation"] == "th-care-agency"


async def test_an_urgent_flag_on_a_draft_is_told_at_once_and_makes_it_immediate(intake, desk):
    draft = await desk.begin(fields={"cor_FullName": "Dara"})
    assert bodies(await intake.said(), "draft.raised.v1") == []
    await desk.send("PATCH", draft, {"flags": ["immediate_danger"]})
    await desk.send("PATCH", draft, {"flags": ["immediate_danger"], "fields": {"cor_Health": "hurt"}})
    (raised,) = bodies(await intake.said(), "draft.raised.v1")
    assert raised == {
        "case_id": draft.rpartition("/")[2],
        "draft_id": draft.rpartition("/")[2],
        "organisation": "th-care-agency",
    }
    view = await desk.view(draft)
    assert (view["urgency"], view["flagged"]) == ("immediate", True)
    assert await desk.listed("?flagged=true") == [draft.rpartition("/")[2]]
    assert bodies(await intake.said(), "case.opened.v1") == []


async def test_an_intake_with_an_urgent_flag_cannot_be_abandoned(intake, desk):
    draft = await desk.begin(flags=["suicide_risk"])
    assert len(bodies(await intake.said(), "draft.raised.v1")) == 1
    assert "abandon_draft" not in {move["verb"] for move in (await desk.view(draft))["moves"]}
    answer = await desk.send("POST", f"{draft}/abandon", {"reason": "ended"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "flags-stand")
    await desk.send("PATCH", draft, {"flags": []})
    assert (await desk.send("POST", f"{draft}/abandon", {"reason": "mistake"})).status_code == 200


async def test_an_abandoned_intake_is_resumed_or_after_a_week_nothing_of_her_is_left(intake, desk):
    draft = await desk.begin(fields={"cor_FullName": "Dara"})
    view = await desk.view(draft)
    assert (await desk.send("POST", f"{draft}/abandon", {"reason": "ended"})).status_code == 200
    assert await desk.listed() == []
    assert await desk.listed("?state=abandoned") == [view["id"]]
    assert (await desk.send("POST", f"{draft}/resume")).status_code == 200
    assert (await desk.view(draft))["fields"] == {"cor_FullName": "Dara"}
    await desk.send("POST", f"{draft}/abandon", {"reason": "ended"})
    await _later(intake, timedelta(days=7, minutes=1))
    after = await desk.view(draft)
    assert (after["state"], after["reason"], after["fields"]) == ("cleared", "ended", {})
    assert (await desk.send("POST", f"{draft}/resume")).status_code == 409
    async with intake.service.database.engine.connect() as conn:
        row = (await conn.execute(text("select person_id, content from intake.drafts"))).one()
    assert row.content is None
    intake.service.vault.forget(row.person_id)
    assert await _is_destroyed(intake, row.person_id)


async def _is_destroyed(intake, person_id: UUID) -> bool:
    from chassis.vault.vault import KeyDestroyed

    try:
        await intake.service.vault.seal(person_id, "prs_FirstName", person_id, "x")
    except KeyDestroyed:
        return True
    return False


async def _later(intake, span: timedelta) -> None:
    """Let the service's clock stand so much later, and do what is due by then."""
    clock = intake.service.database.clock
    intake.service.database.clock = lambda: clock() + span
    await intake.work(hasten=True)


async def test_a_submitted_intake_leaves_no_second_copy_and_its_key_stays(intake, desk):
    draft = await desk.begin(channel="self-referral", fields={"cor_FullName": "Dara"})
    case_id = (await desk.send("POST", f"{draft}/submit")).json()["id"]
    await intake.work()
    async with intake.service.database.engine.connect() as conn:
        assert (await conn.execute(text("select content from intake.drafts"))).scalar_one() is None
    fields = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=desk.headers)).json()["fields"]
    assert fields == {"cor_FullName": "Dara"}


async def test_a_draft_that_stands_open_reminds_until_it_is_ended(intake, desk):
    draft = await desk.begin(urgency="immediate")
    await intake.work(hasten=True)
    first = bodies(await intake.said(), "draft.unfinished.v1")
    assert [(one["draft_id"], one["organisation"]) for one in first] == [
        (draft.rpartition("/")[2], "th-care-agency")
    ]
    version = (await desk.view(draft))["version"]
    assert version == 1, "a reminder is no change to whoever works on it"
    await desk.send("POST", f"{draft}/abandon", {"reason": "double"})
    await intake.work(hasten=True)
    assert len(bodies(await intake.said(), "draft.unfinished.v1")) == 1


async def test_a_screening_is_saved_half_way_and_gives_its_result_once_submitted(intake, desk):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1998"})
    begun = await desk.send(
        "POST",
        f"/v1/cases/{case_id}/screening-drafts",
        {"checklist": "field-adult", "answers": {"means.leaving": "yes"}},
    )
    assert begun.status_code == 201, begun.text
    draft = begun.headers["location"]
    (referenced,) = bodies(await intake.said(), "case.referenced.v1")
    (listed,) = (await desk.send("GET", "/v1/drafts")).json()["items"]
    shown = [one["case_reference"] for one in (listed, await desk.view(draft))]
    assert shown == [referenced["reference"]] * 2
    assert bodies(await intake.said(), "case.screened.v1") == []
    await desk.send("PATCH", draft, {"answers": {"means.leaving": None, "means.violence": "declined"}})
    assert (await desk.view(draft))["answers"] == {"means.violence": "declined"}
    await desk.send("PATCH", draft, {"answers": STRONG})
    submitted = await desk.send("POST", f"{draft}/submit")
    assert submitted.status_code == 200, submitted.text
    result = (await desk.send("GET", submitted.headers["location"])).json()
    assert (result["outcome"], result["checklist"], result["version"]) == ("indications", "field-adult", "1")
    assert result["answers"] == {**STRONG, "means.violence": "declined"}
    (said,) = bodies(await intake.said(), "case.screened.v1")
    assert said["screening_id"] == submitted.json()["id"]


async def test_an_urgent_answer_of_a_begun_screening_acts_on_the_case_at_once(intake, desk):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1998"})
    begun = await desk.send("POST", f"/v1/cases/{case_id}/screening-drafts", {"checklist": "field-adult"})
    draft = begun.headers["location"]
    assert (await desk.send("PATCH", draft, {"answers": {"now.medical": "yes"}})).status_code == 200
    fields = (await desk.send("GET", f"/v1/cases/{case_id}/fields")).json()
    assert fields["flags"] == ["medical_emergency"]
    assert (await desk.send("GET", f"/v1/cases/{case_id}")).json()["urgency"] == "immediate"
    (said,) = bodies(await intake.said(), "flags.recorded.v1")
    assert (said["raised"], said["added"]) == (True, True)
    await desk.send("POST", f"{draft}/abandon", {"reason": "ended"})
    assert (await desk.send("GET", f"/v1/cases/{case_id}/fields")).json()["flags"] == ["medical_emergency"]


async def test_a_begun_screening_of_a_case_that_is_no_longer_here_is_given_up_and_reminds_nobody(
    intake, desk
):
    case_id = await open_case(intake)
    await desk.send("POST", f"/v1/cases/{case_id}/screening-drafts", {"checklist": "field-adult"})
    async with intake.service.database.engine.begin() as conn:
        await conn.execute(text("update intake.cases set state = 'handed_over'"))
    await intake.work(hasten=True)
    assert bodies(await intake.said(), "draft.unfinished.v1") == []
    async with intake.service.database.engine.connect() as conn:
        states = (await conn.execute(text("select state from intake.drafts"))).scalars().all()
    assert states != ["open"]


async def test_an_empty_screening_and_an_answer_to_no_question_are_refused(intake, desk):
    case_id = await open_case(intake)
    begun = await desk.send("POST", f"/v1/cases/{case_id}/screening-drafts", {"checklist": "field-adult"})
    draft = begun.headers["location"]
    for method, path, body, code in (
        ("POST", f"{draft}/submit", None, "nothing-answered"),
        ("PATCH", draft, {"answers": {"now.sokha": "yes"}}, "unknown-indicator"),
        ("PATCH", draft, {"channel": "self-referral"}, "other-kind"),
    ):
        answer = await desk.send(method, path, body)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, code)
        assert "sokha" not in answer.text


async def test_a_correction_is_a_revision_with_who_and_why_and_the_first_one_stays(intake, desk):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1998"})
    path = f"/v1/cases/{case_id}/screenings"
    made = await desk.send("POST", path, {"checklist": "field-adult", "answers": STRONG})
    first = made.json()["id"]
    body = {"answers": {"means.leaving": "no"}, "reason": "The interpreter had misheard."}
    corrected = await desk.send("POST", f"{path}/{first}/correct", body)
    assert corrected.status_code == 201, corrected.text
    second = (await desk.send("GET", corrected.headers["location"])).json()
    assert (second["corrects"], second["reason"], second["corrected"], second["outcome"]) == (
        first,
        "The interpreter had misheard.",
        False,
        "not-established",
    )
    assert second["by"] == "th.screening_officer"
    kept = (await desk.send("GET", f"{path}/{first}")).json()
    assert (kept["corrected"], kept["outcome"], kept["moves"]) == (True, "indications", [])
    assert (await desk.send("POST", f"{path}/{first}/correct", body)).status_code == 409
    without = await desk.send("POST", f"{path}/{second['id']}/correct", {"answers": STRONG})
    assert without.status_code == 422
    said = bodies(await intake.said(), "case.screened.v1")
    assert [one["corrects"] for one in said] == [None, first]


async def test_what_is_saved_stands_nowhere_in_clear(intake, desk):
    await desk.begin(fields={"cor_FullName": "Canary Sokha", "cor_Health": "canary-health"})
    async with intake.service.database.engine.connect() as conn:
        rows = (await conn.execute(text("select d::text from intake.drafts d"))).scalars().all()
        work = (await conn.execute(text("select w::text from chassis.work w"))).scalars().all()
        outbox = (await conn.execute(text("select o::text from chassis.outbox o"))).scalars().all()
    assert [row for row in (*rows, *work, *outbox) if "anary" in row] == []
