"""Returns through HTTP and through the consumer, on a real PostgreSQL and with a real vault."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text

from tests.harness import Harness
from tests.returns.making import (
    RECEIVER,
    RETURNING,
    SENDER,
    accepted,
    age_group,
    departure,
    opened,
    process,
)

SECRET = "the recruiter lives next door"
ASSESSOR = "th.assessor"
"""Another worker of the sender: who assesses the risk does not clear the return."""

BODIES = {**RETURNING, "assess": {"result": "safe", "grounds": SECRET}}
WAY = {
    "counsel": ("requested", "counselled"),
    "decide": ("counselled", "decided"),
    "confirm": ("decided", "decided"),
    "fitness": ("decided", "decided"),
    "checks": ("decided", "decided"),
    "assess": ("decided", "assessed"),
    "clear": ("assessed", "cleared"),
    "suspend": ("cleared", "suspended"),
    "resume": ("suspended", "assessed"),
    "depart": ("cleared", "departed"),
    "turn-back": ("departed", "turned_back"),
    "miss": ("departed", "missed"),
    "withdraw": ("departed", "withdrawn"),
    "arrive": ("departed", "arrived"),
    "close": ("arrived", "closed"),
}
RECEIVING = ("arrive", "close")
STAYING = ("confirm", "fitness", "checks", "assess")
"""May be done again where it was done."""


def body_of(verb: str) -> Any:
    return departure() if verb == "depart" else BODIES.get(verb)


def form(case_id: UUID, **changes: Any) -> dict[str, Any]:
    return {"case_id": str(case_id), "receiver": RECEIVER, "receiver_cell": "KH", **changes}


async def a_case(h: Harness, organisation: str = SENDER) -> UUID:
    """A case that has arrived here, with its person's key."""
    case_id, person_id = uuid4(), uuid4()
    if h.service.settings.vault_url is not None:
        await h.service.vault.create(person_id)
    await h.deliver(opened(case_id, person_id))
    await h.grant_access(case_id, organisation)
    return case_id


async def request(h: Harness, case_id: UUID, **changes: Any) -> httpx2.Response:
    return await h.client.post("/v1/returns", json=form(case_id, **changes), headers=h.as_("case_worker"))


async def requested(h: Harness) -> tuple[UUID, UUID]:
    case_id = await a_case(h)
    answer = await request(h, case_id)
    assert answer.status_code == 201, answer.text
    return case_id, UUID(answer.json()["id"])


async def prepared(h: Harness) -> tuple[UUID, UUID]:
    """An adult whom the receiver has accepted, who decided and is fit, with a passport and a safe assessment."""
    case_id, return_id = await requested(h)
    await h.deliver(age_group(case_id))
    await h.deliver(accepted(case_id, uuid4()))
    for verb in ("counsel", "decide", "confirm", "fitness", "checks"):
        assert (await move(h, return_id, verb)).status_code == 200
    answer = await move(h, return_id, "assess", headers=h.as_("case_worker", sub=ASSESSOR))
    assert answer.status_code == 200, answer.text
    return case_id, return_id


async def departed(h: Harness) -> tuple[UUID, UUID]:
    case_id, return_id = await prepared(h)
    for verb in ("clear", "depart"):
        answer = await move(h, return_id, verb)
        assert answer.status_code == 200, answer.text
    return case_id, return_id


async def blocks(h: Harness, return_id: UUID) -> list[str]:
    return [one["code"] for one in (await view(h, return_id))["blocks"]]


async def expected_abroad(kh: Harness) -> tuple[UUID, UUID]:
    """A return of which the receiving half is here."""
    case_id, return_id = await a_case(kh, RECEIVER), uuid4()
    await kh.deliver(process(case_id, return_id, "return.cleared"))
    return case_id, return_id


async def move(
    h: Harness,
    return_id: UUID,
    verb: str,
    *,
    org: str = SENDER,
    body: Any = None,
    headers: dict[str, str] | None = None,
) -> httpx2.Response:
    asked = {**h.as_("case_worker", org), **(headers or {})}
    return await h.client.post(f"/v1/returns/{return_id}/{verb}", json=body or body_of(verb), headers=asked)


