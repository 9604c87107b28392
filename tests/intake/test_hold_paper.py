"""The certificate of a hold: to print, with her name or room for it, and answered to whoever holds it."""

from datetime import UTC, datetime
from uuid import UUID

from chassis.printing import papers
from chassis.printing.paper import PaperCheck
from chassis.printing.papers import PaperKind, PrintedPaper
from services.intake.identification.hold_paper import NO_NAME, CertifiedHold, full_name, paper_of
from tests.intake.making import open_case

NOW = datetime(2026, 11, 26, tzinfo=UTC)
CHECK = PaperCheck("Ask here:", "https://check.example/papers", "B7K2-9QWE-0H3M-PX4T")


async def test_a_hold_is_certified_and_in_force_until_it_is_lifted(intake):
    officer = intake.as_("screening_officer")
    case_id = await open_case(intake)
    holds = f"/v1/cases/{case_id}/holds"
    hold_id = (await intake.client.post(holds, json={}, headers=officer)).json()["id"]
    printed = await intake.client.get(f"{holds}/{hold_id}/paper", headers=officer)
    assert (printed.status_code, printed.content[:4]) == (200, b"%PDF")
    code = await papers.code_of(intake.service, PrintedPaper(PaperKind.HOLD, UUID(hold_id), 1))
    said = (await intake.client.get(f"/v1/papers/{code}")).json()
    assert said == {"genuine": True, "in_force": True, "since": datetime.now(UTC).date().isoformat()}
    await intake.client.delete(f"{holds}/{hold_id}", headers=officer)
    said = (await intake.client.get(f"/v1/papers/{code}")).json()
    assert said == {"genuine": True, "in_force": False, "since": None}


def test_the_certificate_says_who_and_until_when_and_never_why():
    shown = paper_of(CertifiedHold(NOW, NOW, None), "Sreymom", "TH", "en", CHECK)
    assert [(row.label, row.values) for row in shown.rows] == [
        ("Name", ["Sreymom"]),
        ("Country", ["Thailand"]),
        ("Since", ["2026-11-26"]),
        ("Until", ["2026-11-26"]),
    ]


def test_a_name_that_nobody_recorded_is_left_to_be_written_in_by_hand():
    assert full_name({}) == NO_NAME
    assert full_name({"cor_FullName": "Sreymom Chan"}) == "Sreymom Chan"
