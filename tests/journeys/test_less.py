"""What a recipient reads after less, an end or a correction: across the border and inside the country, at its own `fields`."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from corridor.client import Person
from corridor.journey import Journey, eventually
from corridor.story import CATEGORIES, PERSON
from deploy.local.countries import AgreementDraft, agreements, read_all
from deploy.local.trust import make_trust

ABROAD = ("kh-reintegration-agency", "reintegration", "kh.worker")
CLINIC = ("kh-health-agency", "medical", "kh.other-worker")
NEIGHBOUR = ("th-legal-aid", "legal", "th.other-worker")

BORDER_AND_LOOPBACK = pytest.mark.parametrize("place", [ABROAD, NEIGHBOUR], ids=["border", "loopback"])


class Reading:
    """One recipient with its own half, its own case, and what it reads there."""

    def __init__(self, journey: Journey, reader: Person) -> None:
        self._journey, self.reader = journey, reader
        self.referral, self.case = journey.referral, journey.their_case

    async def parts(self) -> list[dict[str, Any]]:
        parts: list[dict[str, Any]] = await self._journey.read_received(self.reader, self.case)
        return parts

    async def move(self, verb: str, body: Any = None) -> None:
        await self.reader.post(f"/referral/v1/referrals/{self.referral}/{verb}", body)

    async def until_closed(self, reason: str) -> None:
        async def closed() -> Any:
            parts = await self.parts()
            return (
                True if {(part["closed"], len(part["fields"])) for part in parts} == {(reason, 0)} else None
            )

        await eventually(closed, f"a reading that is closed as {reason}")


@pytest.fixture
async def journey(stack):
    async with Journey(stack.state) as journey:
        yield journey


@pytest.fixture
async def reading(journey, stack):
    """Refers the case of the journey to a recipient, who accepts; she must have agreed before."""
    people: list[Person] = []

    async def made(place: tuple[str, str, str]) -> Reading:
        recipient, service, name = place
        reader = await Person(name, stack.state).__aenter__()
        people.append(reader)
        await journey.draft(recipient=recipient, service=service)
        await journey.preview()
        await journey.send()
        journey.their_worker = reader
        await journey.received()
        found = Reading(journey, reader)
        await found.move("accept")
        await journey.until_state(journey.worker, "accepted")
        (part,) = await found.parts()
        assert (part["closed"], part["fields"]["cor_FullName"]) == (None, PERSON["cor_FullName"])
        return found

    yield made
    for person in people:
        await person.__aexit__()


Refer = Callable[[tuple[str, str, str]], Awaitable[Reading]]


def named(*places: tuple[str, str, str]) -> list[dict[str, str]]:
    return [{"organisation": place[0], "country": place[0][:2].upper()} for place in places]


async def agreed(journey: Journey, *places: tuple[str, str, str]) -> None:
    await journey.open_case(PERSON)
    await journey.give_consent(CATEGORIES, recipients=named(*places))


@BORDER_AND_LOOPBACK
async def test_what_was_sent_in_error_is_read_no_longer_at_once(journey, reading: Refer, place):
    await agreed(journey, place)
    there = await reading(place)
    await journey.move(journey.worker, "correct")
    await there.until_closed("entered_in_error")


@BORDER_AND_LOOPBACK
async def test_a_completed_referral_is_read_for_the_time_of_the_agreement_and_no_longer(
    journey, reading: Refer, place, stack
):
    await agreed(journey, place)
    there = await reading(place)
    for verb, body in (("start", None), ("complete", {"outcome": "service-delivered"})):
        await there.move(verb, body)
    before = await there.parts()
    await journey.until_state(journey.worker, "completed")
    left = await eventually(lambda: time_left(stack, before[0]["disclosure_id"]), "an end of the reading")
    assert timedelta(days=29) < left <= timedelta(days=30)
    assert await there.parts() == before
    await hasten(stack, before[0]["disclosure_id"])
    await there.until_closed("completed")


@pytest.mark.parametrize("removed", [CLINIC, NEIGHBOUR], ids=["border", "loopback"])
@pytest.mark.parametrize("way", ["renew", "withdraw-part"])
async def test_who_is_taken_out_of_her_consent_reads_no_longer_and_the_other_reads_on(
    journey, reading: Refer, removed, way
):
    await agreed(journey, ABROAD, removed)
    kept, taken_out = await reading(ABROAD), await reading(removed)
    before = await kept.parts()
    await NARROWING[way](journey, removed)
    await taken_out.until_closed("narrowed")
    assert await kept.parts() == before
    assert before[0]["closed"] is None


async def renewed_without(journey: Journey, removed: tuple[str, str, str]) -> None:
    answer = {
        "purposes": ["referral-assistance", "return-and-reintegration"],
        "recipients": named(ABROAD),
        "categories": list(CATEGORIES),
        "back_categories": ["outcome"],
        "notice_version": "2026-1",
        "language": "km",
        "risks_explained": True,
        "method": "thumbprint",
        "valid_until": (datetime.now(UTC) + timedelta(days=365)).isoformat(),
    }
    path = f"/consent/v1/consents/{journey.consent}"
    revision = (await journey.worker.get(path))["revision"]
    await journey.worker.post(f"{path}/renew", answer, headers={"If-Match": f'"{revision}"'})


async def part_withdrawn(journey: Journey, removed: tuple[str, str, str]) -> None:
    path = f"/consent/v1/consents/{journey.consent}/withdraw-part"
    await journey.worker.post(path, {"recipients": [removed[0]]})


NARROWING = {"renew": renewed_without, "withdraw-part": part_withdrawn}


@BORDER_AND_LOOPBACK
async def test_a_corrected_birth_date_reaches_who_was_given_the_wrong_one(journey, reading: Refer, place):
    await agreed(journey, place)
    there = await reading(place)
    (before,) = await there.parts()
    assert before["fields"]["prs_Birthdate"] == PERSON["prs_Birthdate"]
    await correct_birth_date(journey)

    async def given() -> Any:
        open_ones = [part for part in await there.parts() if part["closed"] is None]
        return open_ones if open_ones and open_ones[0]["disclosure_id"] != before["disclosure_id"] else None

    (after,) = await eventually(given, "the corrected value")
    assert after["fields"] == {**before["fields"], "prs_Birthdate": "1997-03-09"}
    (old,) = [p for p in await there.parts() if p["disclosure_id"] == before["disclosure_id"]]
    assert (old["closed"], old["fields"]) == ("replaced", {})


@BORDER_AND_LOOPBACK
async def test_after_the_end_the_recipient_is_told_which_value_was_wrong_and_not_the_right_one(
    journey, reading: Refer, place
):
    await agreed(journey, place)
    there = await reading(place)
    await journey.withdraw()
    await there.until_closed("withdrawn")
    await correct_birth_date(journey)

    async def told() -> Any:
        (part,) = await there.parts()
        return part if part["changed"] else None

    part = await eventually(told, "the name of what was corrected")
    assert (part["closed"], part["fields"], part["changed"]) == ("withdrawn", {}, ["prs_Birthdate"])


async def test_what_a_newer_agreement_allows_no_more_is_read_abroad_no_more(journey, reading: Refer, stack):
    """First a field less, then nothing any more: what was disclosed under the version before goes with it."""
    await agreed(journey, ABROAD)
    there = await reading(ABROAD)
    (before,) = await there.parts()
    assert "prs_Birthdate" in before["fields"]
    try:
        countries_agree_anew(stack, fields=tuple(sorted({*between().fields} - {"prs_Birthdate"})))

        async def given() -> Any:
            found = [part for part in await there.parts() if part["closed"] is None]
            return found if found and found[0]["disclosure_id"] != before["disclosure_id"] else None

        (after,) = await eventually(given, "what is left")
        assert after["fields"] == {k: v for k, v in before["fields"].items() if k != "prs_Birthdate"}
        countries_agree_anew(stack, purposes=())

        async def closed() -> Any:
            parts = {part["disclosure_id"]: part["closed"] for part in await there.parts()}
            return parts if None not in parts.values() else None

        assert await eventually(closed, "the end of the reading") == {
            before["disclosure_id"]: "replaced",
            after["disclosure_id"]: "not_in_agreement",
        }
    finally:
        countries_agree_anew(stack)


def between() -> AgreementDraft:
    return next(draft for draft in agreements(read_all(["TH", "KH"])) if draft.id == "th-kh")


def countries_agree_anew(stack, **changes: Any) -> None:
    held = agreements(read_all(["TH", "KH"]))
    drafts = [replace(draft, **changes) if draft.id == "th-kh" else draft for draft in held]
    make_trust(stack.state / "border", ["TH", "KH"], drafts=drafts)


async def correct_birth_date(journey: Journey) -> None:
    path = f"/intake/v1/cases/{journey.case}"
    version = (await journey.worker.get(path))["version"]
    corrected = {"fields": {"prs_Birthdate": "1997-03-09"}, "reason": "As her passport has it."}
    await journey.worker.put(f"{path}/fields", corrected, headers={"If-Match": f'"{version}"'})


async def time_left(stack, disclosure_id: str) -> Any:
    query = "select due_at - now() from chassis.work where kind = 'end' and payload->>'disclosure_id' = $1"
    return await in_consent(stack, query, disclosure_id)


async def hasten(stack, disclosure_id: str) -> None:
    """The time of the agreement is over."""
    change = "update chassis.work set due_at = now() where kind = 'end' and payload->>'disclosure_id' = $1"
    await in_consent(stack, change, disclosure_id)


async def in_consent(stack, statement: str, disclosure_id: str) -> Any:
    connection = await asyncpg.connect(stack.cells["TH"].postgres.admin_dsn("consent"))
    try:
        return await connection.fetchval(statement, disclosure_id)
    finally:
        await connection.close()
