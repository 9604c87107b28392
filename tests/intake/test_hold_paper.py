"""The certificate of a hold: to print, with her name or room for it, and answered to whoever holds it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from chassis.clock import day_of
from chassis.printing import papers
from chassis.printing.paper import PaperCheck
from chassis.printing.papers import PaperKind, PrintedPaper
from contracts.country.reading import read_country
from services.intake.identification.hold_paper import NO_NAME, CertifiedHold, full_name, paper_of
from services.intake.identification.store import certificates
from tests.intake.making import open_case

LATE = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
"""In Thailand it is the next day by then."""

THAILAND = read_country(Path("countries/TH"))
CHECK = PaperCheck("Ask here:", "https://check.example/papers", "B7K2-9QWE-0H3M-PX4T")


def _today(intake) -> str:
    return day_of(datetime.now(UTC), intake.service.settings.zone).isoformat()


async def _certified(intake):
    """A hold that was printed: its case, and the code of the certificate."""
    officer = intake.as_("screening_officer")
    case_id = await open_case(intake)
    holds = f"/v1/cases/{case_id}/holds"
    hold_id = (await intake.client.post(holds, json={}, headers=officer)).json()["id"]
    assert (await intake.client.get(f"{holds}/{hold_id}/paper", headers=officer)).status_code == 200
    return case_id, await _code(intake, case_id, hold_id)


async def _code(intake, case_id, hold_id) -> str:
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        statement = text("select person_id from intake.cases where id = :id")
        person_id = (await tx.execute(statement, {"id": case_id})).scalar_one()
    return await papers.code_of(intake.service, PrintedPaper(PaperKind.HOLD, UUID(hold_id), 1), person_id)


async def test_the_day_that_is_answered_is_the_day_of_the_place(intake, monkeypatch):
    _, code = await _certified(intake)
    hold = CertifiedHold(LATE + timedelta(days=365), LATE, None)

    async def found(_tx, _id):
        return hold

    monkeypatch.setattr(certificates, "any_hold", found)
    monkeypatch.setattr(type(hold), "in_force", lambda _self, _now: True)
    said = (await intake.client.get(f"/v1/papers/{code}")).json()
    assert said == {"genuine": True, "in_force": True, "since": "2026-11-27"}


async def test_of_who_is_erased_no_certificate_is_genuine_any_more(intake):
    case_id, code = await _certified(intake)
    _, others = await _certified(intake)
    worker, supervisor = intake.as_("case_worker"), intake.as_("supervisor")
    asked = await intake.client.post(
        f"/v1/cases/{case_id}/erasures", json={"reason": "she asked"}, headers=worker
    )
    path = f"/v1/erasures/{asked.json()['id']}/confirm"
    assert (await intake.client.post(path, headers=supervisor)).is_success
    said = [(await intake.client.get(f"/v1/papers/{one}")).json()["genuine"] for one in (code, others)]
    assert said == [False, True]
    holds = f"/v1/cases/{case_id}/holds"
    (hold,) = (await intake.client.get(holds, headers=supervisor)).json()
    again = await intake.client.get(f"{holds}/{hold['id']}/paper", headers=supervisor)
    assert (again.status_code, (await intake.client.get(f"/v1/papers/{code}")).json()["genuine"]) == (
        404,
        False,
    )


async def test_a_hold_is_certified_and_in_force_until_it_is_lifted(intake):
    officer = intake.as_("screening_officer")
    case_id = await open_case(intake)
    holds = f"/v1/cases/{case_id}/holds"
    hold_id = (await intake.client.post(holds, json={}, headers=officer)).json()["id"]
    printed = await intake.client.get(f"{holds}/{hold_id}/paper", headers=officer)
    assert (printed.status_code, printed.content[:4]) == (200, b"%PDF")
    code = await _code(intake, case_id, hold_id)
    said = (await intake.client.get(f"/v1/papers/{code}")).json()
    assert said == {"genuine": True, "in_force": True, "since": _today(intake)}
    await intake.client.delete(f"{holds}/{hold_id}", headers=officer)
    said = (await intake.client.get(f"/v1/papers/{code}")).json()
    assert said == {"genuine": True, "in_force": False, "since": None}


def test_the_certificate_says_who_and_until_when_and_never_why():
    shown = paper_of(CertifiedHold(LATE, LATE - timedelta(days=30), None), "Sreymom", THAILAND, "en", CHECK)
    assert [(row.label, row.values) for row in shown.rows] == [
        ("Name", ["Sreymom"]),
        ("Country", ["Thailand"]),
        ("Since", ["2026-10-28"]),
        ("Until", ["2026-11-27"]),
    ]


def test_a_name_that_nobody_recorded_is_left_to_be_written_in_by_hand():
    assert full_name({}) == NO_NAME
    assert full_name({"cor_FullName": "Sreymom Chan"}) == "Sreymom Chan"
