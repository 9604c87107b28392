"""What referral does when it is told something, through the consumer and the database."""

from dataclasses import replace
from uuid import UUID, uuid4, uuid5

import pytest
from sqlalchemy import text

from services.referral.outgoing import EXPIRE, REMIND
from tests.harness import Harness
from tests.referral.asking import draft, move, sent, view
from tests.referral.making import (
    RECIPIENT,
    SENDER,
    authorised,
    border_refused,
    consent_given,
    delivered,
    process,
    recall,
    recalled,
    received,
    refused,
)


async def half(h: Harness, referral_id: UUID, which: str = "outgoing") -> dict[str, object]:
    async with h.service.database.engine.connect() as conn:
        row = await conn.execute(
            text("select * from referral.referrals where id = :id and half = :half"),
            {"id": referral_id, "half": which},
        )
        return dict(row.one()._mapping)


async def said_of(h: Harness, referral_id: UUID) -> list[tuple[str, str]]:
    return [
        (type_, body.get("half", "outgoing"))
        for type_, body in await h.said()
        if body.get("referral_id") == str(referral_id) and type_.startswith("referral.")
    ]


async def test_an_authorised_disclosure_is_written_on_the_outgoing_half(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(authorised(case_id, referral_id))
    row = await half(th, referral_id)
    assert row["state"] == "requested"
    assert row["fields"] == ["cor_FullName"]
    assert row["withheld"] == [["cor_Needs", "no_consent"]]
    assert row["disclosure_id"] == uuid5(referral_id, "disclosure")


async def test_a_refused_disclosure_fails_the_referral_with_the_code_of_the_refusal(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(refused(case_id, referral_id))
    row = await half(th, referral_id)
    assert (row["state"], row["reason"]) == ("failed", "no_consent")
    assert (await said_of(th, referral_id))[-1] == ("referral.failed.v1", "outgoing")


async def test_after_a_refusal_the_same_offer_may_be_drafted_again(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(refused(case_id, referral_id))
    assert (await draft(th, case_id)).status_code == 201


async def test_a_receipt_makes_the_offer_received(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id))
    assert (await half(th, referral_id))["state"] == "received"
    assert (await said_of(th, referral_id))[-1] == ("referral.received.v1", "outgoing")


async def test_the_receipt_of_a_process_item_moves_nothing(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id, item_class="process"))
    await th.deliver(border_refused(case_id, referral_id, item_class="process"))
    assert (await half(th, referral_id))["state"] == "requested"


async def test_a_refusal_at_the_border_fails_the_referral_with_its_code(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(border_refused(case_id, referral_id))
    row = await half(th, referral_id)
    assert (row["state"], row["reason"]) == ("failed", "unknown_key")


async def test_a_refusal_of_what_was_replaced_since_fails_nothing(th: Harness):
    case_id, referral_id = await sent(th)
    first = authorised(case_id, referral_id)
    await th.deliver(first)
    await th.deliver(first.model_copy(update={"disclosure_id": uuid5(first.disclosure_id, "following")}))
    late = border_refused(case_id, referral_id)
    await th.deliver(late.model_copy(update={"disclosure_id": first.disclosure_id}))
    assert (await half(th, referral_id))["state"] == "requested"


@pytest.mark.parametrize("reason", ["withdrawn", "not_in_agreement", "erasure"])
@pytest.mark.parametrize("before", [(), ("delivered",)])
async def test_a_recall_before_acceptance_revokes_the_offer(
    th: Harness, before: tuple[str, ...], reason: str
):
    case_id, referral_id = await sent(th)
    if before:
        await th.deliver(delivered(case_id, referral_id))
    await th.deliver(recalled(case_id, referral_id, reason))
    assert (await half(th, referral_id))["state"] == "revoked"
    assert (await said_of(th, referral_id))[-1] == ("referral.revoked.v1", "outgoing")


async def test_a_recall_after_acceptance_leaves_the_help_as_it_is(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id))
    await th.deliver(process(case_id, referral_id, "referral.accepted"))
    await th.deliver(recalled(case_id, referral_id))
    assert (await half(th, referral_id))["state"] == "accepted"


async def test_the_outgoing_half_follows_the_receiver_to_the_outcome(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id))
    for code, reason, state in (
        ("referral.accepted", None, "accepted"),
        ("referral.started", None, "in_progress"),
        ("referral.held", "awaiting-documents", "on_hold"),
        ("referral.resumed", None, "in_progress"),
        ("referral.completed", "service-delivered", "completed"),
    ):
        await th.deliver(process(case_id, referral_id, code, reason))
        assert (await half(th, referral_id))["state"] == state
    assert (await half(th, referral_id))["outcome"] == "service-delivered"
    assert [half_ for _, half_ in await said_of(th, referral_id)] == ["outgoing"] * 7


