"""What crosses the border and what comes of it: disclosures, process codes, receipts, recalls, answers."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.border.check import authority
from contracts.border.items import ControlItem, Correction
from contracts.events import referral, returns
from contracts.events.consent import DisclosureCorrectedV1, DisclosureRecalledV1
from contracts.events.intake import DisclosureClosedV1
from services.exchange.use_cases.prepare_disclosure import _with_key
from tests.exchange.two_cells import Cell, carry
from tests.exchange.world import NAME, RECIPIENT, SENDER, VALUES, Case, now, present, rows


async def authorise(th: Cell, case: Case) -> None:
    await th.deliver(case.opened(), case.authorised(), case.logged())


async def send(th: Cell, kh: Cell, **changes: Any) -> tuple[Case, dict[str, Any]]:
    """One disclosure, all the way. The case in TH, and what KH says it received."""
    case = Case(th.trust, **changes)
    await authorise(th, case)
    await carry(th, kh)
    [received] = [
        r for r in await kh.said("disclosure.received.v1") if r["disclosure_id"] == str(case.disclosure_id)
    ]
    return case, received


async def open_fields(cell: Cell, received: dict[str, Any]) -> dict[str, str]:
    vault = cell.harness.service.vault
    person, record = UUID(received["person_id"]), UUID(received["disclosure_id"])
    return {f["field"]: await vault.open(person, f["field"], record, f["value"]) for f in received["fields"]}


async def destroyed_by_intake(cell: Cell, person_id: UUID) -> None:
    """Intake answers a recall as erased: the key is its to destroy."""
    vault = cell.harness.service.vault
    vault._holder = "intake"
    await vault.release(person_id)
    await vault.destroy(person_id)


def moved(received: dict[str, Any], half: str, **values: Any) -> dict[str, Any]:
    """The attributes of a referral's move in KH."""
    return {
        "case_id": received["case_id"],
        "referral_id": received["referral_id"],
        "half": half,
        "sender": SENDER,
        "recipient": RECIPIENT,
        "at": now(),
        **values,
    }


