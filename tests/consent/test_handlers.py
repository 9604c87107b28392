"""What consent does when it is told something, through the consumer and on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contracts.events.exchange import (
    DisclosureReceivedV1,
    EnvelopeDeliveredV1,
    EnvelopeRefusedV1,
    EnvelopeSealedV1,
    RecallAnsweredV1,
    RecallReceivedV1,
)
from contracts.events.referral import ReferralCancelledV1
from contracts.grant import Grant
from tests.consent.conftest import SENT
from tests.consent.making import (
    AGENCY,
    PURPOSE,
    SENDER,
    age_known,
    agreement_changed,
    directory_changed,
    referral_sent,
)


def crossing(kind, consent, disclosure_id, **more):
    return kind(
        case_id=consent.case_id,
        item_id=disclosure_id,
        item_class="disclosure",
        disclosure_id=disclosure_id,
        recipient_cell="KH",
        **more,
    )


def sealed(consent, disclosure_id):
    more = {"envelope_id": uuid4(), "envelope_seq": 1, "sealed_at": datetime.now(UTC)}
    return crossing(EnvelopeSealedV1, consent, disclosure_id, **more)


def delivered(consent, disclosure_id):
    return crossing(EnvelopeDeliveredV1, consent, disclosure_id, at=datetime.now(UTC))


def refused(consent, disclosure_id):
    return crossing(EnvelopeRefusedV1, consent, disclosure_id, code="expired", at=datetime.now(UTC))


def recall_answered(consent, disclosure_id, answer="erased", law=None):
    at = datetime.now(UTC)
    return RecallAnsweredV1(
        case_id=consent.case_id, disclosure_id=disclosure_id, answer=answer, law=law, at=at
    )


def received(case_id, disclosure_id, **changes):
    grant = Grant(
        disclosure_id=disclosure_id,
        consent_revision=1,
        consent_sha256="a" * 64,
        agreement_id="th-kh-2026",
        agreement_version=1,
        purpose=PURPOSE,
        recipient=SENDER,
        fields=SENT,
        back_categories=("outcome",),
        basis=changes.get("basis"),
        law=changes.get("law"),
        valid_until=changes.get("valid_until", datetime.now(UTC) + timedelta(days=1)),
    )
    return DisclosureReceivedV1(
        case_id=case_id,
        person_id=uuid4(),
        first=True,
        disclosure_id=disclosure_id,
        referral_id=uuid4(),
        sender="kh-care-agency",
        sender_cell="KH",
        recipient=SENDER,
        service="shelter",
        urgency="routine",
        grant=grant,
        fields=(),
        at=datetime.now(UTC),
    )


def recall_received(case_id, disclosure_id):
    return RecallReceivedV1(
        case_id=case_id,
        disclosure_id=disclosure_id,
        referral_id=uuid4(),
        sender_cell="KH",
        at=datetime.now(UTC),
    )


async def ledger(consent):
    page = await consent.client.get(f"/v1/cases/{consent.case_id}/ledger", headers=consent.worker)
    return page.json()["items"]


async def granted(consent, disclosure_id):
    headers = consent.harness.as_service("intake")
    return (await consent.client.get(f"/internal/v1/grants/{disclosure_id}", headers=headers)).json()


async def test_a_referral_that_she_agreed_to_is_authorised_with_exactly_its_fields(consent):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    (said,) = await consent.said("disclosure.authorised.v1")
    assert (said["disclosure_id"], said["consent_id"]) == (str(disclosure_id), str(consent_id))
    assert tuple(said["fields"]) == SENT
    assert said["withheld"] == [{"field": "vic_TypeOfExploitation", "reason": "no_consent"}]
    assert (said["revision"], said["agreement_version"], said["back_categories"]) == (1, 1, ["outcome"])
    assert await consent.steps(disclosure_id) == ["authorised"]


async def test_a_referral_without_consent_is_refused_and_may_be_sent_again_after_it(consent):
    referral_id = uuid4()
    disclosure_id = await consent.send(referral_id=referral_id)
    assert [e["reason"] for e in await consent.said("disclosure.refused.v1")] == ["no_consent"]
    await consent.give()
    await consent.send(referral_id=referral_id)
    assert await consent.steps(disclosure_id) == ["refused", "authorised"]
    assert len(await consent.said("disclosure.authorised.v1")) == 1


async def test_what_is_heard_of_an_envelope_or_of_her_age_is_kept_without_a_look_at_the_directory(
    consent, monkeypatch
):
    await consent.give()
    disclosure_id = await consent.send()
    monkeypatch.setattr("services.consent.store.grounds.find_all", None)
    for event in (
        sealed(consent, disclosure_id),
        delivered(consent, disclosure_id),
        age_known(consent.case_id),
        recall_answered(consent, disclosure_id),
    ):
        await consent.harness.deliver(event)
    assert await consent.harness.parked() == []
    assert await consent.steps(disclosure_id) == ["authorised", "sealed", "delivered", "answered"]


async def test_an_event_that_comes_twice_has_one_effect(consent):
    await consent.give()
    meta, payload = consent.harness.received(referral_sent(consent.case_id))
    await consent.harness.deliver_raw(meta, payload)
    await consent.harness.deliver_raw(meta, payload)
    assert len(await consent.said("disclosure.authorised.v1")) == 1
    assert len(await consent.rows("select 1 from consent.ledger")) == 1


async def test_a_recipient_that_is_no_longer_in_the_directory_gets_nothing(consent):
    shelter = directory_changed(organisation="kh-shelter", role="shelter")
    await consent.harness.deliver(shelter)
    await consent.give(recipients=[{"organisation": "kh-shelter", "country": "KH"}])
    await consent.harness.deliver(shelter.model_copy(update={"version": 2, "status": "defunct"}))
    await consent.send(recipient="kh-shelter")
    assert [e["reason"] for e in await consent.said("disclosure.refused.v1")] == ["unknown_recipient"]


async def test_the_newest_entry_of_the_directory_counts_in_whatever_order_it_comes(consent):
    await consent.give()
    await consent.harness.deliver(directory_changed(3, "family-tracing"))
    await consent.harness.deliver(directory_changed(2, "reintegration"))
    await consent.send()
    (said,) = await consent.said("disclosure.authorised.v1")
    assert said["fields"] == ["cor_FullName", "prs_MobilePhone"]


async def test_an_agreement_counts_from_when_it_begins_and_the_one_before_until_then(consent):
    await consent.give()
    later = datetime.now(UTC) + timedelta(days=2)
    await consent.harness.deliver(agreement_changed(2, valid_from=later, fields=()))
    await consent.send()
    assert [e["agreement_version"] for e in await consent.said("disclosure.authorised.v1")] == [1]
    await consent.harness.deliver(agreement_changed(3, fields=("cor_FullName",)))
    await consent.send()
    assert [e["agreement_version"] for e in await consent.said("disclosure.authorised.v1")] == [1, 3]


async def test_the_ledger_tells_the_whole_way_of_a_disclosure(consent):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    await consent.token(disclosure_id)
    for told in (sealed(consent, disclosure_id), delivered(consent, disclosure_id)):
        await consent.harness.deliver(told)
    await consent.withdraw(consent_id)
    assert (await ledger(consent))[-1]["answer_due"] is not None
    await consent.harness.deliver(recall_answered(consent, disclosure_id))
    entries = await ledger(consent)
    assert [(e["step"], e["code"]) for e in entries] == [
        ("authorised", None),
        ("token", None),
        ("sealed", None),
        ("delivered", None),
        ("recalled", "withdrawn"),
        ("answered", "erased"),
    ]
    assert {tuple(e["fields"]) for e in entries} == {SENT}
    assert {e["recipient"] for e in entries} == {AGENCY}


async def test_what_the_recipient_refused_may_be_sealed_again(consent):
    await consent.give()
    disclosure_id = await consent.send()
    for told in (sealed(consent, disclosure_id), refused(consent, disclosure_id)):
        await consent.harness.deliver(told)
    assert (await consent.token(disclosure_id)).status_code == 200
    assert await consent.steps(disclosure_id) == ["authorised", "sealed", "undelivered", "token"]


async def test_what_is_heard_late_is_written_and_the_recall_stands(consent):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    await consent.withdraw(consent_id)
    for told in (
        sealed(consent, disclosure_id),
        delivered(consent, disclosure_id),
        recall_answered(consent, disclosure_id),
    ):
        await consent.harness.deliver(told)
    assert await consent.steps(disclosure_id) == [
        "authorised",
        "recalled",
        "sealed",
        "delivered",
        "fenced",
        "answered",
    ]
    (row,) = await consent.rows("select stage from consent.disclosures")
    assert row.stage == "answered"


async def test_an_answer_that_is_late_shows_as_overdue_until_it_comes(consent):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    await consent.withdraw(consent_id)
    assert [e["overdue"] for e in await ledger(consent)] == [False, False]
    async with consent.intruder.begin() as conn:
        await conn.exec_driver_sql("set local session_replication_role = replica")
        await conn.exec_driver_sql("update consent.ledger set at = at - interval '72 hours'")
    assert [e["overdue"] for e in await ledger(consent)] == [False, True]
    law = "kept for the court"
    await consent.harness.deliver(recall_answered(consent, disclosure_id, "retained", law))
    entries = await ledger(consent)
    assert [(e["step"], e["overdue"]) for e in entries] == [
        ("authorised", False),
        ("recalled", False),
        ("fenced", False),
        ("answered", False),
    ]
    assert (entries[-1]["code"], entries[-1]["law"]) == ("retained", law)


async def test_a_cancelled_referral_gets_no_token_and_is_recalled(consent):
    consent_id = await consent.give()
    referral_id = uuid4()
    disclosure_id = await consent.send(referral_id=referral_id)
    await consent.harness.deliver(
        ReferralCancelledV1(
            case_id=consent.case_id,
            referral_id=referral_id,
            half="outgoing",
            sender=SENDER,
            recipient=AGENCY,
            at=datetime.now(UTC),
        )
    )
    answered = await consent.token(disclosure_id)
    assert (answered.status_code, answered.json()["code"]) == (409, "referral_cancelled")
    await consent.withdraw(consent_id)
    (recalled,) = await consent.said("disclosure.recalled.v1")
    assert recalled["reason"] == "cancelled"
    assert await consent.steps(disclosure_id) == ["authorised", "recalled"]


async def test_items_that_are_no_disclosure_of_this_case_change_nothing(consent):
    await consent.give()
    await consent.send()
    other = uuid4()
    for told in (sealed(consent, other), delivered(consent, other), recall_answered(consent, other)):
        await consent.harness.deliver(told)
    assert len(await consent.rows("select 1 from consent.ledger")) == 1
    assert await consent.harness.parked() == []


async def test_a_grant_stands_from_receipt_to_recall(consent):
    disclosure_id = uuid4()
    await consent.harness.deliver(received(consent.case_id, disclosure_id))
    answered = await granted(consent, disclosure_id)
    assert (answered["granted"], tuple(answered["fields"])) == (True, SENT)
    page = await consent.client.get(f"/v1/cases/{consent.case_id}/grants", headers=consent.worker)
    (shown,) = page.json()["items"]
    assert (shown["disclosure_id"], shown["back_categories"]) == (str(disclosure_id), ["outcome"])
    await consent.harness.deliver(recall_received(consent.case_id, disclosure_id))
    assert (await granted(consent, disclosure_id))["granted"] is False


async def test_a_grant_says_on_which_basis_it_was_given_where_that_is_not_her_consent(consent):
    for basis, law in ((None, None), ("immediate-protection", "th-personal-data-26-1")):
        await consent.harness.deliver(received(consent.case_id, uuid4(), basis=basis, law=law))
    page = await consent.client.get(f"/v1/cases/{consent.case_id}/grants", headers=consent.worker)
    shown = {(item["basis"], item["law"]) for item in page.json()["items"]}
    assert shown == {(None, None), ("immediate-protection", "th-personal-data-26-1")}


async def test_a_recall_that_comes_before_its_disclosure_closes_the_grant_for_good(consent):
    disclosure_id = uuid4()
    await consent.harness.deliver(recall_received(consent.case_id, disclosure_id))
    assert (await granted(consent, disclosure_id))["granted"] is False
    await consent.harness.deliver(received(consent.case_id, disclosure_id))
    assert (await granted(consent, disclosure_id))["granted"] is False


async def test_a_grant_ends_with_its_validity(consent):
    disclosure_id = uuid4()
    past = datetime.now(UTC) - timedelta(seconds=1)
    await consent.harness.deliver(received(consent.case_id, disclosure_id, valid_until=past))
    assert (await granted(consent, disclosure_id))["granted"] is False


async def test_no_grant_that_is_received_lasts_longer_than_a_consent(consent):
    disclosure_id = uuid4()
    far = datetime(9999, 12, 31, tzinfo=UTC)
    await consent.harness.deliver(received(consent.case_id, disclosure_id, valid_until=far))
    assert (await granted(consent, disclosure_id))["granted"] is True
    (row,) = await consent.rows(
        "select valid_until < now() + interval '367 days' as bounded from consent.grants"
    )
    assert row.bounded