async def view(h: Harness, return_id: UUID, org: str = SENDER) -> dict[str, Any]:
    answer = await h.client.get(f"/v1/returns/{return_id}", headers=h.as_("case_worker", org))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def assessment(h: Harness, return_id: UUID, org: str = SENDER) -> httpx2.Response:
    return await h.client.get(f"/v1/returns/{return_id}/assessment", headers=h.as_("case_worker", org))


async def everything_stored(h: Harness) -> str:
    """Every row of every table of the service and of the chassis, as text."""
    async with h.service.database.engine.connect() as conn:
        tables = await conn.execute(
            text(
                "select format('%I.%I', schemaname, tablename) from pg_tables"
                " where schemaname in ('returns', 'chassis')"
            )
        )
        rows: list[str] = []
        for (table,) in tables.all():
            found = await conn.execute(text(f"select * from {table}"))
            rows += [str(tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)) for row in found]
    return "\n".join(rows)


async def put_in_state(h: Harness, return_id: UUID, state: str) -> None:
    """As it would stand there, having departed once."""
    async with h.service.database.engine.begin() as conn:
        statement = text("update returns.returns set state = :s, departed_at = requested_at where id = :id")
        await conn.execute(statement, {"s": state, "id": return_id})


async def said(h: Harness) -> list[tuple[str, str]]:
    return [(type_, body["half"]) for type_, body in await h.said() if type_.startswith("return.")]


async def test_a_return_goes_from_request_to_departure_where_she_leaves(th: Harness):
    _, return_id = await departed(th)
    shown = await view(th, return_id)
    assert (shown["state"], shown["handover"], shown["escorted"]) == ("departed", "land-border", False)
    assert shown["blocks"] == []
    assert [type_ for type_, half in await said(th) if half == "sending"] == [
        "return.requested.v1",
        "return.counselled.v1",
        "return.decided.v1",
        "return.confirmed.v1",
        "return.checked.v1",
        "return.checked.v1",
        "return.assessed.v1",
        "return.cleared.v1",
        "return.departed.v1",
    ]


async def test_a_return_is_expected_confirmed_and_closed_where_she_arrives(kh: Harness):
    case_id, return_id = await expected_abroad(kh)
    shown = await view(kh, return_id, org=RECEIVER)
    assert (shown["half"], shown["state"], shown["sender"]) == ("receiving", "cleared", SENDER)
    assert (await move(kh, return_id, "arrive", org=RECEIVER)).status_code == 409
    await kh.deliver(process(case_id, return_id, "return.departed"))
    for verb in RECEIVING:
        assert (await move(kh, return_id, verb, org=RECEIVER)).status_code == 200
    shown = await view(kh, return_id, org=RECEIVER)
    assert (shown["state"], shown["outcome"]) == ("closed", "contact-lost")
    assert await said(kh) == [
        ("return.cleared.v1", "receiving"),
        ("return.departed.v1", "receiving"),
        ("return.arrived.v1", "receiving"),
        ("return.closed.v1", "receiving"),
    ]


async def test_the_sending_half_follows_arrival_and_closing(th: Harness):
    case_id, return_id = await requested(th)
    await put_in_state(th, return_id, "departed")
    await th.deliver(process(case_id, return_id, "return.arrived"))
    assert (await view(th, return_id))["state"] == "arrived"
    await th.deliver(process(case_id, return_id, "return.closed", "reintegration-ongoing"))
    shown = await view(th, return_id)
    assert (shown["state"], shown["outcome"]) == ("closed", "reintegration-ongoing")
    assert (await said(th))[1:] == [("return.arrived.v1", "sending"), ("return.closed.v1", "sending")]


async def test_her_withdrawal_reaches_the_receiving_half(kh: Harness):
    case_id, return_id = await expected_abroad(kh)
    await kh.deliver(process(case_id, return_id, "return.withdrawn"))
    assert (await view(kh, return_id, org=RECEIVER))["state"] == "withdrawn"


