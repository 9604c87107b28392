"""The directory crosses the border: a partner hears how the organisations of the other cell now stand."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts.border.check import authority
from contracts.border.items import ControlItem, ListedService, Listing, Presence
from contracts.events.directory import AgeLimitedService, DirectoryChangedV1
from services.exchange.use_cases.tell_listing import next_day
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import now, present, rows


def changed(organisation: str, version: int, status: str = "active", **service: str) -> DirectoryChangedV1:
    values = {"service_id": "beds", "service": "shelter", "status": "active", "capacity": "capacity"}
    return DirectoryChangedV1(
        organisation=organisation,
        cell=organisation[:2].upper(),
        role="shelter",
        version=version,
        status=status,
        org_type="NGO",
        services=(AgeLimitedService(**{**values, **service}),),
    )


async def heard(cell: Cell) -> list[tuple[Any, ...]]:
    return [
        (said["organisation"], said["version"], said["sender_cell"], said["services"][0]["capacity"])
        for said in await cell.said("directory.received.v1")
    ]


async def test_a_change_of_an_organisation_is_told_to_the_partner_whole(th: Cell, kh: Cell) -> None:
    await kh.deliver(changed("kh-shelter", 3), changed("kh-shelter", 4, capacity="no-capacity"))
    await carry(th, kh)
    assert sorted(await heard(th)) == [
        ("kh-shelter", 3, "KH", "capacity"),
        ("kh-shelter", 4, "KH", "no-capacity"),
    ]
    assert await heard(kh) == []


async def test_what_a_cell_knows_of_the_others_organisations_is_not_told_back(th: Cell, kh: Cell) -> None:
    await th.deliver(changed("kh-shelter", 3))
    await carry(th, kh)
    assert (await heard(kh), await heard(th)) == ([], [])


@pytest.mark.parametrize(
    "changes",
    [
        {"organisation": "th-shelter"},
        {"organisation": "kh-Sokha Chan"},
        {"role": "Sokha Chan"},
        {"status": "closed by Sokha"},
        {"services": (ListedService("beds of Sokha", "shelter", "active", "capacity"),)},
        {"services": (ListedService("beds", "shelter", "active", "capacity"),) * 201},
    ],
    ids=["of ours", "no identifier", "no role", "no status", "no service", "too many"],
)
async def test_a_partner_lists_its_own_organisations_in_codes_alone(
    th: Cell, kh: Cell, changes: dict[str, Any]
) -> None:
    values: dict[str, Any] = {
        "organisation": "kh-shelter",
        "version": 1,
        "role": "shelter",
        "status": "active",
        "services": (),
    }
    listing = Listing(**{**values, **changes})
    item = ControlItem(uuid4(), listing)
    await th.take("KH", [kh.seal([item], authority("TH"))])
    assert await th.said("directory.received.v1") == []
    assert await rows(th.harness, "select 1 from chassis.parked where state = 'waiting'") == []


async def unheard(kh: Cell) -> None:
    """Said before the partner was there: nothing of it waits any more, and no number of it is missed."""
    async with kh.harness.service.database.engine.begin() as conn:
        gone = await conn.execute(text("delete from chassis.work where kind = 'control'"))
    assert gone.rowcount > 0


async def sign_of_life(cell: Cell, partner: Cell) -> None:
    presence = Presence(read={}, heads={})
    item = ControlItem(uuid4(), presence)
    raw = cell.seal([item], authority(partner.name), seq=0)
    await partner.take(cell.name, [raw])


async def test_a_partner_who_connects_later_hears_of_the_whole_directory_once(th: Cell, kh: Cell) -> None:
    await kh.deliver(changed("kh-shelter", 3), changed("kh-legal-aid", 2), changed("kh-shelter", 4))
    await unheard(kh)
    await sign_of_life(th, kh)
    await carry(th, kh)
    whole = [("kh-legal-aid", 2, "KH", "capacity"), ("kh-shelter", 4, "KH", "capacity")]
    assert sorted(await heard(th)) == whole
    await sign_of_life(th, kh)
    await carry(th, kh)
    assert sorted(await heard(th)) == whole


async def test_whoever_was_away_for_longer_than_a_day_hears_it_again(th: Cell, kh: Cell) -> None:
    await kh.deliver(changed("kh-shelter", 4))
    await unheard(kh)
    await present(kh.harness, "TH", now() - timedelta(days=31))
    await sign_of_life(th, kh)
    await carry(th, kh)
    assert await heard(th) == [("kh-shelter", 4, "KH", "capacity")]


async def test_every_day_it_is_told_to_those_who_are_there(th: Cell, kh: Cell) -> None:
    await kh.deliver(changed("kh-shelter", 4))
    await unheard(kh)
    await present(kh.harness, "TH")
    database = kh.harness.service.database
    async with database.transaction(database.system()) as tx:
        tx.say(next_day(tx))
    await kh.harness.work(hasten=True)
    (due,) = await rows(
        kh.harness, "select due_at from chassis.work where kind = 'listing' and key = 'daily'"
    )
    assert due.due_at > now() + timedelta(hours=23)
    await kh.harness.work()
    await th.take("KH", await kh.leaving(th))
    assert await heard(th) == [("kh-shelter", 4, "KH", "capacity")]
