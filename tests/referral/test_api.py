"""The routes of referrals on a real PostgreSQL: who may, what is refused, and two writers at the same time."""

import asyncio
from collections.abc import Callable
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import text

from chassis.web.http import cursor
from tests.harness import Harness
from tests.listing import directory_changed
from tests.referral.asking import BODIES, draft, drafted, form, move, sent, view
from tests.referral.making import RECIPIENT, delivered, received

WAY = {
    "accept": ("received", "accepted"),
    "reject": ("received", "rejected"),
    "start": ("accepted", "in_progress"),
    "hold": ("in_progress", "on_hold"),
    "resume": ("on_hold", "in_progress"),
    "complete": ("in_progress", "completed"),
    "fail": ("in_progress", "failed"),
}
SENDERS = ("send", "cancel", "correct")


async def put_in_state(h: Harness, referral_id: UUID, state: str) -> None:
    async with h.service.database.engine.begin() as conn:
        statement = text("update referral.referrals set state = :s where id = :id")
        await conn.execute(statement, {"s": state, "id": referral_id})


async def offered(kh: Harness) -> tuple[UUID, UUID]:
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    await kh.grant_access(case_id, RECIPIENT)
    return case_id, referral_id


async def test_a_draft_is_made_and_nobody_is_told(th: Harness):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    before = len(await th.said())
    answer = await draft(th, case_id)
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/v1/referrals/{answer.json()['id']}"
    assert answer.headers["etag"] == '"1"'
    assert len(await th.said()) == before
    shown = await view(th, UUID(answer.json()["id"]))
    assert (shown["state"], shown["recipient_cell"]) == ("draft", "KH")
    assert shown["asked"] == ["cor_FullName", "cor_Needs"]


async def test_sending_says_what_is_asked_with_the_role_that_the_directory_gives(th: Harness):
    case_id, referral_id = await sent(th)
    said = [body for type_, body in await th.said() if type_ == "referral.sent.v1"]
    assert said == [
        {
            "case_id": str(case_id),
            "referral_id": str(referral_id),
            "sender": "th-care-agency",
            "recipient": RECIPIENT,
            "recipient_cell": "KH",
            "recipient_role": "reintegration",
            "purpose": "return-and-reintegration",
            "service": "reintegration",
            "urgency": "urgent",
            "fields": ["cor_FullName", "cor_Needs"],
            "at": said[0]["at"],
            "kind": "referral",
        }
    ]
    assert (await view(th, referral_id))["respond_by"] is not None


SENSELESS: list[tuple[dict[str, object], str]] = [
    ({"recipient": "kh-nobody"}, "recipient"),
    ({"recipient": "kh-gone", "service": "medical"}, "recipient"),
    ({"recipient": "th-care-agency"}, "recipient"),
    ({"service": "legal", "recipient": "th-shelter"}, "service"),
    ({"service": "medical"}, "service"),
    ({"service": "unheard-of"}, "service"),
    ({"purpose": "deportation"}, "purpose"),
    ({"purpose": "audit"}, "purpose"),
    ({"urgency": "whenever"}, "urgency"),
    ({"fields": ["cor_SecretWish"]}, "fields"),
    ({"fields": []}, "fields"),
    ({"colour": "red"}, "*"),
]


async def test_an_offer_that_makes_no_sense_is_refused_with_the_field_and_no_echo(th: Harness):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    for changes, field in SENSELESS:
        answer = await draft(th, case_id, **changes)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["loc"][1] == field
        for value in changes.values():
            assert not value or str(value).strip("[]'") not in answer.text


async def test_a_recipient_that_has_closed_since_the_draft_is_refused_when_it_is_sent(th: Harness):
    _, referral_id = await drafted(th)
    await th.deliver(directory_changed(RECIPIENT, 2, status="defunct"))
    assert (await move(th, referral_id, "send")).status_code == 422
    assert (await view(th, referral_id))["state"] == "draft"


async def test_there_is_one_open_offer_for_a_case_a_recipient_and_a_purpose(th: Harness):
    case_id, open_one = await sent(th)
    answer = await draft(th, case_id)
    assert (answer.status_code, answer.json()["code"]) == (409, "offer-open")
    assert answer.json()["referral_id"] == str(open_one)
    other = await draft(th, case_id, recipient="th-shelter", service="shelter")
    assert other.status_code == 201