async def test_in_one_country_both_halves_live_side_by_side_under_their_own_cases(th: Harness):
    shelter = "th-shelter"
    case_id, other = await a_case(th), await a_case(th, shelter)
    answer = await request(th, case_id, receiver=shelter, receiver_cell="TH")
    return_id = UUID(answer.json()["id"])
    await th.deliver(process(other, return_id, "return.cleared", recipient=shelter))
    await put_in_state(th, return_id, "departed")
    assert (await view(th, return_id))["half"] == "sending"
    assert (await view(th, return_id, org=shelter))["half"] == "receiving"
    assert (await move(th, return_id, "arrive")).json()["code"] == "wrong-state"
    assert (await move(th, return_id, "arrive", org=shelter)).status_code == 200
    await th.deliver(process(case_id, return_id, "return.arrived", sender=shelter, sender_cell="TH"))
    for org, case in ((SENDER, case_id), (shelter, other)):
        shown = await view(th, return_id, org=org)
        assert (shown["state"], shown["case_id"]) == ("arrived", str(case))


async def test_one_return_named_for_two_cases_parks_nothing_and_the_first_stands(kh: Harness):
    _, return_id = await expected_abroad(kh)
    before = await view(kh, return_id, org=RECEIVER)
    await kh.deliver(process(uuid4(), return_id, "return.departed"))
    assert await kh.parked() == []
    assert await view(kh, return_id, org=RECEIVER) == before


async def test_codes_that_do_not_fit_or_come_from_somebody_else_park_nothing_and_move_nothing(th: Harness):
    case_id, return_id = await requested(th)
    for told in (
        process(case_id, return_id, "return.arrived"),
        process(case_id, return_id, "return.closed"),
        process(case_id, uuid4(), "return.arrived"),
        process(uuid4(), uuid4(), "return.withdrawn"),
        process(case_id, return_id, "referral.accepted"),
        process(case_id, return_id, "return.of-tomorrow"),
    ):
        await th.deliver(told)
    await put_in_state(th, return_id, "departed")
    await th.deliver(process(case_id, return_id, "return.arrived", sender="kh-other-agency"))
    await th.deliver(process(case_id, return_id, "return.arrived"))
    await th.deliver(process(case_id, return_id, "return.arrived"))
    assert await th.parked() == []
    assert (await said(th))[1:] == [("return.arrived.v1", "sending")]


async def test_a_clearance_too_early_is_blocked_said_and_changes_nothing(th: Harness):
    _, return_id = await requested(th)
    before = await view(th, return_id)
    answer = await move(th, return_id, "clear")
    assert (answer.status_code, answer.json()["code"]) == (409, "decision-missing")
    assert answer.json()["blocks"] == [one["code"] for one in before["blocks"]]
    assert answer.headers["content-type"] == "application/problem+json"
    assert await view(th, return_id) == before
    (body,) = [body for type_, body in await th.said() if type_ == "return.blocked.v1"]
    assert (body["reason"], body["reasons"]) == ("decision-missing", answer.json()["blocks"])


async def test_a_blocked_clearance_may_be_tried_again_under_the_same_key(th: Harness):
    _, return_id = await prepared(th)
    key = {"Idempotency-Key": "clear-her-now"}
    by_assessor = {**key, **th.as_("case_worker", sub=ASSESSOR)}
    answer = await move(th, return_id, "clear", headers=by_assessor)
    assert (answer.status_code, answer.json()["blocks"]) == (409, ["same-person"])
    await move(th, return_id, "assess", headers=th.as_("case_worker", sub="th.third"))
    assert (await move(th, return_id, "clear", headers=by_assessor)).status_code == 200


async def test_the_grounds_stand_nowhere_in_clear_and_are_read_by_her_worker(th: Harness):
    _, return_id = await requested(th)
    for verb in ("counsel", "decide"):
        await move(th, return_id, verb)
    assert (await move(th, return_id, "assess")).status_code == 200
    shown = (await assessment(th, return_id)).json()
    assert (shown["grounds"], shown["result"], shown["assessor"]) == (SECRET, "safe", "th.case_worker")
    type_, body = (await th.said())[-1]
    assert (type_, body["resource_id"]) == ("record.read.v1", str(return_id))
    assert "grounds" not in await view(th, return_id)
    stored = await everything_stored(th)
    assert "v1." in stored
    assert SECRET not in stored


