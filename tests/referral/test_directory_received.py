"""The other country's part of the directory: what its own cell says of it counts, at draft and at send."""

from uuid import uuid4

import pytest

from contracts.events.exchange import DirectoryReceivedV1
from contracts.events.referral import OfferedService
from tests.harness import Harness
from tests.referral.asking import draft, form
from tests.referral.making import RECIPIENT

SERVICE = {
    "service_id": "reintegration",
    "service": "reintegration",
    "status": "active",
    "capacity": "capacity",
}


def received(version: int, organisation: str = RECIPIENT, **changes):
    service = {name: changes.pop(name) for name in list(changes) if name in SERVICE}
    services = changes.pop("services", (OfferedService(**{**SERVICE, **service}),))
    values = {"role": "reintegration", "status": "active", "org_type": "NGO", "sender_cell": "KH"}
    if "closed" in changes:
        values["status"] = changes.pop("closed")
    return DirectoryReceivedV1(
        organisation=organisation, version=version, services=services, **{**values, **changes}
    )


async def shown(th: Harness, organisation: str = RECIPIENT):
    answer = await th.client.get(f"/v1/organisations/{organisation}", headers=th.as_("case_worker"))
    return answer.json()


async def codes(answer):
    return (answer.status_code, [error["code"] for error in answer.json().get("errors", [])])


async def test_a_change_of_capacity_shows_and_names_and_hours_stay(th: Harness):
    before = await shown(th)
    await th.deliver(received(7, capacity="no-capacity"))
    after = await shown(th)
    assert [service["capacity"] for service in after["services"]] == ["no-capacity"]
    assert (after["name"], after["services"][0]["name"]) == (before["name"], before["services"][0]["name"])
    for capacity, expected in (("no-capacity", [RECIPIENT]), ("capacity", [])):
        query = f"?cell=KH&capacity={capacity}"
        answer = await th.client.get(f"/v1/organisations{query}", headers=th.as_("case_worker"))
        assert [item["id"] for item in answer.json()["items"]] == expected


@pytest.mark.parametrize("status", ["defunct", "inactive", "temporarily-closed"])
async def test_a_service_that_the_partner_closed_is_refused_at_draft_and_at_send(th: Harness, status):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    drafted = (await draft(th, case_id)).json()["id"]
    await th.deliver(received(7, status=status))
    headers = th.as_("case_worker")
    again = await th.client.post("/v1/referrals", json=form(case_id), headers=headers)
    sent = await th.client.post(f"/v1/referrals/{drafted}/send", headers=headers)
    assert [await codes(again), await codes(sent)] == [(422, ["not-offered"])] * 2


async def test_an_organisation_that_the_partner_closed_is_listed_no_more_and_said_to_everybody_here(
    th: Harness,
):
    await th.deliver(received(7, closed="defunct"))
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    answer = await th.client.post("/v1/referrals", json=form(case_id), headers=th.as_("case_worker"))
    assert await codes(answer) == (422, ["not-listed"])
    said = [body for kind, body in await th.said() if kind == "directory.changed.v1"]
    assert (said[-1]["organisation"], said[-1]["status"]) == (RECIPIENT, "defunct")


async def test_what_is_older_than_what_was_heard_changes_nothing(th: Harness):
    await th.deliver(received(7, capacity="waitlist"))
    await th.deliver(received(6, capacity="no-capacity"))
    await th.deliver(received(7, capacity="no-capacity"))
    assert [service["capacity"] for service in (await shown(th))["services"]] == ["waitlist"]


async def test_a_service_that_is_named_no_more_is_closed_and_a_new_organisation_is_listed(th: Harness):
    await th.deliver(received(7, services=()))
    assert [service["status"] for service in (await shown(th))["services"]] == ["defunct"]
    await th.deliver(received(1, "kh-new-shelter", role="shelter"))
    found = await shown(th, "kh-new-shelter")
    assert (found["cell"], found["role"], found["status"]) == ("KH", "shelter", "active")
