"""What lies under a person's key: everybody learns of a new one, and no key is destroyed over anybody's record."""

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events.exchange import DisclosureReceivedV1
from services.intake.casefile.domain.field_classes import GLASS
from tests.authorisation.table import EMERGENCY
from tests.consent.making import age_known, answer
from tests.intake.making import acceptance_of, bodies, disclosure, recall_of
from tests.keys.conftest import OneCell
from tests.returns.making import RECEIVER, RETURNING

HER_NAME = {"cor_FullName": "Sokha"}
WITNESS, GROUNDS = "Malee", "her uncle waits at the crossing"


async def received(cell: OneCell, **changes: object) -> DisclosureReceivedV1:
    sent = await disclosure(cell.intake, HER_NAME, **changes)
    await cell.intake.deliver(sent)
    await cell.tell()
    return sent


async def recalled(cell: OneCell, sent: DisclosureReceivedV1) -> list[str]:
    """The answers so far, when intake has done what the recall asks."""
    await cell.intake.deliver(recall_of(sent))
    await cell.intake.work()
    await cell.tell()
    return [body["answer"] for body in bodies(await cell.intake.said(), "disclosure.closed.v1")]


async def erased_and_referred_again(cell: OneCell) -> DisclosureReceivedV1:
    """Exchange makes a new key for her, under a new identifier; the case is the same."""
    first = await received(cell)
    assert await recalled(cell, first) == ["erased"]
    return await received(cell, case_id=first.case_id, person_id=uuid4(), first=False)


async def consent_before_a_witness(cell: OneCell, case_id: UUID) -> int:
    await cell.consent.deliver(age_known(case_id))
    body = answer(method="spoken-before-witness", witness=WITNESS)
    path, headers = f"/v1/cases/{case_id}/consents", cell.consent.as_("case_worker")
    return (await cell.consent.client.post(path, json=body, headers=headers)).status_code


async def assessed_with_grounds(cell: OneCell, case_id: UUID) -> tuple[UUID, int]:
    client, headers = cell.returns.client, cell.returns.as_("case_worker")
    form = {"case_id": str(case_id), "receiver": RECEIVER, "receiver_cell": "KH"}
    asked = await client.post("/v1/returns", json=form, headers=headers)
    assert asked.status_code == 201, asked.text
    return_id = asked.json()["id"]
    assessment = {"result": "safe", "grounds": GROUNDS}
    for verb, body in (("counsel", None), ("decide", RETURNING["decide"]), ("assess", assessment)):
        path = f"/v1/returns/{return_id}"
        seen = {"If-Match": (await client.get(path, headers=headers)).headers["etag"]}
        last = await client.post(f"{path}/{verb}", json=body, headers=headers | seen)
    return UUID(return_id), last.status_code


async def test_erased_referred_again_consents_before_a_witness_201(cell: OneCell) -> None:
    again = await erased_and_referred_again(cell)
    assert await consent_before_a_witness(cell, again.case_id) == 201


async def test_erased_referred_again_is_assessed_with_grounds_that_can_be_read(cell: OneCell) -> None:
    again = await erased_and_referred_again(cell)
    return_id, status = await assessed_with_grounds(cell, again.case_id)
    assert status == 200
    path, headers = f"/v1/returns/{return_id}/assessment", cell.returns.as_("case_worker")
    assert (await cell.returns.client.get(path, headers=headers)).json()["grounds"] == GROUNDS


async def test_who_is_erased_and_referred_again_is_erased_again(cell: OneCell) -> None:
    again = await erased_and_referred_again(cell)
    assert await recalled(cell, again) == ["erased", "erased"]


async def test_a_key_under_which_consent_has_sealed_something_is_not_destroyed(cell: OneCell) -> None:
    sent = await received(cell)
    assert await consent_before_a_witness(cell, sent.case_id) == 201
    assert await recalled(cell, sent) == ["restricted"]
    async with cell.consent.service.database.engine.connect() as conn:
        row = (await conn.execute(text("select id, sealed from consent.records"))).one()
    vault = cell.consent.service.vault
    vault.forget(sent.person_id)
    assert await vault.open(sent.person_id, "consent.witness", row.id, row.sealed["witness"]) == WITNESS


async def test_a_key_under_which_returns_has_sealed_something_is_not_destroyed(cell: OneCell) -> None:
    sent = await received(cell)
    return_id, status = await assessed_with_grounds(cell, sent.case_id)
    assert status == 200
    assert await recalled(cell, sent) == ["restricted"]
    cell.returns.service.vault.forget(sent.person_id)
    path, headers = f"/v1/returns/{return_id}/assessment", cell.returns.as_("case_worker")
    assert (await cell.returns.client.get(path, headers=headers)).json()["grounds"] == GROUNDS


async def test_a_key_under_which_an_emergency_was_written_down_is_not_destroyed(cell: OneCell) -> None:
    """Whoever has the case must review it, and it stands in none of the tables of her file."""
    sent = await received(cell)
    hurried = {"org": "th-shelter", "sub": "th.hurried"}
    path = f"/v1/cases/{sent.case_id}/break-glass"
    headers = cell.intake.as_("case_worker", **hurried)
    broken = await cell.intake.client.post(path, json=EMERGENCY, headers=headers)
    assert broken.status_code == 201, broken.text
    assert await recalled(cell, sent) == ["restricted"]
    cell.intake.service.vault.forget(sent.person_id)
    async with cell.intake.service.database.engine.connect() as conn:
        row = (await conn.execute(text("select id, reason from intake.broken_glass"))).one()
    opened = await cell.intake.service.vault.open(sent.person_id, GLASS, row.id, row.reason)
    assert json.loads(opened) == EMERGENCY


@pytest.mark.parametrize("accepted", [False, True])
async def test_no_received_value_stands_in_the_table_after_a_recall(cell: OneCell, accepted: bool) -> None:
    sent = await received(cell)
    if accepted:
        await cell.intake.deliver(acceptance_of(sent))
    statement = text("select field from intake.fields")
    async with cell.intake.service.database.engine.connect() as conn:
        assert [row.field for row in await conn.execute(statement)] == ["cor_FullName"]
    await recalled(cell, sent)
    async with cell.intake.service.database.engine.connect() as conn:
        assert [row.field for row in await conn.execute(statement)] == []


async def test_what_a_restricting_recall_deleted_has_left_the_register(cell: OneCell) -> None:
    """Only what this country has of its own keeps the key."""
    sent = await received(cell)
    await cell.intake.deliver(acceptance_of(sent))
    assert await recalled(cell, sent) == ["restricted"]
    await cell.intake.service.vault.destroy(sent.person_id)  # raises where a record is left
