"""A transfer: custody goes with the answer, once, inside one country, and comes from nobody else's hands."""

from uuid import UUID, uuid4

import pytest

from contracts.events.consent import HandOverAskedV1
from contracts.events.intake import CaseClosedV1, CaseResumedV1, DependantsChangedV1
from services.referral.domain import facts
from services.referral.domain.states import Half, Kind, State, Verb, WrongMove
from tests.harness import Harness
from tests.referral.asking import draft, drafted, form, move, sent, view
from tests.referral.making import DEADLINES, NOW, a_referral, delivered, process, received

S = State
SHELTER = "th-shelter"
TRANSFER = {"kind": "transfer", "recipient": SHELTER, "service": "shelter", "purpose": "protection"}


def transfer(state: State = S.DRAFT, half: Half = Half.OUTGOING):
    return a_referral(state, half, kind=Kind.TRANSFER, recipient=SHELTER, recipient_cell="TH")


def moved(said: list[facts.Fact]) -> list[str]:
    return [fact.state for fact in said if isinstance(fact, facts.TransferMoved)]


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", ["start", "resume"])
def test_whoever_took_a_case_over_tells_its_sender_nothing_more_of_her(verb: str, state: State, half: Half):
    with pytest.raises(Exception, match=r"cannot|is not for"):
        getattr(transfer(state, half), verb)(NOW)


@pytest.mark.parametrize("verb", ["cancel", "correct"])
@pytest.mark.parametrize("state", [S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD])
def test_a_case_that_was_accepted_is_not_taken_back(verb: str, state: State):
    with pytest.raises(WrongMove):
        getattr(transfer(state), verb)(NOW)


@pytest.mark.parametrize("state", [S.DRAFT, S.REQUESTED, S.RECEIVED])
def test_until_it_is_accepted_the_sender_can_take_it_back(state: State):
    one = transfer(state)
    said = one.cancel(NOW)
    assert one.state is S.CANCELLED
    assert moved(said) == ([] if state is S.DRAFT else ["cancelled"])


def test_each_move_of_the_senders_half_says_where_the_transfer_stands():
    one = transfer()
    assert moved(one.send(DEADLINES, NOW)) == ["requested"]
    assert moved(one.deliver(NOW)) == ["received"]
    assert moved(one.follow(Verb.ACCEPT, NOW)) == ["accepted"]
    assert moved(transfer(S.RECEIVED, Half.INCOMING).accept(NOW)) == []
    assert moved(a_referral(S.RECEIVED).follow(Verb.ACCEPT, NOW)) == []


def test_an_acceptance_that_crossed_what_took_the_case_back_moves_nothing():
    one = transfer(S.CANCELLED)
    assert moved(one.follow(Verb.ACCEPT, NOW)) == []
    assert one.state is S.CANCELLED


@pytest.mark.parametrize("verb", [Verb.START, Verb.HOLD, Verb.COMPLETE, Verb.FAIL])
def test_what_the_recipient_does_later_is_not_followed(verb: Verb):
    one = transfer(S.ACCEPTED)
    one.follow(verb, NOW)
    assert one.state is S.ACCEPTED


async def transferring(th: Harness, role: str = "screening_officer") -> tuple[UUID, UUID]:
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    answer = await th.client.post("/v1/referrals", json=form(case_id, **TRANSFER), headers=th.as_(role))
    assert answer.status_code == 201, answer.text
    return case_id, UUID(answer.json()["id"])


@pytest.mark.parametrize("role", ["screening_officer", "case_worker", "supervisor"])
async def test_whoever_has_the_case_hands_it_over(th: Harness, role: str):
    case_id, referral_id = await transferring(th, role)
    answer = await th.client.post(f"/v1/referrals/{referral_id}/send", headers=th.as_(role))
    assert answer.status_code == 200
    (asked,) = [body for type_, body in await th.said() if type_ == "referral.sent.v1"]
    assert (asked["kind"], asked["recipient"], asked["recipient_role"]) == ("transfer", SHELTER, "shelter")
    await th.deliver(delivered(case_id, referral_id))
    code = process(case_id, referral_id, "referral.accepted", sender=SHELTER, sender_cell="TH")
    await th.deliver(code)
    states = [body["state"] for type_, body in await th.said() if type_ == "transfer.moved.v1"]
    assert states == ["requested", "received", "accepted"]


async def test_an_officer_hands_over_and_refers_nowhere(th: Harness):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    officer = th.as_("screening_officer")
    answer = await th.client.post("/v1/referrals", json=form(case_id), headers=officer)
    assert answer.status_code == 404
    _, referral_id = await drafted(th)
    for verb in ("send", "cancel", "correct"):
        answer = await th.client.post(f"/v1/referrals/{referral_id}/{verb}", headers=officer)
        assert answer.status_code == 404


async def test_no_case_is_transferred_abroad(th: Harness):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    answer = await draft(th, case_id, kind="transfer")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["loc"], error["code"]) == (
        422,
        ["body", "recipient"],
        "transfer-abroad",
    )


async def test_a_case_goes_to_one_organisation_at_a_time(th: Harness):
    case_id, first = await transferring(th, "case_worker")
    again = await draft(th, case_id, **TRANSFER | {"purpose": "legal-aid"})
    assert (again.status_code, again.json()["code"]) == (409, "transfer-open")
    assert (await move(th, first, "cancel")).status_code == 200
    assert (await draft(th, case_id, **TRANSFER)).status_code == 201