async def test_a_process_code_told_twice_is_followed_once(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id))
    await th.deliver(process(case_id, referral_id, "referral.accepted"))
    await th.deliver(process(case_id, referral_id, "referral.accepted"))
    assert (await said_of(th, referral_id)).count(("referral.accepted.v1", "outgoing")) == 1
    assert await th.parked() == []


@pytest.mark.parametrize(
    "code", ["referral.started", "referral.cancelled", "referral.of-tomorrow", "return.cleared"]
)
async def test_a_code_that_fits_no_half_here_parks_nothing(th: Harness, code: str):
    case_id, referral_id = await sent(th)
    await th.deliver(process(uuid4(), uuid4(), code))
    await th.deliver(process(case_id, uuid4(), code))
    assert (await half(th, referral_id))["state"] == "requested"
    assert await th.parked() == []


async def test_a_code_of_somebody_else_than_the_receiver_moves_nothing(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(delivered(case_id, referral_id))
    await th.deliver(process(case_id, referral_id, "referral.accepted", sender="kh-other-agency"))
    assert (await half(th, referral_id))["state"] == "received"


async def test_a_disclosure_opens_the_incoming_half_and_its_clock(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    row = await half(kh, referral_id, "incoming")
    assert (row["state"], row["organisation"], row["sender"]) == ("received", RECIPIENT, SENDER)
    assert (row["purpose"], row["fields"]) == ("return-and-reintegration", ["cor_FullName"])
    assert await said_of(kh, referral_id) == [("referral.received.v1", "incoming")]
    async with kh.service.database.engine.connect() as conn:
        kinds = await conn.execute(text("select kind from chassis.work order by due_at"))
        assert [kind for (kind,) in kinds] == [REMIND, EXPIRE]


async def test_a_disclosure_opened_again_moves_nothing(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    await kh.grant_access(case_id, RECIPIENT)
    await move(kh, referral_id, "accept", org=RECIPIENT)
    await kh.deliver(received(case_id, referral_id))
    assert (await half(kh, referral_id, "incoming"))["state"] == "accepted"


async def test_a_referral_named_again_under_another_case_does_not_replace_the_first(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    await kh.grant_access(case_id, RECIPIENT)
    await move(kh, referral_id, "accept", org=RECIPIENT)
    await kh.deliver(received(uuid4(), referral_id, sender="th-somebody-else"))
    row = await half(kh, referral_id, "incoming")
    assert (row["case_id"], row["sender"], row["state"]) == (case_id, SENDER, "accepted")
    assert await kh.parked() == []


async def test_a_recall_before_acceptance_revokes_the_incoming_half(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    await kh.deliver(recall(case_id, referral_id))
    assert (await half(kh, referral_id, "incoming"))["state"] == "revoked"
    assert (await said_of(kh, referral_id))[-1] == ("referral.revoked.v1", "incoming")


async def test_a_recall_after_acceptance_lets_the_help_go_on(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    await kh.grant_access(case_id, RECIPIENT)
    await move(kh, referral_id, "accept", org=RECIPIENT)
    await kh.deliver(recall(case_id, referral_id))
    assert (await half(kh, referral_id, "incoming"))["state"] == "accepted"
    assert (await move(kh, referral_id, "start", org=RECIPIENT)).status_code == 200


@pytest.mark.parametrize(
    ("reason", "offer", "help_"),
    [
        ("narrowed", "revoked", "accepted"),
        ("not_in_agreement", "revoked", "accepted"),
        ("replaced", "received", "accepted"),
        ("unanswered", "expired", "accepted"),
        ("cancelled", "cancelled", "cancelled"),
        ("entered_in_error", "cancelled", "cancelled"),
        ("completed", "received", "accepted"),
        ("erasure", "revoked", "accepted"),
        ("what-nobody-here-has-heard-of", "revoked", "accepted"),
    ],
)
async def test_the_incoming_half_ends_by_the_reason_of_the_recall(
    kh: Harness, reason: str, offer: str, help_: str
):
    for accepted in (False, True):
        case_id, referral_id = uuid4(), uuid4()
        await kh.deliver(received(case_id, referral_id))
        if accepted:
            await kh.grant_access(case_id, RECIPIENT)
            await move(kh, referral_id, "accept", org=RECIPIENT)
        await kh.deliver(recall(case_id, referral_id, reason))
        assert (await half(kh, referral_id, "incoming"))["state"] == (help_ if accepted else offer)


async def test_the_offer_stands_while_its_disclosure_is_replaced_by_a_smaller_one(th: Harness, kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    first = received(case_id, referral_id)
    smaller = first.model_copy(
        update={
            "disclosure_id": uuid5(first.disclosure_id, "following"),
            "grant": replace(first.grant, fields=("cor_FullName",)),
        }
    )
    await kh.deliver(first)
    await kh.deliver(recall(case_id, referral_id, "replaced"))
    await kh.deliver(smaller)
    row = await half(kh, referral_id, "incoming")
    assert (row["state"], row["disclosure_id"], row["fields"]) == (
        "received",
        smaller.disclosure_id,
        ["cor_FullName"],
    )


async def test_a_replacement_leaves_the_sent_offer_as_it_is(th: Harness):
    case_id, referral_id = await sent(th)
    await th.deliver(recalled(case_id, referral_id, "replaced"))
    assert (await half(th, referral_id, "outgoing"))["state"] == "requested"
    await th.deliver(recalled(case_id, referral_id, "narrowed"))
    assert (await half(th, referral_id, "outgoing"))["state"] == "revoked"


async def test_a_recall_that_overtakes_its_disclosure_leaves_it_revoked_and_nobody_is_asked(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(recall(case_id, referral_id))
    await kh.deliver(received(case_id, referral_id))
    row = await half(kh, referral_id, "incoming")
    assert (row["state"], row["organisation"]) == ("revoked", RECIPIENT)
    assert await said_of(kh, referral_id) == []


async def test_the_incoming_half_follows_the_senders_cancellation(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    told = process(case_id, referral_id, "referral.cancelled", sender=SENDER, sender_cell="TH")
    await kh.deliver(told)
    assert (await half(kh, referral_id, "incoming"))["state"] == "cancelled"
    assert (await said_of(kh, referral_id))[-1] == ("referral.cancelled.v1", "incoming")


async def test_in_one_country_both_halves_live_side_by_side_under_their_own_cases(th: Harness):
    case_id, referral_id = await sent(th, recipient="th-shelter", service="shelter", purpose="protection")
    other = uuid4()
    await th.deliver(received(other, referral_id, recipient="th-shelter", service="shelter"))
    await th.deliver(delivered(case_id, referral_id))
    await th.grant_access(other, "th-shelter")
    assert (await move(th, referral_id, "accept", org="th-shelter")).status_code == 200
    told = process(case_id, referral_id, "referral.accepted", sender="th-shelter", sender_cell="TH")
    await th.deliver(told)
    assert (await half(th, referral_id))["state"] == "accepted"
    assert (await half(th, referral_id, "incoming"))["case_id"] == other
    assert (await view(th, referral_id))["half"] == "outgoing"
    assert (await view(th, referral_id, org="th-shelter"))["half"] == "incoming"


async def test_a_recorded_consent_is_shown_on_the_referral_that_it_covers(th: Harness):
    case_id, referral_id = await sent(th)
    assert (await view(th, referral_id))["consent_recorded"] is False
    await th.deliver(consent_given(case_id, recipients=("kh-somebody-else",)))
    assert (await view(th, referral_id))["consent_recorded"] is False
    await th.deliver(consent_given(case_id))
    assert (await view(th, referral_id))["consent_recorded"] is True


async def test_an_older_revision_of_a_consent_does_not_replace_a_newer_one(th: Harness):
    case_id, referral_id = await sent(th)
    newer = consent_given(case_id, revision=2)
    await th.deliver(newer)
    await th.deliver(newer.model_copy(update={"revision": 1, "recipients": ()}))
    assert (await view(th, referral_id))["consent_recorded"] is True


async def test_silence_is_shown_and_then_expires_the_offer_on_both_sides(th: Harness, kh: Harness):
    case_id, referral_id = await sent(th)
    await kh.deliver(received(uuid4(), referral_id))
    for harness, which in ((th, "outgoing"), (kh, "incoming")):
        assert await harness.work(hasten=True) == 2
        row = await half(harness, referral_id, which)
        assert row["state"] == "expired"
        assert (await said_of(harness, referral_id))[-1] == ("referral.expired.v1", which)
    assert (await draft(th, case_id)).status_code == 201


async def test_a_clock_that_rings_after_the_answer_changes_nothing(kh: Harness):
    case_id, referral_id = uuid4(), uuid4()
    await kh.deliver(received(case_id, referral_id))
    await kh.grant_access(case_id, RECIPIENT)
    await move(kh, referral_id, "accept", org=RECIPIENT)
    await kh.work(hasten=True)
    row = await half(kh, referral_id, "incoming")
    assert (row["state"], row["reminded_at"]) == ("accepted", None)


async def test_an_acceptance_that_crossed_the_expiry_is_followed(th: Harness):
    case_id, referral_id = await sent(th)
    await th.work(hasten=True)
    await th.deliver(process(case_id, referral_id, "referral.accepted"))
    assert (await half(th, referral_id))["state"] == "accepted"