async def test_the_newest_assessment_replaces_the_one_before_with_its_grounds(th: Harness):
    _, return_id = await requested(th)
    for verb in ("counsel", "decide"):
        await move(th, return_id, verb)
    assert (await assessment(th, return_id)).status_code == 404
    await move(th, return_id, "assess", body={"result": "unsafe", "grounds": SECRET})
    await move(th, return_id, "assess", body={"result": "safe", "grounds": "he moved away"})
    shown = (await assessment(th, return_id)).json()
    assert (shown["result"], shown["grounds"]) == ("safe", "he moved away")


async def test_a_return_has_no_assessment_where_she_arrives(kh: Harness):
    _, return_id = await expected_abroad(kh)
    assert (await assessment(kh, return_id, org=RECEIVER)).status_code == 404


async def test_grounds_that_were_erased_are_shown_as_none(th: Harness):
    case_id = await a_case(th)
    return_id = UUID((await request(th, case_id)).json()["id"])
    for verb in ("counsel", "decide"):
        await move(th, return_id, verb)
    await move(th, return_id, "assess")
    async with th.service.database.engine.connect() as conn:
        person_id = (await conn.execute(text("select person_id from chassis.case_access"))).scalar_one()
    await th.service.vault.release(person_id)
    await th.service.vault.destroy(person_id)
    shown = await assessment(th, return_id)
    assert (shown.status_code, shown.json()["grounds"]) == (200, None)


async def test_grounds_wait_for_the_case_to_arrive_and_need_none_where_there_are_none(th: Harness):
    case_id = uuid4()
    await th.grant_access(case_id, SENDER)
    return_id = UUID((await request(th, case_id)).json()["id"])
    for verb in ("counsel", "decide"):
        await move(th, return_id, verb)
    assert (await move(th, return_id, "assess")).status_code == 503
    assert (await move(th, return_id, "assess", body={"result": "unsafe"})).status_code == 200


async def test_a_person_returns_once_at_a_time(th: Harness):
    case_id = await a_case(th)
    answers = await asyncio.gather(*(request(th, case_id) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409]
    return_id = next(UUID(a.json()["id"]) for a in answers if a.status_code == 201)
    assert (await move(th, return_id, "withdraw")).status_code == 200
    assert (await request(th, case_id)).status_code == 201


SENSELESS: list[tuple[dict[str, Any], str]] = [
    ({"receiver_cell": "TH"}, "receiver_cell"),
    ({"receiver_cell": "Cambodia"}, "receiver_cell"),
    ({"receiver": "somebody"}, "receiver"),
    ({"receiver": SENDER, "receiver_cell": "TH"}, "receiver"),
    ({"case_id": "not-a-case"}, "case_id"),
    ({"colour": "red"}, "*"),
]


async def test_a_request_that_makes_no_sense_is_refused_with_the_field(th: Harness):
    case_id = await a_case(th)
    for changes, field in SENSELESS:
        body = {**form(case_id), **changes}
        answer = await th.client.post("/v1/returns", json=body, headers=th.as_("case_worker"))
        assert (answer.status_code, answer.json()["errors"][0]["loc"][1]) == (422, field)
    assert await said(th) == []


async def test_an_assessment_or_an_outcome_outside_its_list_is_refused_without_an_echo(th: Harness):
    _, return_id = await requested(th)
    for verb in ("counsel", "decide"):
        await move(th, return_id, verb)
    answer = await move(th, return_id, "assess", body={"result": "fine", "grounds": SECRET})
    assert answer.status_code == 422
    assert "fine" not in answer.text
    assert SECRET not in answer.text
    answer = await move(th, return_id, "assess", body={"result": "safe", "grounds": "x" * 2001})
    assert answer.status_code == 422
    assert (await move(th, return_id, "close", body={"outcome": "deported"})).status_code == 422


async def raced(h: Harness, verb: str, headers: dict[str, str]) -> tuple[list[int], int]:
    """Two writers of the same verb at the same time: their statuses, and how much was said."""
    receiving = verb in RECEIVING
    _, return_id = await (expected_abroad if receiving else prepared)(h)
    await put_in_state(h, return_id, WAY[verb][0])
    org, before = RECEIVER if receiving else SENDER, len(await said(h))
    seen = {"If-Match": f'"{(await view(h, return_id, org=org))["version"]}"'} if headers else {}
    answers = await asyncio.gather(*(move(h, return_id, verb, org=org, headers=seen) for _ in range(2)))
    return sorted(a.status_code for a in answers), len(await said(h)) - before


TWICE = {"withdraw": ([200, 200], 1), **dict.fromkeys(STAYING, ([200, 200], 2))}
"""A second assessment or check replaces the first; a second withdrawal is the same one, whatever version was seen."""


async def test_of_two_writers_of_the_same_verb_one_moves_it(th: Harness, kh: Harness):
    for verb in WAY:
        expected = TWICE.get(verb, ([200, 409], 1))
        assert (verb, await raced(kh if verb in RECEIVING else th, verb, {})) == (verb, expected)


async def test_of_two_writers_who_saw_the_same_version_the_second_is_told(th: Harness, kh: Harness):
    for verb in WAY:
        result = await raced(kh if verb in RECEIVING else th, verb, {"If-Match": "seen"})
        expected = TWICE["withdraw"] if verb == "withdraw" else ([200, 412], 1)
        assert (verb, result) == (verb, expected)


async def test_each_side_moves_its_own_half_alone(th: Harness, kh: Harness):
    _, here = await requested(th)
    _, there = await expected_abroad(kh)
    for verb in set(WAY) - {"miss", "close"}:
        receiving = verb in RECEIVING
        h, return_id, org = (th, here, SENDER) if receiving else (kh, there, RECEIVER)
        answer = await move(h, return_id, verb, org=org)
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 409, "wrong-state")


