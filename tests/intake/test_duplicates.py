"""Cases that may be of one person, where one of them came from abroad."""

from uuid import UUID

import pytest
from sqlalchemy import text

from tests.intake.making import acceptance_of, disclosure, open_case, recall_of


@pytest.fixture(autouse=True)
def granted(intake, monkeypatch):
    """Consent says of every disclosure that it is granted."""

    async def closed(disclosures):
        return dict.fromkeys(disclosures)

    monkeypatch.setattr(intake.service.parts.grants, "closed", closed)


async def candidates(intake, case_id) -> list[str]:
    headers = intake.as_("case_worker")
    answer = await intake.client.get(f"/v1/cases/{case_id}/duplicates", headers=headers)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


async def entries(intake, case_id: UUID) -> int:
    statement = text("select count(*) from intake.blind_index where case_id = :id")
    async with intake.service.database.engine.connect() as conn:
        return (await conn.execute(statement, {"id": case_id})).scalar_one()


async def test_a_received_person_is_found_beside_the_one_who_was_here(intake):
    own = await open_case(intake, fields={"cor_FullName": "Sók Dara", "prs_Birthdate": "1998-12-20"})
    received = await disclosure(intake, {"cor_FullName": "DARA Sok", "prs_Birthdate": "1999~"})
    await intake.deliver(received)
    await intake.work()
    assert await candidates(intake, own) == [str(received.case_id)]
    assert await candidates(intake, received.case_id) == [str(own)]


async def test_name_and_date_of_one_person_may_come_in_two_disclosures(intake):
    own = await open_case(intake, fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1970"})
    first = await disclosure(intake, {"cor_FullName": "Sok Dara"})
    await intake.deliver(first)
    await intake.work()
    assert await candidates(intake, own) == [str(first.case_id)]
    same = {"case_id": first.case_id, "person_id": first.person_id}
    await intake.deliver(await disclosure(intake, {"prs_Birthdate": "1999"}, first=False, **same))
    await intake.work()
    assert await candidates(intake, own) == []


async def test_a_recall_takes_the_index_with_it(intake):
    for accept in (False, True):
        received = await disclosure(intake, {"cor_FullName": "Sok Dara"})
        await intake.deliver(received)
        if accept:
            await intake.deliver(acceptance_of(received))
        await intake.work()
        assert await entries(intake, received.case_id) > 0
        await intake.deliver(recall_of(received))
        await intake.work()
        assert await entries(intake, received.case_id) == 0


async def test_a_flag_leaves_the_index_of_the_name_as_it_is(intake):
    first = await open_case(intake, fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1998"})
    second = await open_case(intake, fields={"cor_FullName": "Sok Dara", "prs_Birthdate": "1998"})
    body = {"flags": ["medical_emergency"]}
    headers = intake.as_("case_worker") | {"If-Match": "*"}
    answer = await intake.client.put(f"/v1/cases/{second}/fields", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert await candidates(intake, first) == [str(second)]


async def test_who_was_indexed_by_a_release_before_is_indexed_anew(intake):
    first = await open_case(intake, fields={"cor_FullName": "Sok Dara"})
    second = await open_case(intake, fields={"cor_FullName": "Dara Sok"})
    async with intake.service.database.engine.begin() as conn:
        older = "update intake.blind_index set entry = sha256(entry) where case_id = :id"
        await conn.execute(text(older), {"id": second})
    assert await candidates(intake, first) == []
    async with intake.service.database.transaction(intake.service.database.system()) as tx:
        tx.say(*(recurs(tx) for recurs in intake.service._recurring))  # as when the service starts
    await intake.work()
    await intake.work()
    assert await candidates(intake, first) == [str(second)]
