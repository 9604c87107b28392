"""Who asks again and again whether papers are genuine is told to wait, and nobody else is."""

import httpx2
import pytest

from chassis.printing.questions import PER_CALLER, ROOM, QuestionLimit
from chassis.problems import TooMany

NUMBER = "A7K29QWE0H3MPX{:02d}"


async def _ask(consent, number: str, *told: str) -> httpx2.Response:
    """Ask as the front hands it on: every request comes from the front, which says for whom."""
    headers = [("X-Forwarded-For", one) for one in told]
    return await consent.client.get(f"/v1/papers/{number}", headers=headers)


async def _ask_until_told_to_wait(consent, *told: str) -> httpx2.Response:
    for place in range(PER_CALLER):
        assert (await _ask(consent, NUMBER.format(place), *told)).status_code == 200
    return await _ask(consent, NUMBER.format(PER_CALLER), *told)


async def test_one_caller_who_asks_too_much_is_told_how_long_to_wait_and_the_next_one_is_answered(consent):
    refused = await _ask_until_told_to_wait(consent, "198.51.100.7")
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (await _ask(consent, NUMBER.format(0), "198.51.100.8")).status_code == 200


async def test_a_caller_is_who_the_front_says_and_not_who_the_caller_says(consent):
    assert (await _ask_until_told_to_wait(consent, "203.0.113.1, 198.51.100.9")).status_code == 429
    for said in ("203.0.113.2, 198.51.100.9", "198.51.100.9"):
        assert (await _ask(consent, NUMBER.format(60), said)).status_code == 429
    assert (await _ask(consent, NUMBER.format(60), "203.0.113.2", "198.51.100.9")).status_code == 429


async def test_a_network_of_version_six_is_one_caller(consent):
    assert (await _ask_until_told_to_wait(consent, "2001:db8:1:2::1")).status_code == 429
    assert (await _ask(consent, NUMBER.format(61), "2001:db8:1:2:ffff::2")).status_code == 429
    assert (await _ask(consent, NUMBER.format(61), "2001:db8:1:3::1")).status_code == 200


async def test_nobody_is_kept_from_asking_about_a_number_by_those_who_ask_about_it_all_the_time(consent):
    number = NUMBER.format(62)
    for place in range(PER_CALLER + 1):
        await _ask(consent, number, f"192.0.2.{place % 2}")
    assert (await _ask(consent, number, "192.0.2.200")).status_code == 200


async def test_a_caller_is_an_address_whatever_port_a_front_writes_to_it(consent):
    assert (await _ask_until_told_to_wait(consent, "198.51.100.11:4711")).status_code == 429
    assert (await _ask(consent, NUMBER.format(64), "198.51.100.11:4712")).status_code == 429
    assert (await _ask(consent, NUMBER.format(64), "198.51.100.12:4711")).status_code == 200
    assert (await _ask(consent, NUMBER.format(64), "[2001:db8:1:4::1]:4711")).status_code == 200


def test_after_a_minute_a_question_is_not_counted_any_more():
    limit = QuestionLimit(3)
    for _ in range(3):
        limit.take("one", 0.0)
    with pytest.raises(TooMany) as refused:
        limit.take("one", 58.5)
    assert refused.value.headers() == {"Retry-After": "2"}
    limit.take("another", 58.5)
    limit.take("one", 60.0)


def test_however_many_ask_whoever_was_silent_longest_is_forgotten_and_who_asks_most_is_not():
    limit = QuestionLimit(3)
    for place in range(3 * ROOM):
        limit.take(str(place), 0.0)
        if place < 3:
            limit.take("busy", 0.0)
        elif place % 1000 == 0:
            with pytest.raises(TooMany):
                limit.take("busy", 1.0)
    for _ in range(3):
        limit.take("0", 1.0)
