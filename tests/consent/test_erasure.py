"""Consent hears of an erasure: recipients are asked to erase, what it kept under her key is released, and nobody asks her again."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.events.intake import AgeGroupKnownV1, CaseErasedV1, CaseReopenedV1, ErasureConfirmedV1
from services.consent.domain.case import CaseConsents
from services.consent.domain.states import State
from tests.consent.making import NOW, answer, ground, record, request
from tests.consent.test_api import NAME, view


@pytest.mark.parametrize("state", State)
def test_no_consent_of_somebody_who_is_erased_permits_anything(state):
    one = record(state)
    case = CaseConsents(one.case_id, ground(), records={one.id: one})
    case.ask(uuid4(), request(one.case_id), NOW)
    said = case.erase(NOW)
    assert not one.permits(NOW)
    assert not one.runs
    reasons = {fact.reason for fact in said if hasattr(fact, "reason")}
    assert reasons == ({"erasure"} if state in {State.GIVEN, State.RENEWED} else set())
    assert case.erase(NOW) == []  # heard twice: once when it was confirmed, once when it was done


def confirmed(consent) -> ErasureConfirmedV1:
    return ErasureConfirmedV1(case_id=consent.case_id, erasure_id=uuid4())


async def test_recipients_are_asked_and_what_is_kept_under_her_key_is_released(consent):
    await consent.give(
        method="spoken-before-witness", witness=NAME, interpreter=NAME, interpreter_undertaking=True
    )
    disclosure_id = await consent.send()
    vault = consent.harness.service.vault
    assert await vault.held_by(consent.person_id) == {"consent": 1}
    await consent.harness.deliver(confirmed(consent))
    (recalled,) = await consent.said("disclosure.recalled.v1")
    assert (recalled["disclosure_id"], recalled["reason"]) == (str(disclosure_id), "erasure")
    await consent.harness.work(hasten=True)
    assert await vault.held_by(consent.person_id) == {}


async def test_nothing_is_recorded_any_more_and_what_the_law_keeps_is_shown(consent):
    consent_id = await consent.give(
        method="spoken-before-witness", witness=NAME, interpreter=NAME, interpreter_undertaking=True
    )
    await consent.harness.deliver(confirmed(consent))
    await consent.harness.work(hasten=True)
    await consent.harness.service.vault.destroy(consent.person_id)
    await consent.harness.deliver(
        CaseErasedV1(case_id=consent.case_id, at=datetime.now(UTC), epoch="2026-11")
    )
    path = f"/v1/cases/{consent.case_id}"
    listed = (await consent.client.get(f"{path}/consents", headers=consent.worker)).json()
    assert (listed["moves"], [one["state"] for one in listed["items"]]) == ([], ["withdrawn"])
    refused = await consent.client.post(f"{path}/consents", json=answer(), headers=consent.worker)
    assert (refused.status_code, refused.json()["code"]) == (404, "not-found")
    assert (await view(consent, consent_id)).status_code == 200
    ledger = await consent.client.get(f"{path}/ledger", headers=consent.worker)
    assert ledger.status_code == 200


async def test_what_consent_holds_is_told_to_intake_opened_and_to_nobody_else(consent):
    consent_id = await consent.give(
        method="spoken-before-witness", witness=NAME, interpreter=NAME, interpreter_undertaking=True
    )
    await consent.send()
    path = f"/internal/v1/cases/{consent.case_id}/held"
    assert (await consent.client.get(path, headers=consent.harness.as_service("referral"))).status_code == 403
    answer = await consent.client.get(path, headers=consent.harness.as_service("intake"))
    sections = {one["section"]: one["rows"] for one in answer.json()["sections"]}
    assert {name: len(rows) for name, rows in sections.items()} == {
        "consent": 1,
        "consent_history": 1,
        "disclosure": 1,
        "ledger": 1,
        "grant": 0,
    }
    values = {one["name"]: one["value"] for one in sections["consent"][0]["values"]}
    assert (values["witness"], values["interpreter"], values["state"]) == (NAME, NAME, "given")
    assert consent_id
    assert await consent.said("record.read.v1")


async def test_who_is_referred_again_is_asked_again(consent):
    await consent.harness.deliver(confirmed(consent))
    person = uuid4()
    await consent.harness.service.vault.create(person)
    case_id = consent.case_id
    await consent.harness.deliver(CaseReopenedV1(case_id=case_id, person_id=person))
    await consent.harness.deliver(AgeGroupKnownV1(case_id=case_id, age_group="adult", basis="birth_date"))
    await consent.give()


@pytest.mark.parametrize("by", ["confirmation", "recall"])
async def test_the_age_of_somebody_who_is_erased_is_not_kept(consent, by):
    case_id = consent.case_id
    await consent.harness.deliver(AgeGroupKnownV1(case_id=case_id, age_group="child", basis="birth_date"))
    erased = {
        "confirmation": confirmed(consent),
        "recall": CaseErasedV1(case_id=case_id, at=datetime.now(UTC), epoch="2026-11"),
    }
    await consent.harness.deliver(erased[by])
    statement = text("select 1 from consent.ages where case_id = :c")
    async with consent.harness.service.database.engine.connect() as conn:
        assert (await conn.execute(statement, {"c": case_id})).all() == []


async def test_of_who_was_erased_and_is_referred_again_it_is_told_what_stayed_without_what_nobody_can_read(
    consent,
):
    await consent.give(
        method="spoken-before-witness", witness=NAME, interpreter=NAME, interpreter_undertaking=True
    )
    await consent.harness.deliver(confirmed(consent))
    await consent.harness.work(hasten=True)
    vault, person = consent.harness.service.vault, uuid4()
    await vault.destroy(consent.person_id)
    await vault.create(person)
    await consent.harness.deliver(CaseReopenedV1(case_id=consent.case_id, person_id=person))
    age = AgeGroupKnownV1(case_id=consent.case_id, age_group="adult", basis="birth_date")
    await consent.harness.deliver(age)
    await consent.give(
        method="spoken-before-witness", witness=NAME, interpreter=NAME, interpreter_undertaking=True
    )
    path = f"/internal/v1/cases/{consent.case_id}/held"
    answer = await consent.client.get(path, headers=consent.harness.as_service("intake"))
    assert answer.status_code == 200, answer.text
    (rows,) = (one["rows"] for one in answer.json()["sections"] if one["section"] == "consent")
    told = sorted(
        (values["state"], values.get("witness"))
        for row in rows
        for values in [{one["name"]: one["value"] for one in row["values"]}]
    )
    assert told == [("given", NAME), ("withdrawn", None)]
