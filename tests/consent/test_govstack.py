"""The read calls of the GovStack consent building block: its names, our rights, and nothing that says more than she said."""

import hashlib
import json
from uuid import uuid4

import pytest

from contracts.events.intake import ErasureConfirmedV1
from tests.consent.making import AGENCY, GUARDED, PURPOSE, SENDER, age_known, answer

BASE = "/v1/govstack"
PROTECTION = {"recipient": "th-shelter", "law": "th-personal-data-26-1", "reasons": "unconscious"}


async def read(consent, path, headers=None, status=200, **more):
    asked = {**(headers or consent.worker), **more}
    answered = await consent.client.get(f"{BASE}/{path}", headers=asked)
    assert answered.status_code == status, answered.text
    return answered.json()


async def of_person(consent):
    path = "service/individual/record/consent-record/"
    found = await read(consent, path, **{"X-ConsentBB-IndividualId": str(consent.case_id)})
    return found["consentRecords"]


async def test_a_policy_is_the_text_that_was_explained_and_its_hash_is_over_its_words(consent):
    policies = (await read(consent, "config/policies/?limit=200"))["policies"]
    (english,) = [one for one in policies if one["version"] == "2026-1.en"]
    found = await read(consent, f"service/policy/{english['id']}/")
    revision = found["revision"]
    assert found["policy"] == english
    assert revision["serializedSnapshot"].startswith(english["name"])
    assert revision["serializedHash"] == hashlib.sha256(revision["serializedSnapshot"].encode()).hexdigest()


async def test_a_text_that_nobody_approved_is_no_policy(consent):
    words = {"title": "Before", "paragraphs": ["You decide."], "version": "2026-100", "language": "en"}
    made = await consent.client.post("/v1/notices", json=words, headers=consent.supervisor)
    await read(consent, f"service/policy/{made.json()['id']}/", status=404)


async def test_one_record_tells_her_terms_with_recipients_and_categories_under_their_names(consent):
    consent_id = await consent.give()
    found = await read(consent, f"service/verification/consent-record/{consent_id}/")
    record, revision = found["consentRecord"], found["revision"]
    assert (record["id"], record["optIn"], record["state"]) == (str(consent_id), True, "signed")
    assert record["individual"] == {"id": str(consent.case_id)}
    agreement = record["dataAgreement"]
    assert (agreement["id"], agreement["lawfulBasis"], agreement["active"]) == (
        str(consent_id),
        "consent",
        True,
    )
    assert (agreement["controller"]["id"], agreement["policy"]["version"]) == (SENDER, "2026-1.km")
    assert record["dataAgreementRevisionHash"] == revision["serializedHash"]
    told = json.loads(revision["serializedSnapshot"])
    assert (told["purposes"], told["recipients"]) == ([PURPOSE], [{"organisation": AGENCY, "country": "KH"}])
    agreed = await read(consent, f"service/data-agreement/{consent_id}/")
    assert agreed == {"dataAgreement": agreement, "revision": revision}
    auditor = consent.harness.as_("auditor", org="th-audit", purpose="audit")
    assert await read(consent, f"audit/consent-record/{consent_id}/", auditor) == found


async def test_opt_in_is_true_while_she_agrees_and_false_once_she_said_no(consent):
    consent_id = await consent.give()
    assert [one.get("optIn") for one in await of_person(consent)] == [True]
    await consent.withdraw(consent_id)
    path = f"/v1/cases/{consent.case_id}/consents"
    await consent.client.post(path, json=answer("refused"), headers=consent.worker)
    assert [one.get("optIn") for one in await of_person(consent)] == [False, False]


async def test_what_another_ended_is_neither_her_yes_nor_her_no(consent):
    consent_id = await consent.give()
    await consent.client.post(f"/v1/consents/{consent_id}/revoke", headers=consent.supervisor)
    assert ["optIn" in one for one in await of_person(consent)] == [False]


async def test_her_erasure_is_no_word_of_hers_and_a_refusal_is_not_signed(consent):
    consent_id = await consent.give()
    path = f"/v1/cases/{consent.case_id}/consents"
    await consent.client.post(path, json=answer("refused"), headers=consent.worker)
    await consent.harness.deliver(ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4()))
    found = {one["id"]: (one.get("optIn"), one["state"]) for one in await of_person(consent)}
    erased = found.pop(str(consent_id))
    assert (erased, list(found.values())) == ((None, "signed"), [(False, "unsigned")])
    one = await read(consent, f"service/verification/consent-record/{consent_id}/")
    assert "optIn" not in one["consentRecord"]


async def test_what_a_guardian_gave_and_was_taken_back_is_no_word_of_hers(consent):
    await consent.harness.deliver(age_known(consent.case_id, "child"))
    await consent.withdraw(await consent.give(**GUARDED))
    assert [one.get("optIn") for one in await of_person(consent)] == [None]


async def test_whoever_ends_it_is_not_the_one_who_asked_her(consent):
    consent_id = await consent.give()
    await consent.harness.deliver(ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4()))
    found = await read(consent, f"service/data-agreement/{consent_id}/")
    assert found["dataAgreement"]["controller"]["id"] == SENDER
    receipt = await consent.client.get(f"/v1/consents/{consent_id}/receipt", headers=consent.worker)
    assert receipt.json()["receipt"]["pii_processing"]["pii_controllers"] == [SENDER]


async def test_what_stands_in_place_of_a_consent_is_shown_as_none(unit):
    path = f"/v1/cases/{unit.case_id}/protections"
    made = await unit.client.post(path, json=PROTECTION, headers=unit.worker)
    assert made.status_code == 201, made.text
    assert await of_person(unit) == []
    for call in ("service/data-agreement", "service/verification/consent-record", "audit/consent-record"):
        await read(unit, f"{call}/{made.json()['id']}/", status=404)


async def test_each_reading_is_in_the_log_and_what_is_not_theirs_is_not_there(consent):
    consent_id = await consent.give()
    await read(consent, f"service/verification/consent-record/{consent_id}/")
    await of_person(consent)
    assert [body["resource_id"] for body in await consent.said("record.read.v1")] == [str(consent_id), None]
    other = consent.harness.as_("case_worker", org="th-shelter", sub="th.other-worker")
    await read(consent, f"service/verification/consent-record/{consent_id}/", other, status=404)
    await read(
        consent,
        "service/individual/record/consent-record/",
        other,
        status=404,
        **{"X-ConsentBB-IndividualId": str(consent.case_id)},
    )


@pytest.mark.parametrize("individual", [None, "everybody"])
async def test_nobody_lists_the_consents_of_everybody(consent, individual):
    named = {} if individual is None else {"X-ConsentBB-IndividualId": individual}
    await read(consent, "service/individual/record/consent-record/", status=422, **named)
