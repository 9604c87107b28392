"""Opening, reading, assigning cases over HTTP, and who may."""

import asyncio
import re
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.intake.making import AGENCY, PERSON, SHELTER, bodies, form, open_case


async def test_a_case_is_opened_assigned_and_said(intake):
    headers = intake.as_("screening_officer")
    answer = await intake.client.post("/v1/cases", json=form(), headers=headers)
    assert answer.status_code == 201
    case_id = answer.json()["id"]
    assert answer.headers["location"] == f"/v1/cases/{case_id}"
    opened, assigned = (await intake.said())[:2]
    assert opened[0] == "case.opened.v1"
    assert {key: opened[1][key] for key in ("case_id", "channel", "organisation", "urgency")} == {
        "case_id": case_id,
        "channel": "screening-unit",
        "organisation": AGENCY,
        "urgency": "urgent",
    }
    given = {"case_id": case_id, "organisation": AGENCY, "workers": [], "import_id": None}
    assert assigned == ("case.assigned.v1", given)
    view = (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).json()
    assert (view["organisation"], view["state"], view["version"]) == (AGENCY, "open", 1)


async def test_no_case_is_opened_and_no_draft_kept_as_if_it_had_come_through_the_exchange(intake):
    """Whoever came so is counted elsewhere, and her file takes what the border brings."""
    headers = intake.as_("screening_officer")
    draft = (await intake.client.post("/v1/drafts", json=form(), headers=headers)).headers["location"]
    for method, path in (("POST", "/v1/cases"), ("POST", "/v1/drafts"), ("PATCH", draft)):
        answer = await intake.client.request(
            method, path, json={"channel": "exchange"}, headers={**headers, "If-Match": "*"}
        )
        assert (method, path, answer.status_code) == (method, path, 422)
        assert answer.json()["errors"][0]["loc"] == ["body", "channel"]


async def test_what_is_known_of_the_person_stands_nowhere_in_clear(intake):
    await open_case(intake, flags=["late_pregnancy"])
    async with intake.service.database.engine.connect() as conn:
        tables = (
            await conn.execute(
                text("select schemaname, tablename from pg_tables where schemaname in ('intake', 'chassis')")
            )
        ).all()
        rows = [str((await conn.execute(text(f"select t::text from {s}.{t} t"))).all()) for s, t in tables]
    everything = re.sub(r"v1\.[\w-]+", "", "\n".join(rows))  # a ciphertext may have any three letters
    assert AGENCY in everything
    for canary in ("สมหญิง", "1998-05", "81 234", "late_pregnancy", "ForcedLabour", "XXA"):
        assert canary not in everything


async def test_an_anonymous_call_opens_a_case_without_any_field(intake):
    case_id = await open_case(intake, channel="hotline", fields={})
    headers = intake.as_("case_worker")
    view = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=headers)).json()
    reference = view.pop("case_reference")
    assert (view, reference[:3]) == (
        {
            "case_id": str(case_id),
            "own_number": None,
            "fields": {},
            "buddhist_era": {},
            "flags": [],
            "standing_flags": [],
            "received": [],
        },
        "TH-",
    )


async def test_an_urgent_flag_makes_the_case_immediate_and_is_shown_to_the_worker(intake):
    case_id = await open_case(intake, urgency="routine", flags=["suicide_risk", "immediate_danger"])
    headers = intake.as_("case_worker")
    assert (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).json()["urgency"] == "immediate"
    view = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=headers)).json()
    assert view["flags"] == ["immediate_danger", "suicide_risk"]


async def test_a_case_that_is_opened_again_by_the_same_command_when_she_is_erased_is_not_made_anew(intake):
    headers = intake.as_("screening_officer") | {"Idempotency-Key": "command-of-one-erased"}
    first = await intake.client.post("/v1/cases", json=form(), headers=headers)
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        found = await tx.execute(
            text("select person_id from intake.cases where id = :id"), {"id": first.json()["id"]}
        )
        person_id = found.scalar_one()
    await intake.service.vault.release(person_id)
    await intake.service.vault.destroy(person_id)
    late = await intake.client.post("/v1/cases", json=form(), headers=headers)
    assert (first.status_code, late.status_code, late.json()["code"]) == (201, 410, "erased")


