"""Everything that is held about her, from every service, readable, and compared with the vault's register of sealed records."""

import logging
from datetime import UTC, datetime
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from chassis.clock import day_of
from chassis.held import find_held
from chassis.printing import papers
from chassis.printing.papers import PaperKind, PrintedPaper
from chassis.vault.vault import mark
from contracts.codes import labels
from contracts.internal import HELD_BY, HeldData, HeldRow, HeldSection, HeldValue
from services.intake.app import VERSIONS, build
from services.intake.rights import api, report_paper
from services.intake.rights.held import HELD
from services.intake.rights.report_paper import paper_of
from services.intake.settings import Settings
from tests.harness import running
from tests.intake.making import acceptance_of, disclosure, open_case
from tests.intake.test_erasure import person_of
from tests.intake.test_rights import WHY, asked, erased

REASONS = "as she told it on the first evening"
READ = HeldSection(
    section="reading",
    kept_for="audit-log",
    rows=[
        HeldRow(
            values=[
                HeldValue(name="organisation", value="th-care-agency"),
                HeldValue(name="by", value="th.case_worker"),
                HeldValue(name="resource", value="case-fields", code_list="resource"),
            ]
        )
    ],
)


@pytest.fixture
async def intake(postgres, tmp_path):
    async with running("intake", build, VERSIONS, Settings, postgres, tmp_path) as made:
        await made.service.peers.http.aclose()
        shown = {"audit": HeldData(sections=[READ])}

        def answer(request: httpx2.Request) -> httpx2.Response:
            held = shown.get(request.url.host.partition(".")[0], HeldData(sections=[]))
            return httpx2.Response(200, content=held.model_dump_json())

        made.service.peers.http = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
        made.service.settings.peers = {peer: f"http://{peer}.test" for peer in HELD_BY}
        made.shown = shown
        yield made


async def lived(intake) -> UUID:
    """Something of every kind that intake keeps."""
    case_id = await open_case(intake, flags=["immediate_danger"])
    supervisor = {**intake.as_("supervisor"), "If-Match": "*"}
    path = f"/v1/cases/{case_id}"
    status = {"status": "ActualVictimOfTrafficking", "deciding_organisation": "NGO", "reasons": REASONS}
    for what, body in {
        "screenings": {"checklist": "ilo-ec-labour-adult", "answers": {"exploitation.low_pay": "yes"}},
        "status": status,
        "age-assessment": {"result": "adult", "basis": "document", "reasons": REASONS},
        "needs": {"urgency": "urgent", "needs": ["shelter"], "note": REASONS},
        "holds": {},
    }.items():
        answer = await intake.client.post(f"{path}/{what}", json=body, headers=supervisor)
        assert answer.status_code == 201, answer.text
    glass = {"emergency": "medical", "reason": REASONS}
    stranger = intake.as_("case_worker", org="th-shelter")
    assert (await intake.client.post(f"{path}/break-glass", json=glass, headers=stranger)).status_code == 201
    person_id = await person_of(intake, case_id)
    came = await disclosure(
        intake, {"cor_Outcome": "well"}, case_id=case_id, person_id=person_id, first=False
    )
    await intake.deliver(came)
    await intake.deliver(acceptance_of(came))
    await asked(intake, case_id)
    await intake.work()
    return case_id


async def report(intake, case_id, **headers):
    path = f"/v1/cases/{case_id}/access-report"
    return await intake.client.get(path, headers=intake.as_("case_worker") | headers)


async def test_every_record_of_the_vaults_register_is_in_the_report(intake):
    """ADR 0030: whatever is sealed of her stands in the register, and nothing of it is missing here."""
    case_id = await lived(intake)
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        found = await find_held(tx, HELD, case_id)
    shown = {mark(one.record_id) for f in found for row in f.rows for one in f.held.sealed(row, case_id)}
    vault = intake.service.vault
    assert await vault.held_by(await person_of(intake, case_id)) == {"intake": len(shown)}


async def test_the_report_is_readable_in_her_language_and_says_who_read_without_a_name(intake):
    case_id = await lived(intake)
    body = (await report(intake, case_id, **{"Accept-Language": "km"})).json()
    by_section = {one["section"]: one for one in body["sections"]}
    assert by_section["fields"]["label"] == labels("held_section", "km")["fields"]
    shown = [value["shown"] for one in body["sections"] for row in one["rows"] for value in row]
    for said in ("สมหญิง", "1998-05~", "+66 81 234 5678", "well", REASONS, WHY):
        assert any(said in one for one in shown), said
    assert labels("vic_TypeOfExploitation", "km")["ForcedLabour"] in shown
    (reading,) = by_section["reading"]["rows"]
    assert {one["name"]: one["shown"] for one in reading}["by"] == labels("staff_role", "km")["case_worker"]
    staff = ("th.case_worker", "th.supervisor", "th.screening_officer")
    assert [one for one in staff if one in str(body)] == []


