"""Verifying the log is work: it has a state and progress, goes on where it broke off, and speaks of one moment."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from services.audit import queries, verifying
from tests.audit.test_api import given, rewrite, verification

_DUE = text("select key from chassis.work where kind = 'verify'")
_TAKEN = text("delete from chassis.work where kind = 'verify' and key = :key")
PATH = "/v1/chain/verifications"


async def filled(audit, count):
    for _ in range(count):
        await audit.deliver(given(uuid4()))


async def begun(audit):
    return (await audit.client.post(PATH, headers=audit.as_("auditor"))).json()["id"]


async def shown(audit, verification_id):
    return (await audit.client.get(f"{PATH}/{verification_id}", headers=audit.as_("auditor"))).json()


async def test_a_whole_log_is_found_whole_with_its_length_and_head(audit):
    await filled(audit, 5)
    head = (await audit.client.get("/v1/chain", headers=audit.as_("auditor"))).json()
    found = await verification(audit)
    assert (found["state"], found["entries"], found["until"], found["head"]) == ("whole", 5, 5, head["head"])
    assert found["ended_at"] is not None
    assert found["actor"] == "th.auditor"


async def test_an_empty_log_is_whole(audit):
    assert (await verification(audit))["state"] == "whole"


async def test_it_is_answered_before_anything_is_computed_and_shows_how_far_it_is(audit, monkeypatch):
    await filled(audit, 5)
    monkeypatch.setattr(queries, "SLICE", 2)
    monkeypatch.setattr(verifying, "ATTEMPT_SECONDS", 0.0)
    one, seen = await begun(audit), []
    while (found := await shown(audit, one))["state"] == "running":
        seen.append(found["entries"])
        await _once(audit)
    assert (seen, found["state"], found["entries"]) == ([0, 2, 4, 5], "whole", 5)


async def _once(audit):
    """One attempt of the work that is due."""
    async with audit.service.database.transaction(audit.service.database.system()) as tx:
        item = (await tx.execute(_DUE)).one()
    kind = verifying.verify_work(audit.service)
    computed = await kind.act(item)
    async with audit.service.database.transaction(audit.service.database.system()) as tx:
        await tx.execute(_TAKEN, {"key": item.key})
        await kind.finish(tx, item, computed)


async def test_a_process_that_dies_half_way_leaves_what_it_computed_and_the_next_goes_on(audit, monkeypatch):
    await filled(audit, 5)
    monkeypatch.setattr(queries, "SLICE", 2)
    monkeypatch.setattr(verifying, "ATTEMPT_SECONDS", 0.0)
    one = await begun(audit)
    await _once(audit)
    asked, real = [], queries.part

    async def part(tx, after, until):
        asked.append(after)
        return await real(tx, after, until)

    monkeypatch.setattr(verifying, "part", part)
    while await audit.work():
        pass
    assert ((await shown(audit, one))["state"], asked) == ("whole", [2, 4, 5])


async def test_entries_that_come_meanwhile_are_not_part_of_it(audit):
    await filled(audit, 3)
    one = await begun(audit)
    await filled(audit, 2)
    while await audit.work():
        pass
    found = await shown(audit, one)
    assert (found["state"], found["entries"]) == ("whole", 3)


@pytest.mark.parametrize(
    ("change", "first_broken"),
    [
        ("actor = 'somebody-else' where entry = 3", 3),
        ("details = '{}' where entry = 2", 2),
        ("previous = repeat('0', 64) where entry = 4", 4),
    ],
)
async def test_a_log_that_was_changed_is_found_broken_at_its_first_entry_that_does_not_fit(
    audit, postgres, change, first_broken
):
    await filled(audit, 5)
    await rewrite(audit, postgres, change)
    found = await verification(audit)
    assert (found["state"], found["first_broken"]) == ("broken", first_broken)


async def test_a_log_that_lost_its_end_is_found_by_the_head_that_it_had(audit, postgres):
    await filled(audit, 4)
    one = await begun(audit)
    await rewrite(audit, postgres, "entry = entry + 100 where entry = 4")
    while await audit.work():
        pass
    found = await shown(audit, one)
    assert (found["state"], found["first_broken"]) == ("broken", 4)


async def test_verifications_are_listed_newest_first(audit):
    ids = [await begun(audit) for _ in range(3)]
    who = audit.as_("auditor")
    first = (await audit.client.get(f"{PATH}?limit=2", headers=who)).json()
    second = (await audit.client.get(f"{PATH}?limit=2&after={first['next']}", headers=who)).json()
    assert [one["id"] for one in first["items"] + second["items"]] == ids[::-1]
    assert (await audit.client.get(f"{PATH}/{uuid4()}", headers=who)).status_code == 404


async def test_what_could_not_be_computed_says_nothing_about_the_log(audit, monkeypatch):
    await filled(audit, 1)
    one = await begun(audit)

    async def fails(*_):
        raise ValueError

    monkeypatch.setattr(verifying, "part", fails)
    for _ in range(12):
        await audit.work(hasten=True)
    found = await shown(audit, one)
    assert (found["state"], found["first_broken"]) == ("given_up", None)
