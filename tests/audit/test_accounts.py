"""The account of one case, and the recalls that wait for an answer, on a real PostgreSQL."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.events.consent import (
    ConsentNarrowedV1,
    ConsentWithdrawnV1,
    DisclosureRecalledV1,
    ProtectionDeclinedV1,
    ProtectionLapsedV1,
    ProtectionRecordedV1,
    ProtectionRequestedV1,
)
from contracts.events.exchange import (
    DisclosureReceivedV1,
    EnvelopeDeliveredV1,
    EnvelopeSealedV1,
    RecallAnsweredV1,
    RecallReceivedV1,
)
from contracts.events.intake import DisclosureClosedV1
from contracts.grant import Grant
from tests.audit.test_api import HASH, authorised, given
from tests.audit.test_entries import by_somebody
from tests.harness import later

HOUR = timedelta(hours=1)


async def account(audit, case):
    answer = await audit.client.get(f"/v1/trails/{case}/account", headers=audit.as_("auditor"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def part(audit, case, name, **query):
    path = f"/v1/trails/{case}/{name}"
    return (await audit.client.get(path, params=query, headers=audit.as_("auditor"))).json()


def recalled(told, reason="withdrawn"):
    about = {"case_id": told.case_id, "disclosure_id": told.disclosure_id}
    return DisclosureRecalledV1(**about, referral_id=told.referral_id, reason=reason)


def answered(told, answer="erased"):
    about = {"case_id": told.case_id, "disclosure_id": told.disclosure_id}
    return RecallAnsweredV1(**about, answer=answer, at=later(0))


def received(case, disclosure):
    grant = Grant(
        disclosure_id=disclosure,
        consent_revision=4,
        consent_sha256=HASH,
        agreement_id="th-kh",
        agreement_version=1,
        purpose="referral-assistance",
        recipient="th-care-agency",
        fields=("cor_FullName",),
        back_categories=(),
        valid_until=later(3600),
    )
    return DisclosureReceivedV1(
        case_id=case,
        person_id=uuid4(),
        first=True,
        disclosure_id=disclosure,
        referral_id=uuid4(),
        sender="kh-reintegration-agency",
        sender_cell="KH",
        recipient="th-care-agency",
        service="shelter",
        urgency="routine",
        grant=grant,
        fields=(),
        at=later(0),
    )


async def crossed(audit, told):
    item = {"case_id": told.case_id, "item_id": uuid4(), "item_class": "disclosure", "recipient_cell": "KH"}
    item |= {"disclosure_id": told.disclosure_id, "referral_id": told.referral_id}
    await audit.deliver(EnvelopeSealedV1(**item, envelope_id=uuid4(), envelope_seq=1, sealed_at=later(0)))
    await audit.deliver(EnvelopeDeliveredV1(**item, at=later(0)))


async def test_one_answer_tells_what_she_gave_how_it_was_used_how_it_ended_and_who_looked_and_tried(audit):
    case = uuid4()
    consent = given(case)
    about = {"case_id": case, "consent_id": consent.consent_id}
    told = authorised(case, uuid4()).model_copy(update={"consent_id": consent.consent_id})
    await audit.deliver(consent)
    await audit.deliver(told)
    await crossed(audit, told)
    narrowed = consent.model_dump() | {"revision": 2, "recipients": ()}
    await audit.deliver(ConsentNarrowedV1(**narrowed))
    await audit.deliver(ConsentWithdrawnV1(**about, revision=3))
    await audit.deliver(recalled(told))
    await audit.deliver(answered(told))
    for _ in range(3):
        await by_somebody(
            audit, RecordReadV1(case_id=case, resource="ledger"), "th.worker", publisher="consent"
        )
    tried = AttemptRefusedV1(case_id=case, action="case.read", count=4)
    await by_somebody(audit, tried, "th.curious", publisher="intake")

    found = await account(audit, case)
    steps = [(step["step"], step["revision"], step["recipients"]) for step in found["consents"]["items"]]
    assert steps == [
        ("given", 1, ["kh-reintegration-agency"]),
        ("narrowed", 2, []),
        ("withdrawn", 3, []),
    ]
    [disclosure] = found["disclosures"]["items"]
    assert (disclosure["consent_id"], disclosure["revision"], disclosure["revision_hash"]) == (
        str(consent.consent_id),
        1,
        HASH,
    )
    assert (disclosure["purpose"], disclosure["recipient"], disclosure["fields"]) == (
        "referral-assistance",
        "kh-reintegration-agency",
        ["cor_FullName"],
    )
    assert None not in (disclosure["sealed_at"], disclosure["delivered_at"])
    recall, answer = disclosure["recall"], disclosure["answer"]
    assert (recall["reason"], recall["overdue"], answer["answer"]) == ("withdrawn", False, "erased")
    readings = [(one["actor"], one["resource"], one["times"]) for one in found["readings"]["items"]]
    attempts = [(one["actor"], one["action"], one["times"]) for one in found["attempts"]["items"]]
    assert (readings, attempts) == ([("th.worker", "ledger", 3)], [("th.curious", "case.read", 4)])


async def test_of_a_protection_the_account_names_who_asked_who_approved_and_when_each_did(audit):
    case = uuid4()
    about = {"case_id": case, "consent_id": uuid4()}
    terms = {**about, "revision_hash": HASH, "law": "th-personal-data-26-1", "recipients": ("th-shelter",)}
    asked = ProtectionRequestedV1(**terms, revision=1, valid_until=later(3600))
    approved = ProtectionRecordedV1(**terms, revision=2, valid_until=later(7200))
    await by_somebody(audit, asked, "th.worker", publisher="consent")
    await by_somebody(audit, approved, "th.supervisor", publisher="consent")
    steps = (await account(audit, case))["consents"]["items"]
    assert [(one["step"], one["actor"], one["law"]) for one in steps] == [
        ("protection-requested", "th.worker", "th-personal-data-26-1"),
        ("protected", "th.supervisor", "th-personal-data-26-1"),
    ]
    assert None not in [one["at"] for one in steps]
    for ended, step in ((ProtectionDeclinedV1, "declined"), (ProtectionLapsedV1, "lapsed")):
        await audit.deliver(ended(**about, revision=2))
        assert (await account(audit, case))["consents"]["items"][-1]["step"] == step


async def test_a_reading_that_was_refused_stands_with_those_who_tried_and_not_with_those_who_looked(audit):
    case = uuid4()
    for allowed in (True, False, False):
        read = RecordReadV1(case_id=case, resource="received-fields", allowed=allowed)
        await by_somebody(audit, read, "th.worker", publisher="intake")
    tried = AttemptRefusedV1(case_id=case, action="case.read", count=4)
    await by_somebody(audit, tried, "th.worker", publisher="intake")
    found = await account(audit, case)
    readings = [(one["resource"], one["times"]) for one in found["readings"]["items"]]
    attempts = [(one["action"], one["resource"], one["times"]) for one in found["attempts"]["items"]]
    assert readings == [("received-fields", 1)]
    assert attempts == [("case.read", None, 4), (None, "received-fields", 2)]
    query = {"limit": 1, "after": (await part(audit, case, "attempts", limit=1))["next"]}
    assert [one["resource"] for one in (await part(audit, case, "attempts", **query))["items"]] == [
        "received-fields"
    ]


async def test_a_recall_without_an_answer_is_named_overdue_when_its_time_is_over(audit):
    case, at = uuid4(), datetime.now(UTC)
    late, early = authorised(case, uuid4()), authorised(case, uuid4())
    for told, age in ((late, 73), (early, 71)):
        await audit.deliver(told)
        await by_somebody(audit, recalled(told), "test", at=at - age * HOUR)
    found = (await account(audit, case))["disclosures"]["items"]
    assert [(one["disclosure_id"], one["recall"]["overdue"]) for one in found] == [
        (str(late.disclosure_id), True),
        (str(early.disclosure_id), False),
    ]
    due = datetime.fromisoformat(found[0]["recall"]["answer_due"])
    assert due == (at - HOUR)


async def test_an_answer_that_arrives_in_the_log_before_its_recall_still_answers_it(audit):
    told = authorised(uuid4(), uuid4())
    await audit.deliver(told)
    await audit.deliver(answered(told, "restricted"))
    await by_somebody(audit, recalled(told), "test", at=datetime.now(UTC) - 100 * HOUR)
    [one] = (await account(audit, told.case_id))["disclosures"]["items"]
    assert (one["recall"]["reason"], one["answer"]["answer"]) == ("withdrawn", "restricted")
    assert not one["recall"]["overdue"]
    assert await open_recalls(audit) == []


async def test_what_came_in_is_told_with_the_senders_consent_and_our_own_answer(audit):
    case, told = uuid4(), received(uuid4(), uuid4())
    told = told.model_copy(update={"case_id": case})
    about = {"case_id": case, "disclosure_id": told.disclosure_id}
    await audit.deliver(told)
    back = {"referral_id": told.referral_id, "sender_cell": "KH", "reason": "withdrawn", "at": later(0)}
    await audit.deliver(RecallReceivedV1(**about, **back))
    await audit.deliver(DisclosureClosedV1(**about, answer="retained", law="TH: Archives Act"))
    [one] = (await account(audit, case))["disclosures"]["items"]
    assert (one["direction"], one["partner"], one["revision"], one["revision_hash"]) == ("in", "KH", 4, HASH)
    assert (one["answer"]["answer"], one["answer"]["law"]) == ("retained", "TH: Archives Act")


async def test_an_answer_without_a_recall_makes_no_recall(audit):
    """An erasure here closes what came in, and nobody took it back."""
    told = received(uuid4(), uuid4())
    about = {"case_id": told.case_id, "disclosure_id": told.disclosure_id}
    await audit.deliver(told)
    await audit.deliver(DisclosureClosedV1(**about, answer="erased"))
    [one] = (await account(audit, told.case_id))["disclosures"]["items"]
    assert (one["recall"], one["answer"]["answer"]) == (None, "erased")


async def test_each_part_goes_on_at_its_own_route(audit):
    case, who = uuid4(), audit.as_("auditor")
    for _ in range(3):
        await audit.deliver(given(case))
        await audit.deliver(authorised(case, uuid4()))
    for name in ("a", "b", "c"):
        await by_somebody(audit, RecordReadV1(case_id=case, resource="case"), name, publisher="intake")
        await by_somebody(audit, AttemptRefusedV1(case_id=case, action="case.read"), name, publisher="intake")
    for part, order in (
        ("consents", "entry"),
        ("disclosures", "entry"),
        ("readings", "actor"),
        ("attempts", "actor"),
    ):
        path, pages, after = f"/v1/trails/{case}/{part}", [], ""
        while after is not None:
            query = {"limit": 2} | ({"after": after} if after else {})
            page = (await audit.client.get(path, params=query, headers=who)).json()
            pages += [one[order] for one in page["items"]]
            after = page["next"]
        whole = (await account(audit, case))[part]["items"]
        assert (pages, len(pages)) == ([one[order] for one in whole][:3], 3)


async def test_an_account_is_itself_a_reading_on_the_trail(audit):
    case = uuid4()
    await audit.deliver(given(case))
    await account(audit, case)
    assert [(kind, body["resource"]) for kind, body in await audit.said()] == [("record.read.v1", "trail")]


async def test_an_account_of_a_case_that_nobody_ever_logged_is_not_found(audit):
    answer = await audit.client.get(f"/v1/trails/{uuid4()}/account", headers=audit.as_("auditor"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


async def open_recalls(audit, **query):
    answer = await audit.client.get("/v1/recalls", params=query, headers=audit.as_("auditor"))
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.fixture
async def recalls(audit):
    """Over three cases: ours to KH overdue, ours to KH in time, and theirs to us, unanswered; one was answered."""
    now = datetime.now(UTC)
    late, early, done = (authorised(uuid4(), uuid4()) for _ in range(3))
    for told, age in ((late, 100), (early, 1), (done, 200)):
        await audit.deliver(told)
        await by_somebody(audit, recalled(told), "test", at=now - age * HOUR)
    await audit.deliver(answered(done))
    came = received(uuid4(), uuid4())
    await audit.deliver(came)
    about = {"case_id": came.case_id, "disclosure_id": came.disclosure_id, "referral_id": came.referral_id}
    theirs = RecallReceivedV1(**about, sender_cell="KH", reason="withdrawn", at=later(0))
    await by_somebody(audit, theirs, "test", at=now - 80 * HOUR)
    return {"late": late, "early": early, "theirs": came}


async def test_open_recalls_of_all_cases_are_listed_with_their_age_partner_and_clock(audit, recalls):
    found = await open_recalls(audit)
    told = [(one["disclosure_id"], one["direction"], one["partner"], one["overdue"]) for one in found]
    assert told == [
        (str(recalls["late"].disclosure_id), "out", "KH", True),
        (str(recalls["theirs"].disclosure_id), "in", "KH", True),
        (str(recalls["early"].disclosure_id), "out", "KH", False),
    ]
    assert [one["age_seconds"] // 3600 for one in found] == [100, 80, 1]
    assert [one["recipient"] for one in found] == [
        "kh-reintegration-agency",
        "th-care-agency",
        "kh-reintegration-agency",
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"overdue": True}, ["late", "theirs"]),
        ({"overdue": False}, ["early"]),
        ({"direction": "in"}, ["theirs"]),
        ({"partner": "KH", "direction": "out"}, ["late", "early"]),
        ({"partner": "KH", "direction": "in"}, ["theirs"]),
    ],
)
async def test_open_recalls_are_narrowed_by_what_was_asked(audit, recalls, query, names):
    found = [one["disclosure_id"] for one in await open_recalls(audit, **query)]
    assert found == [str(recalls[name].disclosure_id) for name in names]


async def test_pages_of_open_recalls_follow_one_another_and_each_is_an_entry(audit, recalls):
    who = audit.as_("auditor")
    first = (await audit.client.get("/v1/recalls?limit=2", headers=who)).json()
    rest = (await audit.client.get(f"/v1/recalls?limit=2&after={first['next']}", headers=who)).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    said = [(kind, body.get("view")) for kind, body in await audit.said() if kind == "log.read.v1"]
    assert said == [("log.read.v1", "recalls")] * 2


async def test_the_document_says_that_the_clock_of_a_recall_that_came_in_runs_from_its_arrival(audit):
    schemas = (await audit.client.get("/openapi.json")).json()["components"]["schemas"]
    for name in ("OpenRecall", "Recall"):
        assert "arrived in this cell" in schemas[name]["properties"]["answer_due"]["description"], name