async def test_the_receiver_moves_the_referral_forward(kh: Harness):
    for verb, (start, to) in WAY.items():
        _, referral_id = await offered(kh)
        await put_in_state(kh, referral_id, start)
        answer = await move(kh, referral_id, verb, org=RECIPIENT)
        assert (verb, answer.status_code, answer.json()["version"]) == (verb, 200, 2)
        assert (await view(kh, referral_id, org=RECIPIENT))["state"] == to
        _, body = next(s for s in (await kh.said())[::-1] if s[0].startswith("referral."))
        assert (body["half"], body["referral_id"]) == ("incoming", str(referral_id))
        assert {k: v for k, v in body.items() if k in ("reason", "outcome")} == BODIES.get(verb, {})


async def test_a_verb_from_a_wrong_state_is_a_conflict_and_changes_nothing(kh: Harness):
    _, referral_id = await offered(kh)
    await put_in_state(kh, referral_id, "completed")
    for verb in WAY:
        answer = await move(kh, referral_id, verb, org=RECIPIENT)
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 409, "wrong-state")
    assert (await view(kh, referral_id, org=RECIPIENT))["version"] == 1


async def test_the_sender_does_not_move_the_receivers_half(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id))
    for verb in WAY:
        answer = await move(th, referral_id, verb)
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 409, "wrong-state")


async def test_the_receiver_does_not_move_the_senders_half(kh: Harness):
    _, referral_id = await offered(kh)
    for verb in SENDERS:
        answer = await move(kh, referral_id, verb, org=RECIPIENT)
        assert (verb, answer.status_code, answer.json()["code"]) == (verb, 409, "wrong-state")
    preview = await kh.client.get(
        f"/v1/referrals/{referral_id}/preview", headers=kh.as_("case_worker", RECIPIENT)
    )
    assert preview.status_code == 404


async def test_the_sender_takes_a_referral_back_and_the_receiver_is_told(th: Harness):
    for verb in ("cancel", "correct"):
        _, referral_id = await sent(th)
        assert (await move(th, referral_id, verb)).status_code == 200
        type_, body = (await th.said())[-1]
        assert (type_, body["half"]) == ("referral.cancelled.v1", "outgoing")


async def raced(h: Harness, verb: str, headers: dict[str, str]) -> tuple[list[int], int, int]:
    """Two writers of the same verb at the same time: their statuses, what was said, and the version afterwards."""
    if verb in SENDERS:
        org, (_, referral_id) = "th-care-agency", await drafted(h)
    else:
        org, (_, referral_id) = RECIPIENT, await offered(h)
        await put_in_state(h, referral_id, WAY[verb][0])
    before = len(await h.said())
    answers = await asyncio.gather(*(move(h, referral_id, verb, org=org, headers=headers) for _ in range(2)))
    said = len(await h.said()) - before
    return sorted(a.status_code for a in answers), said, (await view(h, referral_id, org=org))["version"]


SAID = {**dict.fromkeys(WAY, 1), "send": 1, "cancel": 0, "correct": 0}
"""A draft that is cancelled or corrected is said to nobody."""


async def test_of_two_writers_of_the_same_verb_one_moves_it(th: Harness, kh: Harness):
    for verb, said in SAID.items():
        h = th if verb in SENDERS else kh
        assert (verb, *await raced(h, verb, {})) == (verb, [200, 409], said, 2)


async def test_of_two_writers_who_saw_the_same_version_the_second_is_told(th: Harness, kh: Harness):
    for verb, said in SAID.items():
        h = th if verb in SENDERS else kh
        assert (verb, *await raced(h, verb, {"If-Match": '"1"'})) == (verb, [200, 412], said, 2)