async def paper(intake, case_id, **query):
    path = f"/v1/cases/{case_id}/access-report/paper"
    return await intake.client.get(path, params=query, headers=intake.as_("case_worker"))


async def code_of(intake, case_id) -> str:
    today = day_of(datetime.now(UTC), intake.service.settings.zone)
    printed = PrintedPaper(PaperKind.REPORT, case_id, today.toordinal())
    return await papers.code_of(intake.service, printed, await person_of(intake, case_id))


async def asked_about(intake, code):
    return (await intake.client.get(f"/v1/papers/{code}")).json()


async def test_it_is_printed_with_the_same_in_it_logged_alike_and_its_number_tells_nothing(
    intake, monkeypatch, caplog
):
    caplog.set_level(logging.WARNING, logger="httpx2")  # the test's own client names what it asks for
    case_id = await lived(intake)
    made = []
    monkeypatch.setattr(report_paper, "paper_of", lambda *given: made.append(paper_of(*given)) or made[0])
    code = await code_of(intake, case_id)
    assert await asked_about(intake, code) == {"genuine": False, "in_force": False, "since": None}
    printed = await paper(intake, case_id, language="km")
    assert (printed.status_code, printed.content[:4]) == (200, b"%PDF")
    assert printed.headers["content-disposition"] == 'attachment; filename="document.pdf"'
    assert printed.headers["cache-control"] == "no-store"
    whole = (await report(intake, case_id, **{"Accept-Language": "km"})).json()
    for value in (value for one in whole["sections"] for row in one["rows"] for value in row):
        assert all(line in str(made) for line in value["shown"].splitlines()), value
    assert await asked_about(intake, code) == {"genuine": True, "in_force": None, "since": None}
    read = [body for type_, body in await intake.said() if body.get("resource") == "access-report"]
    assert len(read) == 2
    assert [one for one in ("สมหญิง", REASONS, code) if one in caplog.text] == []


async def test_a_service_that_does_not_answer_makes_no_report_with_a_hole(intake):
    case_id = await open_case(intake)
    del intake.service.settings.peers["audit"]
    assert (await report(intake, case_id)).status_code == 503
    assert (await paper(intake, case_id)).status_code == 503
    assert (await asked_about(intake, await code_of(intake, case_id)))["genuine"] is False


async def test_the_preview_of_an_erasure_says_what_goes_what_stays_and_why_and_changes_nothing(intake):
    case_id = await lived(intake)
    path = f"/v1/cases/{case_id}/erasure-preview"
    seen = (await intake.client.get(path, headers=intake.as_("case_worker"))).json()
    assert {one["section"] for one in seen["goes"]} >= {
        "fields",
        "history",
        "screening",
        "status",
        "age",
        "needs",
    }
    assert {(one["section"], one["kept_for"]) for one in seen["stays"]} >= {
        ("case", "accountability"),
        ("hold", "accountability"),
        ("reading", "audit-log"),
    }
    assert seen["sealed_under_her_key"].keys() == {"intake"}
    again = (await intake.client.get(path, headers=intake.as_("case_worker"))).json()
    assert again == seen


async def test_what_the_preview_says_stays_is_what_is_left_and_nothing_else(intake):
    """Of intake's own, also what is decided about two cases of hers, which goes with either."""
    case_id, other = await lived(intake), await open_case(intake)
    worker, path = intake.as_("case_worker"), f"/v1/cases/{case_id}"
    body = {"decision": "different-persons", "reason": "papers"}
    decided = await intake.client.post(f"{path}/duplicates/{other}/decision", json=body, headers=worker)
    assert decided.status_code == 200, decided.text
    before = (await intake.client.get(f"{path}/erasure-preview", headers=worker)).json()
    (request,) = (await intake.client.get(f"{path}/erasures", headers=worker)).json()["items"]
    supervisor = intake.as_("supervisor")
    confirmed = await intake.client.post(f"/v1/erasures/{request['id']}/confirm", headers=supervisor)
    assert confirmed.status_code == 200, confirmed.text
    await intake.work()
    after = (await intake.client.get(f"{path}/erasure-preview", headers=worker)).json()
    assert "pair" in sections_of(before["goes"])
    assert (sections_of(after["goes"]), sections_of(after["stays"])) == (set(), sections_of(before["stays"]))


