"""A key is destroyed only when no service holds anything under it, whoever asks, honest or not."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.vault.vault import Vault
from tests.intake.making import acceptance_of, bodies, disclosure, open_case, recall_of


@pytest.fixture
async def consent(intake):
    """The vault as consent has it: another process, which shares nothing but the database."""
    vault = Vault(intake.service.settings, "consent")
    await vault.start()
    yield vault
    await vault.stop()


async def person_of(intake, case_id: UUID) -> UUID:
    async with intake.service.database.engine.connect() as conn:
        statement = text("select person_id from intake.cases where id = :id")
        return UUID(str((await conn.execute(statement, {"id": case_id})).scalar_one()))


async def answers(intake) -> list[str]:
    return [body["answer"] for body in bodies(await intake.said(), "disclosure.closed.v1")]


async def state(intake, case_id: UUID) -> str:
    path = f"/v1/cases/{case_id}"
    return (await intake.client.get(path, headers=intake.as_("case_worker"))).json()["state"]


async def is_writable(intake, case_id: UUID) -> bool:
    path, headers = f"/v1/cases/{case_id}", intake.as_("case_worker")
    seen = (await intake.client.get(path, headers=headers)).headers["etag"]
    body = {"fields": {"cor_FullName": "Dara"}}
    answer = await intake.client.put(f"{path}/fields", json=body, headers={**headers, "If-Match": seen})
    return answer.status_code == 200


async def test_a_partner_cannot_destroy_the_key_of_a_person_whose_case_was_opened_here(intake, consent):
    """An anonymous case with a consent; a partner sends something onto it, and takes it back."""
    case_id = await open_case(intake, fields={})
    person_id = await person_of(intake, case_id)
    witness = await consent.seal(person_id, "consent.witness", case_id, "Malee")
    sent = await disclosure(
        intake, {"cor_Outcome": "well"}, case_id=case_id, person_id=person_id, first=False
    )
    await intake.deliver(sent)
    await intake.deliver(recall_of(sent))
    await intake.work()
    assert await answers(intake) == ["restricted"]
    another = Vault(intake.service.settings, "consent")
    await another.start()
    assert await another.open(person_id, "consent.witness", case_id, witness) == "Malee"
    await another.stop()
    assert (await state(intake, case_id), await is_writable(intake, case_id)) == ("open", True)


async def test_an_honest_recall_destroys_no_key_under_which_consent_holds_something(intake, consent):
    """Received from abroad, and a consent of her own recorded here, before it is withdrawn there."""
    sent = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(sent)
    witness = await consent.seal(sent.person_id, "consent.witness", sent.case_id, "Malee")
    await intake.deliver(recall_of(sent))
    await intake.work()
    assert await answers(intake) == ["restricted"]
    assert await consent.open(sent.person_id, "consent.witness", sent.case_id, witness) == "Malee"
    assert (await state(intake, sent.case_id), await is_writable(intake, sent.case_id)) == ("open", True)
    async with intake.service.database.engine.connect() as conn:
        kept = (await conn.execute(text("select field from intake.fields where source = 'received'"))).all()
    assert kept == []


async def test_where_nobody_holds_anything_the_key_is_destroyed_and_only_then_it_is_said(intake):
    sent = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(sent)
    await intake.deliver(recall_of(sent))
    assert await answers(intake) == []
    await intake.work()
    assert await answers(intake) == ["erased"]
    assert await state(intake, sent.case_id) == "erased"


async def retain(intake, sent, law="th-archives", **who):
    path = f"/v1/cases/{sent.case_id}/received/{sent.disclosure_id}/retain"
    headers = intake.as_("supervisor", **who)
    return await intake.client.post(path, json={"law": law}, headers=headers)


async def test_a_supervisor_says_which_law_has_our_own_record_kept_and_whoever_sent_it_is_told(intake):
    sent = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(sent)
    await intake.deliver(acceptance_of(sent))
    assert (await retain(intake, sent)).status_code == 409  # nothing was taken back
    await intake.deliver(recall_of(sent))
    assert (await retain(intake, sent)).status_code == 200
    assert (await retain(intake, sent)).status_code == 200
    closed = bodies(await intake.said(), "disclosure.closed.v1")
    assert [(one["answer"], one["law"]) for one in closed] == [
        ("restricted", None),
        ("retained", "th-archives"),
    ]
    async with intake.service.database.engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from intake.fields"))).scalar_one() == 0


async def test_nothing_is_retained_under_another_countrys_law_or_where_it_was_erased_or_never_was(intake):
    sent = await disclosure(intake, {"cor_FullName": "Sokha"})
    await intake.deliver(sent)
    assert (await retain(intake, sent, "kh-archives")).json()["errors"][0]["code"] == "other-country"
    assert (await retain(intake, sent, "th-anything")).status_code == 422
    assert (
        await retain(intake, recall_of(sent).model_copy(update={"disclosure_id": uuid4()}))
    ).status_code == 404
    assert (await retain(intake, sent, org="th-shelter")).status_code == 404
    await intake.deliver(recall_of(sent))
    await intake.work()
    assert (await retain(intake, sent)).status_code == 409
    assert await answers(intake) == ["erased"]