async def test_the_recipient_sees_that_it_is_offered_custody(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    offer = received(case_id, referral_id, kind="transfer", sender="kh-care-agency", sender_cell="KH")
    await kh.deliver(offer)
    await kh.grant_access(case_id, offer.recipient)
    assert (await view(kh, referral_id, offer.recipient))["kind"] == "transfer"
    assert (await move(kh, referral_id, "accept", org=offer.recipient)).status_code == 200
    for verb in ("start", "hold", "complete", "fail"):
        assert (await move(kh, referral_id, verb, org=offer.recipient)).status_code == 409


def asked_for(case_id: UUID, **changes) -> HandOverAskedV1:
    values = {
        "case_id": case_id,
        "referral_id": uuid4(),
        "sender": "th-care-agency",
        "recipient": SHELTER,
        "recipient_cell": "TH",
        "recipient_role": "shelter",
        "purpose": "protection",
        "service": "shelter",
        "urgency": "urgent",
        "fields": ("cor_FullName",),
        "at": NOW,
    }
    return HandOverAskedV1(**{**values, **changes})


async def said_of(th: Harness, *types: str) -> list[dict]:
    return [body for type_, body in await th.said() if type_ in types]


async def test_what_she_agreed_to_is_sent_once_however_often_it_is_heard(th: Harness):
    event = asked_for(uuid4())
    await th.deliver(event)
    await th.deliver(event)
    (sent,) = await said_of(th, "referral.sent.v1")
    assert (sent["referral_id"], sent["kind"]) == (str(event.referral_id), "transfer")
    assert [body["state"] for body in await said_of(th, "transfer.moved.v1")] == ["requested"]


async def test_a_second_hand_over_fails_alone_and_the_first_goes_on(th: Harness):
    first = asked_for(uuid4())
    second = asked_for(first.case_id, recipient="th-legal-aid", service="legal")
    await th.deliver(first)
    await th.deliver(second)
    (failed,) = await said_of(th, "referral.failed.v1")
    assert (failed["referral_id"], failed["reason"]) == (str(second.referral_id), "transfer-open")
    assert [body["referral_id"] for body in await said_of(th, "transfer.moved.v1")] == [
        str(first.referral_id)
    ]


async def test_a_service_that_the_recipient_does_not_offer_is_said_and_nothing_is_sent(th: Harness):
    await th.deliver(asked_for(uuid4(), service="medical"))
    (failed,) = await said_of(th, "referral.failed.v1")
    assert failed["reason"] == "service-not-offered"
    assert [body["state"] for body in await said_of(th, "transfer.moved.v1")] == ["failed"]
    assert await said_of(th, "referral.sent.v1") == []


async def test_a_transfer_is_not_sent_away_from_a_child_without_a_word_also_one_linked_since_it_was_drafted(
    th: Harness,
):
    case_id = uuid4()
    await th.grant_access(case_id, "th-care-agency")
    headers = th.as_("case_worker")
    drafts = [
        (await th.client.post("/v1/referrals", json=form(case_id, **kind), headers=headers)).json()["id"]
        for kind in (TRANSFER, {})
    ]
    linked = DependantsChangedV1(case_id=case_id, link_id=uuid4(), change="linked", linked_here=True)
    await th.deliver(linked)

    async def sent(draft: str, body: object = None) -> tuple[int, str | None]:
        answer = await th.client.post(
            f"/v1/referrals/{draft}/send", json=body, headers={**headers, "If-Match": "*"}
        )
        return answer.status_code, answer.json().get("code")

    view = (await th.client.get(f"/v1/referrals/{drafts[0]}", headers=headers)).json()
    (send,) = [one for one in view["moves"] if one["verb"] == "send_referral"]
    assert (send["blocked_by"], await sent(drafts[0])) == (["linked-case-open"], (409, "linked-case-open"))
    assert await sent(drafts[0], {"linked_stay": True}) == (200, None)
    assert await sent(drafts[1]) == (200, None)


@pytest.mark.parametrize("changes", [{}, TRANSFER])
async def test_nothing_is_sent_of_a_case_that_is_closed_until_it_is_resumed(
    th: Harness, changes: dict[str, str]
):
    case_id, referral_id = await drafted(th, **changes)
    await th.deliver(CaseClosedV1(case_id=case_id))
    refused = await move(th, referral_id, "send")
    assert (refused.status_code, refused.json()["code"]) == (409, "case-closed")
    assert "resume" in refused.json()["title"]
    shown = await view(th, referral_id)
    assert "send_referral" not in {one["verb"] for one in shown["moves"]}
    assert (shown["state"], await said_of(th, "referral.sent.v1")) == ("draft", [])
    await th.deliver(CaseResumedV1(case_id=case_id))
    assert "send_referral" in {one["verb"] for one in (await view(th, referral_id))["moves"]}
    assert (await move(th, referral_id, "send")).status_code == 200


async def test_what_ends_a_referral_of_a_closed_case_is_not_refused(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(CaseClosedV1(case_id=case_id))
    assert (await move(th, referral_id, "cancel")).status_code == 200