async def test_the_preview_names_who_would_be_asked_and_what_somebody_has_to_end_and_nothing_that_is_over(
    intake,
):
    held = {
        "disclosure": [
            {"recipient": "kh-holds"},
            {"recipient": "kh-refused", "refusal": "not-consented"},
            {"recipient": "kh-taken-back", "reason": "withdrawn"},
            {"recipient": "kh-asked", "reason": "erasure"},
        ],
        "referral": [{"state": "in_progress"}, {"state": "completed", "ended_at": "2026-11-01"}],
        "return": [{"state": "departed"}, {"state": "withdrawn", "ended_at": "2026-11-01"}],
    }
    intake.shown["consent"] = HeldData(sections=[held_of(name, held[name]) for name in held])
    case_id = await open_case(intake)
    path = f"/v1/cases/{case_id}/erasure-preview"
    seen = (await intake.client.get(path, headers=intake.as_("case_worker"))).json()
    assert [row[0]["value"] for row in seen["asked"]] == ["kh-holds", "kh-asked"]
    assert [row[0]["value"] for row in seen["under_way"]] == ["in_progress", "departed"]


def held_of(section: str, rows: list[dict[str, str]]) -> HeldSection:
    values = [[HeldValue(name=name, value=value) for name, value in row.items()] for row in rows]
    return HeldSection(section=section, kept_for="statistics", rows=[HeldRow(values=row) for row in values])


def sections_of(kinds) -> set[str]:
    return {one["section"] for one in kinds if one["service"] == "intake"}


async def test_after_an_erasure_the_report_has_what_stays_and_not_a_word_of_hers(intake):
    case_id = await open_case(intake)
    assert (await paper(intake, case_id)).status_code == 200
    code = await code_of(intake, case_id)
    assert (await asked_about(intake, code))["genuine"] is True
    await erased(intake, case_id)
    await intake.work()
    assert (await paper(intake, case_id)).status_code == 200
    assert (await asked_about(intake, code))["genuine"] is False
    answer = await report(intake, case_id)
    assert answer.status_code == 200, answer.text
    assert "สมหญิง" not in answer.text
    assert {one["section"] for one in answer.json()["sections"]} == {"case", "erasure", "reading"}
    async with intake.service.database.engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from intake.fields"))).scalar_one() == 0


async def test_who_is_erased_while_her_report_is_gathered_is_in_none(intake, monkeypatch):
    """Or before it is printed."""
    gather, number = api.gather, api._number

    def after_erasure(step, case_id, *, before):
        async def taken(*given):
            if before:
                await erased(intake, case_id)
                return await step(*given)
            done = await step(*given)
            await erased(intake, case_id)
            return done

        return taken

    for ask, name, step, before in (
        (report, "gather", gather, False),
        (paper, "gather", gather, False),
        (paper, "_number", number, True),
    ):
        case_id = await open_case(intake)
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(api, name, after_erasure(step, case_id, before=before))
            answer = await ask(intake, case_id)
        assert answer.status_code == 503, (name, answer.text[:300])
        assert (await ask(intake, case_id)).status_code == 200


async def test_answers_to_the_form_of_an_intake_are_in_the_report_as_they_were_asked(intake):
    officer = {**intake.as_("screening_officer"), "If-Match": "*"}
    begun = {"channel": "self-referral", "form": "htcds-survey"}
    draft = (await intake.client.post("/v1/drafts", json=begun, headers=officer)).json()["id"]
    answers = {"form_answers": {"cas_IncomingReferralDetails": "by the night train", "con_Consent": "TRUE"}}
    assert (
        await intake.client.patch(f"/v1/drafts/{draft}", json=answers, headers=officer)
    ).status_code == 200
    opened = await intake.client.post(f"/v1/drafts/{draft}/submit", headers=officer)
    case_id = UUID(opened.json()["id"])
    await intake.work()
    body = (await report(intake, case_id)).json()
    (form,) = [one for one in body["sections"] if one["section"] == "form"]
    (said,) = [value["shown"] for row in form["rows"] for value in row if value["name"] == "answers"]
    assert said == "Consent Yes\nIncoming Referral Details by the night train"
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        found = await find_held(tx, HELD, case_id)
    sealed = {mark(one.record_id) for f in found for row in f.rows for one in f.held.sealed(row, case_id)}
    held = await intake.service.vault.held_by(await person_of(intake, case_id))
    assert held == {"intake": len(sealed)}
