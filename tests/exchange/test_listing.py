"""The directory crosses the border: a partner hears how the organisations of the other cell now stand."""

from typing import Any
from uuid import uuid4

import pytest

from contracts.events.referral import DirectoryChangedV1, OfferedService
from services.exchange.domain.check import authority
from services.exchange.domain.items import Item, ItemClass, ListedService, Listing
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import rows


def changed(organisation: str, version: int, status: str = "active", **service: str) -> DirectoryChangedV1:
    values = {"service_id": "beds", "service": "shelter", "status": "active", "capacity": "capacity"}
    return DirectoryChangedV1(
        organisation=organisation,
        cell=organisation[:2].upper(),
        role="shelter",
        version=version,
        status=status,
        org_type="NGO",
        services=(OfferedService(**{**values, **service}),),
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
    item = Item(uuid4(), ItemClass.CONTROL, control=listing)
    await th.take("KH", [kh.seal([item], authority("TH"))])
    assert await th.said("directory.received.v1") == []
    assert await rows(th.harness, "select 1 from chassis.parked where state = 'waiting'") == []