async def test_a_disclosure_arrives_under_a_new_case_and_is_receipted(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    assert received["first"] is True
    assert received["case_id"] not in {str(case.case_id), str(case.person_id)}
    assert (received["sender"], received["sender_cell"], received["recipient"]) == (SENDER, "TH", RECIPIENT)
    assert received["grant"]["fields"] == list(case.fields)
    assert received["grant"]["back_categories"] == ["outcome"]
    assert await open_fields(kh, received) == {
        "cor_FullName": NAME,
        "prs_Citizenship": '["KH"]',
        "cor_Needs": '["shelter"]',
    }
    [delivered] = await th.said("envelope.delivered.v1")
    assert delivered["disclosure_id"] == str(case.disclosure_id)
    [receipt] = await rows(th.harness, "select * from exchange.receipts")
    assert (receipt.outcome, receipt.cell) == ("accepted", "KH")
    assert receipt.evidence.count(".") == 2


async def test_receipts_and_control_are_never_receipted(th: Cell, kh: Cell) -> None:
    case = Case(th.trust)
    await authorise(th, case)
    assert await carry(th, kh) == 2  # the disclosure and its receipt


async def test_a_second_disclosure_of_the_case_finds_the_same_case_and_person(th: Cell, kh: Cell) -> None:
    case, first = await send(th, kh)
    _, second = await send(th, kh, case_id=case.case_id, person_id=case.person_id)
    assert (second["case_id"], second["person_id"]) == (first["case_id"], first["person_id"])
    assert (first["first"], second["first"]) == (True, False)


async def test_two_organisations_cannot_find_out_that_they_have_the_same_person(th: Cell, kh: Cell) -> None:
    case, one = await send(th, kh)
    _, other = await send(
        th, kh, case_id=case.case_id, person_id=case.person_id, recipient="kh-health-agency"
    )
    assert {one["case_id"], one["person_id"]}.isdisjoint({other["case_id"], other["person_id"]})
    references = await rows(kh.harness, "select reference from exchange.relations")
    assert len({r.reference for r in references}) == 2


async def test_no_value_stands_in_clear_anywhere_at_the_recipients_border(th: Cell, kh: Cell) -> None:
    await send(th, kh)
    tables = await rows(
        kh.harness,
        "select table_schema || '.' || table_name as named from information_schema.tables"
        " where table_schema in ('exchange', 'chassis')",
    )
    for table in tables:
        for row in await rows(kh.harness, f"select * from {table.named}"):
            assert NAME not in str(tuple(row))
            assert NAME.encode() not in b"".join(v for v in row if isinstance(v, bytes))


async def test_a_person_who_was_erased_is_received_anew_under_a_new_identifier(th: Cell, kh: Cell) -> None:
    case, first = await send(th, kh)
    await destroyed_by_intake(kh, UUID(first["person_id"]))
    _, second = await send(th, kh, case_id=case.case_id, person_id=case.person_id)
    assert second["case_id"] == first["case_id"]
    assert second["person_id"] != first["person_id"]
    assert (await open_fields(kh, second))["cor_FullName"] == NAME


async def test_inside_a_country_it_takes_the_same_way_to_a_case_of_the_other_organisations(
    th: Cell,
) -> None:
    case, received = await send(th, th, recipient="th-legal-aid")
    assert received["case_id"] != str(case.case_id)
    assert (received["sender_cell"], received["recipient"]) == ("TH", "th-legal-aid")
    await th.deliver(referral.ReferralAcceptedV1(**moved(received, "incoming", recipient="th-legal-aid")))
    await carry(th, th)
    [process] = await th.said("process.received.v1")
    assert (process["case_id"], process["code"]) == (str(case.case_id), "referral.accepted")


PROTECTION = {"kind": "transfer", "basis": "immediate-protection", "law": "th-personal-data-26-1"}
LEAST = ("cor_FullName", "cor_Needs", "prs_PrimaryLanguage")


def protection(**changes: Any) -> dict[str, Any]:
    """What rests on a law in place of her consent, inside the country."""
    return {
        "recipient": "th-legal-aid",
        "fields": LEAST,
        "back": (),
        "valid_until": now() + timedelta(hours=72),
        "purpose": "protection",
        "more": PROTECTION,
        **changes,
    }


async def test_the_recipient_is_told_on_which_basis_it_has_what_was_handed_over(th: Cell) -> None:
    _, received = await send(th, th, **protection())
    grant = received["grant"]
    assert (grant["basis"], grant["law"]) == ("immediate-protection", "th-personal-data-26-1")
    assert grant["fields"] == list(LEAST)


async def test_more_than_the_least_is_not_sealed_on_a_legal_basis_even_if_consent_says_so(th: Cell) -> None:
    for case in (
        Case(th.trust, **protection(fields=(*LEAST, "prs_Gender"))),
        Case(th.trust, **protection(recipient=RECIPIENT, more={**PROTECTION, "kind": "referral"})),
    ):
        await authorise(th, case)
        await th.work()
        refused = [
            r["code"]
            for r in await th.said("envelope.refused.v1")
            if r["disclosure_id"] == str(case.disclosure_id)
        ]
        assert refused == ["outside_protection"]
    assert await th.said("envelope.sealed.v1") == []


async def test_the_receivers_moves_reach_the_senders_case_in_their_order(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    await kh.deliver(
        referral.ReferralAcceptedV1(**moved(received, "incoming")),
        referral.ReferralStartedV1(**moved(received, "incoming")),
        referral.ReferralHeldV1(**moved(received, "incoming", reason="awaiting-person")),
        referral.ReferralResumedV1(**moved(received, "incoming")),
        referral.ReferralCompletedV1(**moved(received, "incoming", outcome="service-delivered")),
    )
    await carry(th, kh)
    got = [
        (p["code"], p["reason"], p["case_id"], p["subject_id"]) for p in await th.said("process.received.v1")
    ]
    ids = (str(case.case_id), str(case.referral_id))
    assert got == [
        ("referral.accepted", None, *ids),
        ("referral.started", None, *ids),
        ("referral.held", "awaiting-person", *ids),
        ("referral.resumed", None, *ids),
        ("referral.completed", "service-delivered", *ids),
    ]
    assert len(await kh.said("envelope.delivered.v1")) == 5


async def test_an_outcome_that_she_did_not_allow_stays_and_the_code_goes(th: Cell, kh: Cell) -> None:
    _, received = await send(th, kh, back=())
    await kh.deliver(referral.ReferralCompletedV1(**moved(received, "incoming", outcome="service-delivered")))
    await carry(th, kh)
    assert [(p["code"], p["reason"]) for p in await th.said("process.received.v1")] == [
        ("referral.completed", None)
    ]


async def test_the_half_that_only_follows_tells_nobody(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    await kh.deliver(referral.ReferralCancelledV1(**moved(received, "incoming")))
    await th.deliver(referral.ReferralAcceptedV1(**moved(received, "outgoing", case_id=case.case_id)))
    assert await carry(th, kh) == 0


async def test_the_two_halves_of_a_return_hear_of_each_other(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    ends = {"return_id": uuid4(), "sender": SENDER, "receiver": RECIPIENT, "receiver_cell": "KH", "at": now()}
    sending = {**ends, "case_id": case.case_id, "half": "sending"}
    receiving = {**ends, "case_id": received["case_id"], "half": "receiving"}
    await th.deliver(returns.ReturnClearedV1(**sending), returns.ReturnDepartedV1(**sending))
    await carry(th, kh)
    await kh.deliver(returns.ReturnArrivedV1(**receiving))
    await carry(th, kh)
    assert [(p["code"], p["case_id"]) for p in await kh.said("process.received.v1")] == [
        ("return.cleared", received["case_id"]),
        ("return.departed", received["case_id"]),
    ]
    assert [(p["code"], p["case_id"]) for p in await th.said("process.received.v1")] == [
        ("return.arrived", str(case.case_id))
    ]


async def test_the_result_of_the_risk_assessment_and_the_journey_cross_and_no_grounds(
    th: Cell, kh: Cell
) -> None:
    case, received = await send(th, kh)
    ends = {"return_id": uuid4(), "sender": SENDER, "receiver": RECIPIENT, "receiver_cell": "KH", "at": now()}
    sending = {**ends, "case_id": case.case_id, "half": "sending"}
    receiving = {**ends, "case_id": received["case_id"], "half": "receiving"}
    expected_at = now() + timedelta(hours=9)
    await th.deliver(
        returns.ReturnAssessedV1(**sending, result="safe", grounds="v1.ciphertext"),
        returns.ReturnClearedV1(**sending, result="safe-with-conditions"),
        returns.ReturnDepartedV1(**sending, expected_at=expected_at, handover="land-border", escorted=True),
    )
    await carry(th, kh)
    cleared, departed = await kh.said("process.received.v1")
    assert (cleared["code"], cleared["reason"]) == ("return.cleared", "safe-with-conditions")
    assert datetime.fromisoformat(departed["expected_at"]) == expected_at
    assert (departed["handover"], departed["escorted"]) == ("land-border", True)
    await kh.deliver(returns.ReturnMissedV1(**receiving, recorded_by="receiving"))
    await th.deliver(returns.ReturnMissedV1(**sending, recorded_by="receiving"))
    await carry(th, kh)
    assert [p["code"] for p in await th.said("process.received.v1")] == ["return.missed"]
    assert len(await kh.said("process.received.v1")) == 2


async def test_a_return_to_where_nothing_was_referred_stays_here_and_its_worker_is_told(
    th: Cell, kh: Cell
) -> None:
    cleared = cleared_for(uuid4())
    await th.deliver(cleared)
    assert await carry(th, kh) == 0
    [refused] = await th.said("envelope.refused.v1")
    assert (refused["case_id"], refused["item_class"], refused["code"], refused["recipient_cell"]) == (
        str(cleared.case_id), "process", "not_referred", "KH"
    )  # fmt: skip


async def test_a_return_whose_disclosure_was_never_sealed_stays_here_and_its_worker_is_told(
    th: Cell, kh: Cell
) -> None:
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised())
    await th.deliver(cleared_for(case.case_id), recall(case))
    assert await carry(th, kh) == 0
    assert [(r["item_class"], r["code"]) for r in await th.said("envelope.refused.v1")] == [
        ("process", "not_referred")
    ]
    assert await rows(th.harness, "select 1 from chassis.work") == []


def cleared_for(case_id: UUID) -> returns.ReturnClearedV1:
    """The sending half's clearance."""
    ends = {"return_id": uuid4(), "sender": SENDER, "receiver": RECIPIENT, "receiver_cell": "KH", "at": now()}
    return returns.ReturnClearedV1(**ends, case_id=case_id, half="sending")


async def test_a_process_code_waits_for_the_disclosure_before_it(th: Cell, kh: Cell) -> None:
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised())
    cancelled = moved({"case_id": case.case_id, "referral_id": case.referral_id}, "outgoing")
    await th.deliver(referral.ReferralCancelledV1(**cancelled))
    assert await carry(th, kh) == 0
    await th.deliver(case.logged())
    await carry(th, kh)
    [received] = await kh.said("disclosure.received.v1")
    [process] = await kh.said("process.received.v1")
    assert (process["code"], process["case_id"]) == ("referral.cancelled", received["case_id"])


async def test_a_code_about_what_was_never_sealed_is_dropped(th: Cell, kh: Cell) -> None:
    case = Case(th.trust)
    await th.deliver(case.opened(), case.authorised())
    cancelled = moved({"case_id": case.case_id, "referral_id": case.referral_id}, "outgoing")
    await th.deliver(referral.ReferralCancelledV1(**cancelled), recall(case))
    assert await carry(th, kh) == 0
    assert await rows(th.harness, "select 1 from chassis.work") == []


def recall(case: Case, reason: str = "withdrawn") -> DisclosureRecalledV1:
    return DisclosureRecalledV1(
        case_id=case.case_id,
        disclosure_id=case.disclosure_id,
        referral_id=case.referral_id,
        reason=reason,
    )


async def test_a_recall_for_a_reason_that_is_not_known_here_closes_all_the_same(th: Cell, kh: Cell) -> None:
    """A partner of a later release. Its word is not told on: nobody here knows what it says."""
    case, received = await send(th, kh)
    await th.deliver(recall(case, "somebody.may-be-named-here"))
    await carry(th, kh)
    [recalled] = await kh.said("recall.received.v1")
    assert (recalled["disclosure_id"], recalled.get("reason")) == (received["disclosure_id"], None)
    assert await th.said("envelope.refused.v1") == []


async def test_a_recall_closes_what_was_received_and_its_answer_comes_back(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    await th.deliver(recall(case))
    await carry(th, kh)
    [recalled] = await kh.said("recall.received.v1")
    assert (recalled["case_id"], recalled["disclosure_id"]) == (
        received["case_id"],
        received["disclosure_id"],
    )
    closed = DisclosureClosedV1(
        case_id=received["case_id"], disclosure_id=case.disclosure_id, answer="retained", law="Penal Code 12"
    )
    await kh.deliver(closed)
    await carry(th, kh)
    [answer] = await th.said("recall.answered.v1")
    assert (answer["case_id"], answer["answer"], answer["law"]) == (
        str(case.case_id),
        "retained",
        "Penal Code 12",
    )


def correction(case: Case, revision: int = 4) -> DisclosureCorrectedV1:
    return DisclosureCorrectedV1(
        case_id=case.case_id,
        disclosure_id=case.disclosure_id,
        referral_id=case.referral_id,
        revision=revision,
        fields=("prs_Birthdate",),
    )


async def test_a_correction_after_the_end_crosses_as_names_once(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    await th.deliver(recall(case))
    await carry(th, kh)
    for one in (correction(case), correction(case)):
        await th.deliver(one)
    await carry(th, kh)
    [told] = await kh.said("correction.received.v1")
    named = (told["case_id"], told["disclosure_id"], told["referral_id"], told["fields"])
    assert named == (
        received["case_id"],
        str(case.disclosure_id),
        received["referral_id"],
        ["prs_Birthdate"],
    )


async def test_nobody_is_told_of_a_correction_of_what_never_left_or_is_erased(th: Cell, kh: Cell) -> None:
    unsent = Case(th.trust)
    await th.deliver(unsent.opened(), unsent.authorised(), recall(unsent), correction(unsent))
    case, received = await send(th, kh)
    await th.deliver(recall(case))
    await carry(th, kh)
    await kh.deliver(
        DisclosureClosedV1(case_id=received["case_id"], disclosure_id=case.disclosure_id, answer="erased")
    )
    await carry(th, kh)
    await th.deliver(correction(case))
    await carry(th, kh)
    assert await kh.said("correction.received.v1") == []


async def test_a_correction_of_what_another_cell_sent_or_nobody_did_is_passed_over(
    th: Cell, kh: Cell
) -> None:
    case, _ = await send(th, kh)
    for disclosure_id in (uuid4(), case.disclosure_id):
        content = Correction(disclosure_id, case.referral_id, ("prs_Birthdate",))
        item = ControlItem(uuid4(), content, uuid4())
        await th.take("KH", [kh.seal([item], authority("TH"))])
    assert await th.said("correction.received.v1") == []


async def test_a_recall_is_applied_before_what_it_recalls_is_opened(th: Cell, kh: Cell) -> None:
    case, other = Case(th.trust), Case(th.trust)
    await authorise(th, case)
    await authorise(th, other)
    await th.work()
    await th.deliver(recall(case))
    await th.work()
    await kh.take("TH", await th.leaving(kh))
    assert [r["disclosure_id"] for r in await kh.said("disclosure.received.v1")] == [str(other.disclosure_id)]
    assert await kh.said("recall.received.v1") == []
    await carry(th, kh)
    [answer] = await th.said("recall.answered.v1")
    assert (answer["disclosure_id"], answer["answer"]) == (str(case.disclosure_id), "never_received")
    assert await rows(kh.harness, "select raw from exchange.quarantine") == []


async def test_a_recall_that_overtook_its_envelope_leaves_a_tombstone(th: Cell, kh: Cell) -> None:
    case = Case(th.trust)
    await authorise(th, case)
    await th.work()
    envelope = await th.leaving(kh)
    await th.deliver(recall(case))
    await carry(th, kh)
    assert [a["answer"] for a in await th.said("recall.answered.v1")] == ["never_received"]
    await kh.take("TH", envelope)
    assert await kh.said("disclosure.received.v1") == []
    await carry(th, kh)
    [receipt] = await rows(th.harness, "select outcome, code from exchange.receipts")
    assert tuple(receipt) == ("refused", "recalled")


async def test_what_was_recalled_before_it_came_has_no_key_and_stands_in_no_register(
    th: Cell, kh: Cell
) -> None:
    case = Case(th.trust)
    await authorise(th, case)
    await th.work()
    envelope = await th.leaving(kh)
    await th.deliver(recall(case))
    await carry(th, kh)
    sealed: list[Any] = []
    vault = kh.harness.service.vault
    vault.seal_many = lambda values, **_: sealed.append(values)
    await kh.take("TH", envelope)
    assert sealed == []


async def test_two_disclosures_of_a_person_who_was_erased_find_the_same_new_one(th: Cell, kh: Cell) -> None:
    _, received = await send(th, kh)
    gone = UUID(received["person_id"])
    await destroyed_by_intake(kh, gone)
    vault = kh.harness.service.vault
    first, second = await asyncio.gather(_with_key(vault, gone), _with_key(vault, gone))
    assert first == second != gone


async def test_after_a_recall_no_outcome_goes_back(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    await th.deliver(recall(case))
    await carry(th, kh)
    await kh.deliver(referral.ReferralCompletedV1(**moved(received, "incoming", outcome="service-delivered")))
    await carry(th, kh)
    assert [(p["code"], p["reason"]) for p in await th.said("process.received.v1")] == [
        ("referral.completed", None)
    ]


async def test_person_and_case_are_kept_across_a_referral_back(th: Cell, kh: Cell) -> None:
    case, received = await send(th, kh)
    await kh.deliver(
        replace(case, case_id=UUID(received["case_id"]), person_id=UUID(received["person_id"])).opened()
    )
    back = Case(
        kh.trust, recipient=SENDER, case_id=UUID(received["case_id"]), person_id=UUID(received["person_id"])
    )
    event = back.authorised().model_copy(update={"sender": RECIPIENT, "agreement_id": "th-kh"})
    bilateral = kh.trust.agreements["th-kh"].terms
    event = event.model_copy(
        update={"agreement_sha256": bilateral.sha256, "agreement_version": bilateral.version}
    )
    kh.peer.values = dict(VALUES)
    await th.harness.service.vault.create(case.person_id)
    await kh.deliver(event, back.logged())
    await present(kh.harness, "TH")
    await carry(kh, th)
    [home] = await th.said("disclosure.received.v1")
    assert (home["case_id"], home["person_id"], home["first"]) == (
        str(case.case_id),
        str(case.person_id),
        False,
    )
