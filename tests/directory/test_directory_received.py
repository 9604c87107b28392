"""The other country's part of the directory: what its own cell says of it counts, and is said to everybody here."""

from contracts.events.directory import OfferedService
from contracts.events.exchange import DirectoryReceivedV1
from tests.directory.making import RECIPIENT
from tests.harness import Harness

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


async def test_an_organisation_that_the_partner_closed_is_said_to_everybody_here(th: Harness):
    await th.deliver(received(7, closed="defunct"))
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


async def test_what_a_partner_said_is_said_once_on_from_its_event_and_older_news_is_not(th: Harness):
    before = len(await th.said())
    for version in (7, 6, 7):
        await th.deliver(received(version, services=(), closed="inactive"))
    assert [kind for kind, _ in (await th.said())[before:]] == ["directory.changed.v1"]