async def test_two_drafts_of_the_same_offer_at_the_same_time_become_one(th: Harness):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    answers = await asyncio.gather(*(draft(th, case_id) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_a_command_repeated_under_its_key_is_done_once(kh: Harness):
    _, referral_id = await offered(kh)
    key = {"Idempotency-Key": "accept-once"}
    first = await move(kh, referral_id, "accept", org=RECIPIENT, headers=key)
    again = await move(kh, referral_id, "accept", org=RECIPIENT, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


Headers = Callable[[Harness], dict[str, str]]
STRANGERS: dict[str, Headers] = {
    "a worker of another organisation": lambda h: h.as_("case_worker", "th-shelter"),
    "a worker to whom the case is not assigned": lambda h: h.as_("case_worker", sub="th.other"),
    "a screening officer": lambda h: h.as_("screening_officer"),
    "an auditor": lambda h: h.as_("auditor"),
    "an operator": lambda h: h.as_("operator"),
    "a service": lambda h: h.as_service("exchange"),
}


async def test_a_stranger_finds_nothing(th: Harness):
    case_id, referral_id = await drafted(th)
    await th.grant_access(case_id, "th-care-agency", ("th.case_worker",))
    path = f"/v1/referrals/{referral_id}"
    for who, headers_of in STRANGERS.items():
        headers = headers_of(th)
        for verb in (*WAY, *SENDERS):
            answer = await th.client.post(f"{path}/{verb}", json=BODIES.get(verb), headers=headers)
            assert (who, verb, answer.status_code) == (who, verb, 404)
        for read in (path, f"{path}/preview"):
            assert (who, (await th.client.get(read, headers=headers)).status_code) == (who, 404)
        answer = await th.client.post("/v1/referrals", json=form(case_id), headers=headers)
        assert (who, answer.status_code) == (who, 404)
        listed = await th.client.get("/v1/referrals", headers=headers)
        assert listed.status_code == 403 or listed.json()["items"] == []


async def test_a_supervisor_sees_and_moves_the_cases_of_the_organisation(th: Harness):
    case_id, referral_id = await drafted(th)
    await th.grant_access(case_id, "th-care-agency", ("th.somebody",))
    headers = th.as_("supervisor")
    assert (await th.client.get(f"/v1/referrals/{referral_id}", headers=headers)).status_code == 200
    assert (await th.client.post(f"/v1/referrals/{referral_id}/send", headers=headers)).status_code == 200


async def test_the_reading_of_a_referral_is_logged(th: Harness):
    case_id, referral_id = await drafted(th)
    await view(th, referral_id)
    assert (await th.said())[-1] == (
        "record.read.v1",
        {
            "case_id": str(case_id),
            "resource": "referral",
            "resource_id": str(referral_id),
            "fields": [],
            "allowed": True,
        },
    )


async def test_a_position_that_no_page_gave_is_refused(th: Harness):
    for after in ("bm90aGluZw", cursor("2026-11-24T09:00:00", uuid4()), cursor("2026-11-24", uuid4())):
        bad = await th.client.get("/v1/referrals", params={"after": after}, headers=th.as_("case_worker"))
        assert bad.status_code == 422


async def test_a_late_answer_is_shown_on_the_worklist(th: Harness):
    _, referral_id = await sent(th)
    async with th.service.database.engine.begin() as conn:
        await conn.execute(text("update chassis.work set due_at = now() where kind = 'remind'"))
    assert await th.work() == 1
    page = (await th.client.get("/v1/referrals", headers=th.as_("case_worker"))).json()
    assert [(item["late"], item["state"]) for item in page["items"]] == [(True, "requested")]
    assert (await view(th, referral_id))["late"] is True


async def consent_answers(th: Harness, answer: httpx2.Response) -> list[httpx2.Request]:
    """Consent is another process; what it is asked is kept, and it answers this."""
    asked: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return answer

    await th.service.peers.http.aclose()
    th.service.peers.http = httpx2.AsyncClient(transport=httpx2.MockTransport(respond))
    th.service.settings.peers = {"consent": "http://consent.test"}
    return asked


async def test_the_preview_shows_what_would_be_sent_what_not_and_why(th: Harness):
    _, referral_id = await drafted(th)
    shown = {
        "sent": ["cor_FullName"],
        "withheld": [{"field": "cor_Needs", "reason": "no_consent"}],
        "refusal": None,
        "consent_id": str(uuid4()),
        "revision": 1,
        "back_categories": ["outcome"],
        "basis": None,
        "law": None,
        "expires": "2026-12-24T12:00:00Z",
    }
    asked = await consent_answers(th, httpx2.Response(200, json=shown))
    answer = await th.client.get(f"/v1/referrals/{referral_id}/preview", headers=th.as_("case_worker"))
    assert (answer.status_code, answer.json()) == (200, shown)
    assert asked[0].url == "http://consent.test/internal/v1/preview"
    assert (await th.said())[-1][1]["resource"] == "preview"


@pytest.mark.parametrize("answer", [httpx2.Response(500), httpx2.Response(200, json={"sent": "all"})])
async def test_without_consents_answer_there_is_no_preview(th: Harness, answer: httpx2.Response):
    _, referral_id = await drafted(th)
    await consent_answers(th, answer)
    shown = await th.client.get(f"/v1/referrals/{referral_id}/preview", headers=th.as_("case_worker"))
    assert (shown.status_code, shown.json()["code"]) == (503, "unavailable")
