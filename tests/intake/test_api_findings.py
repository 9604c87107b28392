"""Screenings, formal status, needs and holds over HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.intake.making import NOW, bodies, open_case

STRONG = {
    "deceptive_recruitment.job_location_employer": "yes",
    "coercion_at_destination.documents": "yes",
    "coercion_at_destination.debt_bondage": "yes",
    "exploitation.excessive_hours": "yes",
    "exploitation.low_pay": "yes",
    "exploitation.hazardous": "declined",
}


async def screen(intake, case_id, answers, checklist="ilo-ec-labour-adult"):
    body = {"checklist": checklist, "answers": answers}
    headers = intake.as_("screening_officer")
    answer = await intake.client.post(f"/v1/cases/{case_id}/screenings", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return (await intake.client.get(answer.headers["location"], headers=headers)).json()


async def test_a_screening_names_the_rule_that_fired_and_the_answers_behind_it(intake):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1998"})
    result = await screen(intake, case_id, STRONG)
    assert (result["outcome"], result["rule"], result["profile"]) == (
        "indications",
        "means-and-exploitation",
        "adult",
    )
    dimensions = {d["name"]: d for d in result["dimensions"]}
    assert dimensions["coercion_at_destination"]["rule"] == "two-strong"
    exploitation = dimensions["exploitation"]
    assert (exploitation["rule"], exploitation["evidence"]) == (
        "strong-and-medium",
        [
            {"indicator": "exploitation.excessive_hours", "weight": "S"},
            {"indicator": "exploitation.low_pay", "weight": "M"},
        ],
    )
    assert "exploitation.hazardous" in exploitation["unsettled"]
    assert dimensions["deceptive_recruitment"]["positive"] is False
    (said,) = bodies(await intake.said(), "case.screened.v1")
    assert (said["checklist"], said["checklist_version"]) == ("ilo-ec-labour-adult", "2009")
    assert said["result"].startswith("v1.")


@pytest.mark.parametrize("birthdate", [None, "2011", "2008-11~"])
async def test_unknown_age_is_child_until_shown_otherwise(intake, birthdate):
    fields = {} if birthdate is None else {"prs_Birthdate": birthdate}
    case_id = await open_case(intake, fields=fields)
    answers = {"exploitation.excessive_hours": "yes", "exploitation.low_pay": "yes"}
    result = await screen(intake, case_id, answers)
    assert (result["requested"], result["checklist"], result["outcome"], result["rule"]) == (
        "ilo-ec-labour-adult",
        "ilo-ec-labour-child",
        "indications",
        "exploitation-of-child",
    )


async def test_nothing_established_is_never_called_no_victim(intake):
    case_id = await open_case(intake)
    result = await screen(intake, case_id, {"exploitation.low_pay": "no"})
    assert result["outcome"] == "not-established"
    assert "victim" not in str(result)
    listed = (
        await intake.client.get(f"/v1/cases/{case_id}/screenings", headers=intake.as_("case_worker"))
    ).json()
    assert [one["id"] for one in listed["items"]] == [result["id"]]
    assert "outcome" not in listed["items"][0]


async def test_an_answer_to_no_question_of_the_list_is_refused(intake):
    case_id = await open_case(intake)
    body = {"checklist": "ilo-ec-labour-adult", "answers": {"exploitation.sokha": "yes"}}
    answer = await intake.client.post(
        f"/v1/cases/{case_id}/screenings", json=body, headers=intake.as_("screening_officer")
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown-indicator")
    assert "sokha" not in answer.text


async def _lists(intake, **asked):
    headers = intake.as_("screening_officer")
    answer = await intake.client.get("/v1/checklists", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return {one["checklist"]: one for one in answer.json()}


def _questions(one):
    return [question for section in one["sections"] for question in section["questions"]]


async def test_the_checklists_are_given_with_their_questions(intake):
    lists = await _lists(intake)
    assert {code: len([q for q in _questions(one) if q["weight"]]) for code, one in lists.items()} == {
        "field-adult": 8,
        "field-child": 8,
        "forced-criminality-adult": 22,
        "forced-criminality-child": 22,
        "ilo-ec-labour-adult": 67,
        "ilo-ec-labour-child": 65,
        "ilo-ec-sexual-adult": 67,
        "ilo-ec-sexual-child": 66,
    }


async def test_a_checklist_is_given_in_the_language_asked_for_and_says_whether_it_was_reviewed(intake):
    khmer = (await _lists(intake, language="km"))["field-adult"]
    assert (khmer["language"], khmer["reviewed"]) == ("km", False)
    assert _questions(khmer)[0]["ask"] == "តើអ្នកខ្លាចនរណាម្នាក់ដែលនៅទីនេះ ឬអាចមកទីនេះឬទេ?"
    assert khmer["sections"][0]["why"].startswith("យើងសួរ")
    english = (await _lists(intake, language="lo"))["field-adult"]
    assert (english["language"], english["reviewed"]) == ("en", True)
    of_the_country = (await _lists(intake))["field-adult"]
    assert of_the_country["language"] == "th"


async def test_a_version_of_a_checklist_is_given_whether_or_not_it_is_in_use(intake):
    headers = intake.as_("screening_officer")
    where = "/v1/checklists/ilo-ec-labour-child/versions/2009"
    one = (await intake.client.get(where, params={"language": "fr"}, headers=headers)).json()
    assert (one["checklist"], one["version"], one["in_use"], one["profile"]) == (
        "ilo-ec-labour-child",
        "2009",
        True,
        "child",
    )
    missing = await intake.client.get("/v1/checklists/ilo-ec-labour-child/versions/1999", headers=headers)
    assert missing.status_code == 404


async def test_a_yes_to_a_question_about_now_raises_its_flag_with_the_screening(intake):
    case_id = await open_case(
        intake, fields={"prs_Birthdate": "1998", "cor_FullName": "Sok Dara"}, flags=["late_pregnancy"]
    )
    await screen(intake, case_id, {"now.danger": "yes", "means.leaving": "yes"}, "field-adult")
    headers = intake.as_("screening_officer")
    shown = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=headers)).json()
    assert shown["flags"] == ["immediate_danger", "late_pregnancy"]
    assert shown["fields"]["cor_FullName"] == "Sok Dara"
    case = (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).json()
    assert case["urgency"] == "immediate"
    said = bodies(await intake.said(), "flags.recorded.v1")
    assert [(body["raised"], body["added"]) for body in said] == [(True, True), (True, True)]


async def test_a_flag_that_stands_already_is_not_said_again(intake):
    case_id = await open_case(intake, fields={"prs_Birthdate": "1998"}, flags=["immediate_danger"])
    await screen(intake, case_id, {"now.danger": "yes"}, "field-adult")
    assert len(bodies(await intake.said(), "flags.recorded.v1")) == 1


async def test_every_revision_of_a_status_stays_with_who_decided_it_and_why(intake):
    case_id = await open_case(intake)
    headers = intake.as_("screening_officer")
    seen = {"If-Match": '"1"'}
    for status, reasons in (
        ("PossibleVictimOfTrafficking", "First interview."),
        ("ActualVictimOfTrafficking", "Second interview, with documents."),
    ):
        body = {"status": status, "deciding_organisation": "NGO", "reasons": reasons}
        answer = await intake.client.post(f"/v1/cases/{case_id}/status", json=body, headers=headers | seen)
        assert answer.status_code == 201
        shown = await intake.client.get(f"/v1/cases/{case_id}/status", headers=headers)
        view, seen = shown.json(), {"If-Match": shown.headers["etag"]}
    assert [(r["revision"], r["status"], r["reasons"]) for r in view["revisions"]] == [
        (1, "PossibleVictimOfTrafficking", "First interview."),
        (2, "ActualVictimOfTrafficking", "Second interview, with documents."),
    ]
    fields = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=headers)).json()["fields"]
    assert fields["vic_TraffickingStatus"] == "ActualVictimOfTrafficking"
    said = bodies(await intake.said(), "case.identified.v1")
    assert [(body["revision"], body["deciding_organisation"]) for body in said] == [(1, "NGO"), (2, "NGO")]
    assert all(body["status"].startswith("v1.") for body in said)


async def test_a_case_worker_does_not_decide_a_status(intake):
    case_id = await open_case(intake)
    body = {"status": "ActualVictimOfTrafficking", "deciding_organisation": "NGO", "reasons": "x"}
    answer = await intake.client.post(
        f"/v1/cases/{case_id}/status", json=body, headers=intake.as_("case_worker") | {"If-Match": "*"}
    )
    assert answer.status_code == 404


async def test_needs_are_assessed_without_any_status(intake):
    case_id = await open_case(intake)
    headers = intake.as_("case_worker")
    body = {"urgency": "urgent", "needs": ["shelter", "medical", "shelter"], "note": "Prefers a room alone."}
    shown = await intake.client.get(f"/v1/cases/{case_id}/needs", headers=headers)
    seen = {"If-Match": shown.headers["etag"]}
    answer = await intake.client.post(f"/v1/cases/{case_id}/needs", json=body, headers=headers | seen)
    assert answer.status_code == 201
    (view,) = (await intake.client.get(f"/v1/cases/{case_id}/needs", headers=headers)).json()["items"]
    assert (view["needs"], view["note"], view["urgency"]) == (
        ["shelter", "medical"],
        "Prefers a room alone.",
        "urgent",
    )
    fields = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=headers)).json()["fields"]
    assert fields["cor_Needs"] == ["shelter", "medical"]
    (said,) = bodies(await intake.said(), "needs.assessed.v1")
    assert (said["urgency"], said["needs"][:3]) == ("urgent", "v1.")


async def test_a_hold_is_placed_for_thirty_days_and_lifted_once(intake):
    case_id = await open_case(intake)
    headers = intake.as_("case_worker")
    placed = await intake.client.post(f"/v1/cases/{case_id}/holds", json={}, headers=headers)
    hold_id = placed.json()["id"]
    (view,) = (await intake.client.get(f"/v1/cases/{case_id}/holds", headers=headers)).json()
    assert (view["id"], view["in_force"]) == (hold_id, True)
    case = (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).json()
    assert case["on_hold"] is True
    lifted = [
        (await intake.client.delete(f"/v1/cases/{case_id}/holds/{hold_id}", headers=headers)).status_code
        for _ in range(2)
    ]
    assert lifted == [200, 409]
    said = await intake.said()
    assert [b["hold_id"] for b in bodies(said, "hold.placed.v1") + bodies(said, "hold.lifted.v1")] == [
        hold_id
    ] * 2
    missing = await intake.client.delete(f"/v1/cases/{case_id}/holds/{uuid4()}", headers=headers)
    assert missing.status_code == 404


async def test_a_hold_shorter_than_the_reflection_period_is_refused(intake):
    case_id = await open_case(intake)
    body = {"until": (NOW + timedelta(days=20)).isoformat()}
    answer = await intake.client.post(
        f"/v1/cases/{case_id}/holds", json=body, headers=intake.as_("case_worker")
    )
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "hold-length")