async def test_a_verb_from_a_wrong_state_is_a_conflict_and_changes_nothing(th: Harness):
    _, return_id = await requested(th)
    await put_in_state(th, return_id, "withdrawn")
    for verb in set(WAY) - {"arrive", "withdraw"}:
        answer = await move(th, return_id, verb)
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 409, "wrong-state")
    assert (await view(th, return_id))["version"] == 1
    assert (await move(th, return_id, "withdraw")).json()["version"] == 1
    for state in ("arrived", "closed"):
        await put_in_state(th, return_id, state)
        answer = await move(th, return_id, "withdraw")
        assert (state, answer.status_code, answer.json()["code"]) == (state, 409, "wrong-state")


STRANGERS: dict[str, Callable[[Harness], dict[str, str]]] = {
    "a worker of another organisation": lambda h: h.as_("case_worker", "th-shelter"),
    "a worker to whom the case is not assigned": lambda h: h.as_("case_worker", sub="th.other"),
    "a screening officer": lambda h: h.as_("screening_officer"),
    "an auditor": lambda h: h.as_("auditor"),
    "an operator": lambda h: h.as_("operator"),
    "a service": lambda h: h.as_service("exchange"),
}


async def test_a_stranger_finds_nothing(th: Harness):
    case_id, return_id = await requested(th)
    await th.grant_access(case_id, SENDER, ("th.case_worker",))
    for who, headers_of in STRANGERS.items():
        headers = headers_of(th)
        for verb in WAY:
            answer = await move(th, return_id, verb, headers=headers)
            assert (who, verb, answer.status_code) == (who, verb, 404)
        found = await th.client.get(f"/v1/returns/{return_id}", headers=headers)
        read = await th.client.get(f"/v1/returns/{return_id}/assessment", headers=headers)
        made = await th.client.post("/v1/returns", json=form(case_id), headers=headers)
        listed = await th.client.get("/v1/returns", headers=headers)
        statuses = (found.status_code, read.status_code, made.status_code)
        assert (who, statuses) == (who, (404, 404, 404))
        assert listed.status_code == 403 or listed.json()["items"] == []


async def test_a_supervisor_moves_the_returns_of_the_organisation(th: Harness):
    case_id, return_id = await requested(th)
    await th.grant_access(case_id, SENDER, ("th.somebody",))
    answer = await move(th, return_id, "counsel", headers=th.as_("supervisor"))
    assert answer.status_code == 200


async def test_the_reading_of_a_return_is_logged(th: Harness):
    case_id, return_id = await requested(th)
    await view(th, return_id)
    type_, body = (await th.said())[-1]
    assert (type_, body["case_id"], body["resource"]) == ("record.read.v1", str(case_id), "return")