async def test_the_same_key_opens_one_case(intake):
    headers = intake.as_("screening_officer") | {"Idempotency-Key": "command-1"}
    first = await intake.client.post("/v1/cases", json=form(), headers=headers)
    again = await intake.client.post("/v1/cases", json=form(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(bodies(await intake.said(), "case.opened.v1")) == 1
    other = await intake.client.post("/v1/cases", json=form(urgency="routine"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-mismatch")


async def test_languages_become_the_persons_first_and_second(intake):
    case_id = await open_case(intake, languages=["km", "th"])
    headers = intake.as_("case_worker")
    fields = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=headers)).json()["fields"]
    assert (fields["prs_PrimaryLanguage"], fields["prs_SecondaryLanguage"]) == ("km", "th")


@pytest.mark.parametrize(
    ("changes", "loc", "code"),
    [
        ({"channel": "police"}, ["body", "channel"], "unknown-code"),
        (
            {"fields": {"prs_Citizenship": ["KH", "ZZ9"]}},
            ["body", "fields", "prs_Citizenship"],
            "unknown-code",
        ),
        ({"fields": {"prs_Birthdate": "1998-02-30"}}, ["body", "fields", "prs_Birthdate"], "invalid"),
        ({"fields": {"prs_Birthdate": "2140"}}, ["body", "fields", "prs_Birthdate"], "date-in-the-future"),
        ({"fields": {"Sokha": "x"}}, ["body", "fields", "*"], "unknown-field"),
        (
            {"fields": {"vic_TraffickingStatus": "x"}},
            ["body", "fields", "vic_TraffickingStatus"],
            "decided-elsewhere",
        ),
        ({"nationality": "KH"}, ["body", "*"], "extra_forbidden"),
    ],
)
async def test_what_is_wrong_is_named_and_never_repeated(intake, changes, loc, code):
    headers = intake.as_("screening_officer")
    answer = await intake.client.post("/v1/cases", json=form(**changes), headers=headers)
    assert answer.status_code == 422
    assert [(error["loc"], error["code"]) for error in answer.json()["errors"]] == [(loc, code)]
    for value in ("police", "ZZ9", "1998-02-30", "2140", "Sokha", "nationality"):
        assert value not in answer.text
    assert await intake.said() == []


async def test_the_worklist_shows_what_the_worker_may_read_newest_first_page_by_page(intake):
    opened = [await open_case(intake) for _ in range(3)]
    other = await open_case(intake, intake.as_("screening_officer", org=SHELTER))
    supervisor = intake.as_("supervisor")
    await intake.client.post(
        f"/v1/cases/{opened[1]}/assignment",
        json={"organisation": AGENCY, "workers": ["th.colleague"]},
        headers=supervisor | {"If-Match": "*"},
    )
    worker = intake.as_("case_worker")
    first = (await intake.client.get("/v1/cases?limit=1", headers=worker)).json()
    rest = (await intake.client.get(f"/v1/cases?limit=5&after={first['next']}", headers=worker)).json()
    assert [UUID(item["id"]) for item in first["items"] + rest["items"]] == [opened[2], opened[0]]
    assert rest["next"] is None
    everything = (await intake.client.get("/v1/cases", headers=supervisor)).json()
    assert [UUID(item["id"]) for item in everything["items"]] == opened[::-1]
    assert (await intake.client.get(f"/v1/cases/{other}", headers=worker)).status_code == 404


async def test_the_worklist_is_narrowed_by_urgency_and_by_no_unknown_one(intake):
    await open_case(intake, urgency="routine")
    immediate = await open_case(intake, urgency="immediate")
    worker = intake.as_("case_worker")
    listed = (await intake.client.get("/v1/cases?urgency=immediate", headers=worker)).json()
    assert [item["id"] for item in listed["items"]] == [str(immediate)]
    assert (await intake.client.get("/v1/cases?urgency=soon", headers=worker)).status_code == 422


async def test_racing_writers_of_one_case_are_all_kept_or_told(intake):
    case_id = await open_case(intake)
    headers = intake.as_("case_worker")
    answers = await asyncio.gather(
        *(intake.client.post(f"/v1/cases/{case_id}/holds", json={}, headers=headers) for _ in range(5))
    )
    assert [answer.status_code for answer in answers] == [201] * 5
    view = (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).json()
    assert view["version"] == 6


async def test_the_schema_of_the_service_can_be_made(intake):
    paths = intake.service.app.openapi()["paths"]
    assert "/v1/cases" in paths


async def test_a_forged_position_is_refused(intake):
    answer = await intake.client.get("/v1/cases?after=!!!", headers=intake.as_("case_worker"))
    assert answer.status_code == 422


async def test_an_assignment_names_workers_of_the_organisation_and_nobody_else_there_sees_the_case(intake):
    case_id = await open_case(intake)
    officer = intake.as_("screening_officer")
    body = {"organisation": AGENCY, "workers": ["th.worker-7"]}
    seen = (await intake.client.get(f"/v1/cases/{case_id}", headers=officer)).headers["etag"]
    answer = await intake.client.post(
        f"/v1/cases/{case_id}/assignment", json=body, headers=officer | {"If-Match": seen}
    )
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert bodies(await intake.said(), "case.assigned.v1")[-1] == {
        "case_id": str(case_id),
        "import_id": None,
        **body,
    }
    for sub, status in (("th.worker-7", 200), ("th.worker-8", 404)):
        headers = intake.as_("case_worker", sub=sub)
        assert (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).status_code == status


@pytest.mark.parametrize("elsewhere", [SHELTER, "th-legal-aid", "kh-reintegration-agency"])
@pytest.mark.parametrize("role", ["screening_officer", "supervisor"])
async def test_no_assignment_lets_another_organisation_read_that_she_is_hiv_positive(intake, role, elsewhere):
    case_id = await open_case(intake, fields={"cor_Health": "HIV positive"})
    body = {"organisation": elsewhere, "workers": []}
    headers = intake.as_(role) | {"If-Match": "*"}
    answer = await intake.client.post(f"/v1/cases/{case_id}/assignment", json=body, headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "other-organisation")
    assert "transfer" in error["msg"]
    stranger = intake.as_("case_worker", org=elsewhere)
    assert (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=stranger)).status_code == 404


@pytest.mark.parametrize(("role", "workers"), [("case_worker", ["th.case_worker"]), ("supervisor", [])])
async def test_an_agency_opens_a_case_for_a_walk_in_and_has_it_at_once(intake, role, workers):
    headers = intake.as_(role)
    case_id = await open_case(intake, headers, channel="agency")
    view = (await intake.client.get(f"/v1/cases/{case_id}", headers=headers)).json()
    assert (view["organisation"], view["workers"], view["channel"]) == (AGENCY, workers, "agency")
    assert bodies(await intake.said(), "case.assigned.v1") == [
        {"case_id": str(case_id), "organisation": AGENCY, "workers": workers, "import_id": None}
    ]


@pytest.mark.parametrize("role", ["auditor", "operator"])
async def test_whoever_checks_or_repairs_opens_no_case(intake, role):
    answer = await intake.client.post("/v1/cases", json=form(), headers=intake.as_(role))
    assert answer.status_code == 403


async def test_not_found_and_not_allowed_look_the_same(intake):
    case_id = await open_case(intake)
    stranger = intake.as_("case_worker", org=SHELTER)
    forbidden = await intake.client.get(f"/v1/cases/{case_id}/fields", headers=stranger)
    missing = await intake.client.get(f"/v1/cases/{uuid4()}/fields", headers=stranger)
    assert (forbidden.status_code, forbidden.json()) == (404, missing.json())


async def test_reading_a_case_is_said_to_audit(intake):
    case_id = await open_case(intake)
    await intake.client.get(f"/v1/cases/{case_id}", headers=intake.as_("case_worker"))
    reads = bodies(await intake.said(), "record.read.v1")
    assert [(read["case_id"], read["resource"]) for read in reads] == [(str(case_id), "case")]


async def test_cases_of_one_person_are_found_and_never_merged(intake):
    first = await open_case(intake, fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1998-05"})
    second = await open_case(
        intake, fields={"prs_FirstName": "DARA", "prs_SecondName": "Sok", "prs_Birthdate": "1998"}
    )
    await open_case(intake, fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1971"})
    await open_case(intake, fields={})
    await open_case(
        intake,
        intake.as_("screening_officer", org=SHELTER),
        fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1998"},
    )
    worker = intake.as_("case_worker")
    (found,) = (await intake.client.get(f"/v1/cases/{first}/duplicates", headers=worker)).json()["items"]
    assert (found["id"], found["agrees"]) == (str(second), ["same-name", "possible-birthdate"])
    changed = {"fields": {"prs_SecondName": "Chan"}, "reason": "misheard"}
    await intake.client.put(f"/v1/cases/{second}/fields", json=changed, headers=worker | {"If-Match": "*"})
    answer = (await intake.client.get(f"/v1/cases/{first}/duplicates", headers=worker)).json()
    assert answer["items"] == []


async def test_every_field_that_was_sent_comes_back_as_it_was(intake):
    case_id = await open_case(intake)
    view = (await intake.client.get(f"/v1/cases/{case_id}/fields", headers=intake.as_("case_worker"))).json()
    assert view["fields"] == PERSON


async def test_a_newborn_of_today_is_registered_at_one_in_the_morning(intake):
    """01:00 in Bangkok is still yesterday in UTC."""
    intake.service.clock = lambda: datetime(2026, 11, 25, 18, 0, tzinfo=UTC)
    form_ = form(fields={"prs_Birthdate": "2026-11-26"})
    headers = intake.as_("screening_officer")
    assert (await intake.client.post("/v1/cases", json=form_, headers=headers)).status_code == 201
    tomorrow = form(fields={"prs_Birthdate": "2026-11-27"})
    answer = await intake.client.post("/v1/cases", json=tomorrow, headers=headers)
    assert answer.json()["errors"][0]["code"] == "date-in-the-future"


async def test_a_worklist_is_narrowed_by_what_was_asked(intake):
    officer = intake.as_("screening_officer")
    file_, hotline = await open_case(intake, channel="file"), await open_case(intake, channel="hotline")
    await intake.client.post(f"/v1/cases/{hotline}/holds", json={}, headers=officer)
    body = {"organisation": AGENCY, "workers": ["th.worker"]}
    await intake.client.post(
        f"/v1/cases/{hotline}/assignment", json=body, headers=officer | {"If-Match": "*"}
    )

    async def listed(**query):
        answer = await intake.client.get("/v1/cases", params=query, headers=officer)
        return {UUID(item["id"]) for item in answer.json()["items"]}

    assert await listed(channel="file") == await listed(on_hold=False) == {file_}
    assert await listed(on_hold=True) == await listed(channel="hotline", on_hold=True) == {hotline}
    assert await listed(urgency="routine") == set()
    assert await listed(updated_since="2020-01-01T00:00:00Z") == {file_, hotline}
    assert await listed(updated_since="2100-01-01T00:00:00Z") == set()
    assert hotline not in await listed(worker="nobody")


@pytest.mark.parametrize(
    "query", ["q=Dara", "name=Dara", "external_id=1", "sort=name", "urgency=urgent&urgency=routine"]
)
async def test_a_filter_that_there_is_not_is_refused_and_never_passed_over(intake, query):
    answer = await intake.client.get(f"/v1/cases?{query}", headers=intake.as_("screening_officer"))
    assert (answer.status_code, answer.json()["errors"][0]["loc"]) == (422, ["query", query.split("=")[0]])


async def test_whoever_knows_the_key_of_a_command_cannot_guess_the_case(intake):
    """The identifier follows from the Idempotency-Key, so a retry finds it again; without the cell's own key nobody does."""
    headers = intake.as_("screening_officer", org="th-screening-unit") | {
        "Idempotency-Key": "unit-7.2026-11-26.1"
    }
    body = form()
    first, again = [await intake.client.post("/v1/cases", json=body, headers=headers) for _ in range(2)]
    other = intake.as_("screening_officer", org="th-screening-unit", sub="th.other") | {
        "Idempotency-Key": headers["Idempotency-Key"]
    }
    elsewhere = await intake.client.post("/v1/cases", json=body, headers=other)
    made = UUID(first.json()["id"])
    assert (again.json()["id"], again.headers["idempotency-replayed"]) == (str(made), "true")
    assert elsewhere.json()["id"] != str(made)
    assert made.version == 4  # a hash that anybody can compute would be of version 5


async def test_a_service_sees_outside_a_transaction_what_it_would_see_elsewhere_and_the_test_sees_all(intake):
    await open_case(intake)
    cases = text("select count(*) from intake.cases")
    database = intake.service.database
    async with database.engine.connect() as conn:
        seen = (await conn.execute(cases)).scalar()
    assert (seen, (await database.look(cases, {})).scalar()) == (1, 0)
