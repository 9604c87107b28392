"""An auditor opens what stands behind an entry of the log, changes nothing, and is logged."""

import json

NAMES = {"witness": "Malee Srisuk", "interpreter": "Dara Chan", "interpreter_undertaking": True}


async def test_an_auditor_opens_the_consent_its_receipt_and_the_ledger_and_each_reading_is_an_entry(consent):
    consent_id = await consent.give(**NAMES)
    auditor, before = consent.harness.as_("auditor", org="th-audit"), len(await consent.harness.said())
    opened = [
        await consent.client.get(path, headers=auditor)
        for path in (
            f"/v1/cases/{consent.case_id}/consents",
            f"/v1/consents/{consent_id}",
            f"/v1/consents/{consent_id}/receipt",
            f"/v1/cases/{consent.case_id}/ledger",
            f"/v1/cases/{consent.case_id}/grants",
        )
    ]
    assert [answer.status_code for answer in opened] == [200] * 5
    revision = opened[1].json()["revisions"][0]
    assert (revision["number"], revision["terms"]["recipients"][0]["organisation"]) == (
        1,
        "kh-reintegration-agency",
    )
    assert [json.dumps(answer.json()).count(name) for answer in opened for name in ("Malee", "Dara")] == [
        0
    ] * 10
    said = [(kind, body["resource"]) for kind, body in (await consent.harness.said())[before:]]
    assert said == [
        ("record.read.v1", resource) for resource in ("consent", "consent", "consent", "ledger", "disclosure")
    ]


async def test_a_consent_offers_an_auditor_no_move_and_takes_none(consent):
    consent_id = await consent.give()
    auditor = consent.harness.as_("auditor", org="th-audit")
    view = (await consent.client.get(f"/v1/consents/{consent_id}", headers=auditor)).json()
    moves = ["withdraw", "revoke"]
    tried = [
        (await consent.client.post(f"/v1/consents/{consent_id}/{move}", headers=auditor, json={})).status_code
        for move in moves
    ]
    assert (view["moves"], tried) == ([], [404, 404])
    again = (await consent.client.get(f"/v1/consents/{consent_id}", headers=auditor)).json()
    assert (again["state"], again["revision"]) == (view["state"], view["revision"])


async def test_nobody_reads_who_speaks_for_a_child_in_the_name_of_audit_nor_anything_for_another_purpose(
    consent,
):
    consent_id = await consent.give()
    audit = consent.harness.as_("auditor", org="th-audit")
    other = consent.harness.as_("auditor", org="th-audit", purpose="case-management")
    guardian = await consent.client.get(f"/v1/consents/{consent_id}/guardian", headers=audit)
    record = await consent.client.get(f"/v1/consents/{consent_id}", headers=other)
    assert (guardian.status_code, record.status_code) == (404, 404)
