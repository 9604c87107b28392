"""One who cannot be asked is handed over on a legal basis, with the least, inside the country: a second person approves it,
a third looks at it.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.disclosure import fields_hash
from contracts.events.intake import CaseAssignedV1, CaseReopenedV1, CaseTransferredV1, ErasureConfirmedV1
from contracts.protection import protection
from tests.consent.making import (
    AGENCY,
    ASKED,
    LAWYER,
    LEAST,
    SENDER,
    SHELTER,
    age_known,
    answer,
    disclosure_of,
    referral_sent,
)
from tests.listing import staff_of

ME, COLLEAGUE, SUPERVISOR = "th.case_worker", "th.colleague", "th.supervisor"
LAW = "th-personal-data-26-1"
REASONS = "unconscious since the raid, Canary; those who held her wait outside"


def form(**changes) -> dict:
    return {"recipient": SHELTER, "law": LAW, "reasons": REASONS, **changes}


async def request(unit, headers=None, **changes):
    path = f"/v1/cases/{unit.case_id}/protections"
    return await unit.client.post(path, json=form(**changes), headers=headers or unit.worker)


async def approve(unit, consent_id, headers=None, etag=None):
    """Approve what was read: the view as it is now, where none is named."""
    headers = headers or unit.supervisor
    etag = etag or (await seen(unit, consent_id, headers)).headers.get("ETag", '"1"')
    path = f"/v1/protections/{consent_id}/approve"
    return await unit.client.post(path, headers={**headers, "If-Match": etag})


async def decline(unit, consent_id, headers=None):
    body = {"reasons": "she woke and can be asked, Canary"}
    path = f"/v1/protections/{consent_id}/decline"
    return await unit.client.post(path, json=body, headers=headers or unit.supervisor)


async def requested(unit, headers=None) -> UUID:
    made = await request(unit, headers)
    assert made.status_code == 201, made.text
    return UUID(made.json()["id"])


async def protected(unit, headers=None) -> UUID:
    """Asked for by a worker and approved by a supervisor."""
    consent_id = await requested(unit, headers)
    approved = await approve(unit, consent_id)
    assert approved.status_code == 200, approved.text
    return consent_id


def third(unit):
    return unit.harness.as_("supervisor", org=SENDER, sub="th.third")


async def hand_over(unit, **changes) -> UUID:
    """A transfer to the shelter is sent; answers the id of its disclosure."""
    values = {
        "recipient": SHELTER,
        "recipient_cell": "TH",
        "recipient_role": "shelter",
        "purpose": "protection",
        "urgency": "immediate",
        "fields": ASKED,
        "kind": "transfer",
    }
    event = referral_sent(unit.case_id, **{**values, **changes})
    await unit.harness.deliver(event)
    return disclosure_of(event.referral_id)


async def review(unit, consent_id, *, upheld=True, headers=None, **changes):
    body = {"upheld": upheld, "reasons": "seen with the doctor", **changes}
    path = f"/v1/protections/{consent_id}/review"
    return await unit.client.post(path, json=body, headers=headers or third(unit))


async def state(unit, consent_id) -> str:
    return (await unit.client.get(f"/v1/consents/{consent_id}", headers=unit.worker)).json()["state"]


async def refusals(unit) -> list[str]:
    return [body["reason"] for body in await unit.said("disclosure.refused.v1")]


async def waiting(unit, awaits="review", headers=None) -> list[dict]:
    path = f"/v1/protections?awaits={awaits}"
    answered = await unit.client.get(path, headers=headers or unit.supervisor)
    assert answered.status_code == 200, answered.text
    return answered.json()["items"]


async def seen(unit, consent_id, headers=None):
    return await unit.client.get(f"/v1/protections/{consent_id}", headers=headers or unit.supervisor)


async def past(unit) -> None:
    """The time of every record is over, and so is that of what was authorised under it, which is never longer."""
    over = "2026-01-01T00:00:00+00:00"
    async with unit.intruder.begin() as conn:
        ended = f"jsonb_set(terms, '{{valid_until}}', '\"{over}\"')"
        await conn.execute(text(f"update consent.records set terms = {ended}"))
        await conn.execute(text(f"update consent.disclosures set valid_until = '{over}'"))


async def test_asked_for_by_one_nothing_is_disclosed_before_a_second_person_has_approved_it(unit):
    consent_id = await requested(unit)
    await hand_over(unit)
    assert (await refusals(unit), await state(unit, consent_id)) == (["protection_unapproved"], "requested")
    assert await unit.said("disclosure.authorised.v1", "protection.recorded.v1") == []
    assert (await approve(unit, consent_id)).status_code == 200
    await hand_over(unit)
    (authorised,) = await unit.said("disclosure.authorised.v1")
    assert (authorised["consent_id"], authorised["revision"]) == (str(consent_id), 2)


async def test_the_answer_says_that_the_request_is_out_until_when_and_who_may_approve_it(unit):
    await unit.harness.deliver(
        CaseAssignedV1(case_id=unit.case_id, organisation=SENDER, workers=(ME, COLLEAGUE))
    )
    answer = (await request(unit)).json()
    staff = staff_of(SENDER)
    supervisors = {name for name, roles in staff.items() if "supervisor" in roles}
    assert set(answer["may_approve"]) == supervisors | {COLLEAGUE}
    assert answer["state"] == "requested"
    left = datetime.fromisoformat(answer["approve_until"]) - datetime.now(UTC)
    assert timedelta(hours=3, minutes=59) < left < timedelta(hours=4)
    assert [body["consent_id"] for body in await unit.said("protection.requested.v1")] == [answer["id"]]


async def test_it_is_never_approved_by_whoever_asked_whatever_their_role_and_never_without_a_right_to_the_case(
    unit,
):
    await unit.harness.deliver(CaseAssignedV1(case_id=unit.case_id, organisation=SENDER, workers=(ME,)))
    consent_id = await requested(unit, unit.supervisor)
    as_ = unit.harness.as_
    own = unit.supervisor
    tried = {
        "the same": (own, 409),
        "the same in another role": (as_("case_worker", org=SENDER, sub=SUPERVISOR), 404),
        "a colleague without the case": (as_("case_worker", org=SENDER, sub=COLLEAGUE), 404),
        "a screening officer": (as_("screening_officer", org=SENDER, sub="th.officer"), 404),
        "a supervisor of the shelter": (as_("supervisor", org=SHELTER, sub="th.shelter"), 404),
        "an auditor": (as_("auditor", org="th-audit", sub="th.auditor"), 404),
    }
    answers = {
        who: (await approve(unit, consent_id, headers)).status_code for who, (headers, _) in tried.items()
    }
    assert answers == {who: status for who, (_, status) in tried.items()}
    assert (await approve(unit, consent_id, own)).json()["code"] == "second-person"
    assert await state(unit, consent_id) == "requested"
    assert (await approve(unit, consent_id, as_("case_worker", org=SENDER, sub=ME))).status_code == 200


async def test_whoever_approves_has_seen_what_goes_field_by_field_and_to_whom(unit):
    consent_id = await requested(unit)
    (item,) = await waiting(unit, "approval")
    assert (item["consent_id"], item["awaits"], item["recipients"]) == (
        str(consent_id),
        "approval",
        [SHELTER],
    )
    assert [move["verb"] for move in item["moves"]] == [
        "withdraw_consent",
        "withdraw_part",
        "approve_protection",
        "decline_protection",
    ]
    read = await seen(unit, consent_id)
    view = read.json()
    assert (view["reasons"], view["recipients"], view["disclosed"]["sent"]) == (
        REASONS,
        [SHELTER],
        list(LEAST),
    )
    assert view["disclosed"]["withheld"] == [{"field": "cor_UrgentProtection", "reason": "not_in_agreement"}]
    for unseen in ("*", None):
        headers = {**unit.supervisor, **({} if unseen is None else {"If-Match": unseen})}
        blind = await unit.client.post(f"/v1/protections/{consent_id}/approve", headers=headers)
        assert blind.status_code == 428
    assert (await approve(unit, consent_id, etag='"2"')).status_code == 412
    assert (await approve(unit, consent_id, etag=read.headers["ETag"])).status_code == 200


async def test_both_names_and_both_times_stand_in_what_is_said_and_in_the_record(unit):
    consent_id = await protected(unit)
    said = await unit.rows(
        "select type, actor, time from chassis.outbox where type like 'protection.%' order by pos"
    )
    assert [(row.type, row.actor) for row in said] == [
        ("protection.requested.v1", ME),
        ("protection.recorded.v1", SUPERVISOR),
    ]
    view = (await seen(unit, consent_id)).json()
    assert (view["requested_by"], view["approved_by"]) == tuple(row.actor for row in said)
    assert view["requested_at"] < view["approved_at"] < view["review_due"]


@pytest.mark.parametrize("who", ["a second person", "whoever asked"])
async def test_it_is_declined_by_a_second_person_or_taken_back_by_whoever_asked(unit, who):
    consent_id = await requested(unit)
    asked = who == "whoever asked"
    assert (await decline(unit, consent_id, unit.worker if asked else None)).status_code == 200
    assert [body["consent_id"] for body in await unit.said("protection.declined.v1")] == [str(consent_id)]
    assert (await approve(unit, consent_id, etag='"2"')).json()["code"] == "wrong-state"
    assert (await decline(unit, consent_id)).status_code == 409
    mine = (await seen(unit, consent_id, unit.worker)).json()
    assert (mine["state"], mine["decline_reasons"]) == ("revoked", "she woke and can be asked, Canary")
    again = await requested(unit)
    assert (await seen(unit, again)).json()["declined_before"] == 1


async def test_another_officer_does_not_decline_what_somebody_else_asked_for(unit):
    consent_id = await requested(unit)
    officer = unit.harness.as_("screening_officer", org=SENDER, sub="th.officer")
    assert (await decline(unit, consent_id, officer)).status_code == 404
    assert await state(unit, consent_id) == "requested"


async def test_what_nobody_approves_in_four_hours_lapses_and_is_said(unit):
    consent_id = await requested(unit)
    await past(unit)
    late = await approve(unit, consent_id)
    assert (late.status_code, late.json()["code"]) == (409, "wrong-state")
    await unit.harness.work(hasten=True)
    assert await state(unit, consent_id) == "expired"
    assert [body["consent_id"] for body in await unit.said("protection.lapsed.v1")] == [str(consent_id)]
    assert await unit.said("consent.expired.v1", "protection.unreviewed.v1") == []
    assert await waiting(unit, "approval") == []


@pytest.mark.parametrize("word", ["no", "yes", "takes it back", "a part"])
async def test_what_she_says_while_it_waits_goes_first(unit, word):
    consent_id = await requested(unit)
    read = (await seen(unit, consent_id)).headers["ETag"]
    path = f"/v1/cases/{unit.case_id}/consents"
    if word in {"no", "yes"}:
        said = answer("refused") if word == "no" else answer()
        assert (await unit.client.post(path, json=said, headers=unit.worker)).status_code == 201
    elif word == "takes it back":
        await unit.withdraw(consent_id)
    else:
        part = {"categories": ["needs"]}
        await unit.client.post(f"/v1/consents/{consent_id}/withdraw-part", json=part, headers=unit.worker)
    refused = await approve(unit, consent_id, etag=read)
    expected = "she-has-answered" if word == "yes" else "precondition-failed"
    assert refused.json()["code"] == expected
    assert await state(unit, consent_id) == ("requested" if word == "yes" else "withdrawn")
    moves = {m["verb"] for m in (await seen(unit, consent_id)).json()["moves"]}
    assert "approve_protection" not in moves


async def test_one_recipient_is_asked_for_once_at_a_time(unit):
    await requested(unit)
    again = await request(unit)
    assert (again.status_code, again.json()["code"]) == (409, "already-requested")


async def test_a_supervisor_does_not_revoke_what_is_to_be_declined(unit):
    consent_id = await requested(unit)
    revoked = await unit.client.post(f"/v1/consents/{consent_id}/revoke", headers=unit.supervisor)
    assert revoked.status_code == 409


@pytest.mark.parametrize("meanwhile", ["handed over", "erased"])
async def test_handed_over_or_erased_meanwhile_it_is_not_approved(unit, meanwhile):
    consent_id = await requested(unit)
    if meanwhile == "erased":
        gone = ErasureConfirmedV1(case_id=unit.case_id, erasure_id=uuid4())
    else:
        gone = CaseTransferredV1(
            case_id=unit.case_id,
            referral_id=uuid4(),
            organisation=SENDER,
            recipient=SHELTER,
            at="2026-11-26T01:00:00Z",
        )
    await unit.harness.deliver(gone)
    assert (await approve(unit, consent_id)).status_code == 404
    assert await waiting(unit, "approval") == []


@pytest.mark.parametrize("role", ["screening_officer", "case_worker", "supervisor"])
async def test_who_cannot_be_asked_is_handed_over_with_the_least_and_nobody_says_that_she_consented(
    unit, role
):
    await protected(unit, unit.harness.as_(role, org=SENDER, sub="th.first"))
    await hand_over(unit)
    (authorised,) = await unit.said("disclosure.authorised.v1")
    assert (tuple(authorised["fields"]), authorised["kind"]) == (LEAST, "transfer")
    assert (authorised["basis"], authorised["law"]) == ("immediate-protection", LAW)
    assert {w["field"]: w["reason"] for w in authorised["withheld"]} == dict.fromkeys(
        ("cor_Health", "prs_MobilePhone", "vic_TypeOfExploitation"), "not_least"
    )
    assert [b["law"] for b in await unit.said("protection.recorded.v1")] == [LAW]
    assert await unit.said("consent.given.v1", "consent.requested.v1") == []


async def test_the_ledger_names_the_law_and_the_token_is_given_for_the_least_alone(unit):
    await protected(unit)
    disclosure_id = await hand_over(unit)
    token = await unit.token(disclosure_id, recipient=SHELTER, revision=2, fields_hash=fields_hash(LEAST))
    assert token.status_code == 200, token.text
    more = await unit.token(disclosure_id, recipient=SHELTER, revision=2, fields_hash=fields_hash(ASKED))
    assert more.json()["code"] == "disclosure_changed"
    path = f"/v1/cases/{unit.case_id}/ledger"
    entry = (await unit.client.get(path, headers=unit.worker)).json()["items"][0]
    assert (entry["step"], entry["law"], tuple(entry["fields"])) == ("authorised", LAW, LEAST)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kind": "referral"}, "protection_by_transfer"),
        ({"purpose": "legal-aid"}, "purpose_not_consented"),
        ({"recipient": LAWYER, "recipient_role": "shelter"}, "recipient_not_consented"),
        ({"recipient": AGENCY, "recipient_cell": "KH"}, "transfer_abroad"),
        ({"recipient": AGENCY, "recipient_cell": "KH", "kind": "referral"}, "recipient_not_consented"),
        ({"fields": ("cor_Health",)}, "nothing_to_disclose"),
    ],
)
async def test_it_lets_nothing_else_be_done(unit, changes, reason):
    await protected(unit)
    await hand_over(unit, **changes)
    assert (await refusals(unit), await unit.said("disclosure.authorised.v1")) == ([reason], [])


@pytest.mark.parametrize(
    ("changes", "where", "code"),
    [
        ({"recipient": LAWYER}, "recipient", "protection_role"),
        ({"recipient": AGENCY}, "recipient", "not-listed"),
        ({"recipient": "th-nobody"}, "recipient", "not-listed"),
        ({"law": "kh-victim-standards-2009"}, "law", "other-country"),
        ({"law": "th-whatever"}, "law", None),
        ({"reasons": " \n "}, "reasons", None),
        ({"fields": ["cor_Health"]}, "fields", None),
        ({"valid_until": "2027-11-26T01:00:00Z"}, "valid_until", None),
    ],
)
async def test_to_whom_under_which_law_and_why_and_no_field_by_which_more_could_be_had(
    unit, changes, where, code
):
    refused = await request(unit, **changes)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["loc"][1] == where
    assert code in {None, error.get("code")}
    assert await unit.rows("select 1 from consent.records") == []


async def test_a_consent_does_not_claim_to_be_one_and_one_is_not_renewed(unit):
    path = f"/v1/cases/{unit.case_id}/consents"
    claimed = await unit.client.post(
        path, json=answer(legal_basis="immediate-protection"), headers=unit.worker
    )
    assert claimed.status_code == 422
    consent_id = await protected(unit)
    assert (await unit.renew(consent_id)).status_code == 409
    assert await state(unit, consent_id) == "protected"


@pytest.mark.parametrize("no", ["refused", "withdrawn"])
async def test_while_the_last_that_she_said_is_no_it_is_not_recorded(unit, no):
    if no == "refused":
        path = f"/v1/cases/{unit.case_id}/consents"
        await unit.client.post(path, json=answer("refused"), headers=unit.worker)
    else:
        await unit.withdraw(await unit.give())
    refused = await request(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "her-no-stands")
    await unit.give()
    assert (await request(unit)).status_code == 201


async def test_her_erasure_is_no_word_of_hers_and_bars_no_rescue_of_who_is_referred_again(unit):
    await unit.give()
    await unit.harness.deliver(ErasureConfirmedV1(case_id=unit.case_id, erasure_id=uuid4()))
    await unit.harness.work(hasten=True)
    person = uuid4()
    await unit.harness.service.vault.create(person)
    await unit.harness.deliver(CaseReopenedV1(case_id=unit.case_id, person_id=person))
    made = await request(unit)
    assert made.status_code == 201, made.text


@pytest.mark.parametrize("no", ["ends it", "refuses", "withdraws another"])
async def test_her_no_ends_it_and_recalls_what_went(unit, no):
    other = await unit.give()
    consent_id = await protected(unit)
    disclosure_id = await hand_over(unit)
    if no == "refuses":
        path = f"/v1/cases/{unit.case_id}/consents"
        await unit.client.post(path, json=answer("refused"), headers=unit.worker)
    else:
        await unit.withdraw(consent_id if no == "ends it" else other)
    assert await state(unit, consent_id) == "withdrawn"
    assert [b["reason"] for b in await unit.said("disclosure.recalled.v1")] == ["withdrawn"]
    refused = await unit.token(disclosure_id, recipient=SHELTER, revision=2, fields_hash=fields_hash(LEAST))
    assert refused.json()["code"] == "consent_withdrawn"
    assert (await request(unit)).json()["code"] == "her-no-stands"


async def test_a_part_that_she_takes_back_ends_it_whole(unit):
    consent_id = await protected(unit)
    path = f"/v1/consents/{consent_id}/withdraw-part"
    await unit.client.post(path, json={"categories": ["needs"]}, headers=unit.worker)
    assert await state(unit, consent_id) == "withdrawn"


@pytest.mark.parametrize("group", ["child", "adult"])
async def test_her_age_does_not_end_it(unit, group):
    consent_id = await protected(unit)
    for known in (group, "child", "adult"):
        await unit.harness.deliver(age_known(unit.case_id, known))
    assert await state(unit, consent_id) == "protected"
    assert await unit.harness.parked() == []


async def test_it_ends_by_itself_after_three_days_and_recalls_what_went(unit):
    consent_id = await protected(unit)
    await hand_over(unit)
    (lasts,) = (await unit.rows("select valid_until - created_at as left from consent.records"))[0]
    assert abs(protection().valid_for - lasts).total_seconds() < 5
    await past(unit)
    await unit.harness.work(hasten=True)
    assert await state(unit, consent_id) == "expired"
    assert [b["reason"] for b in await unit.said("disclosure.recalled.v1")] == ["expired"]
    assert (await unit.renew(consent_id)).status_code == 409


async def test_a_third_person_sees_the_reasons_and_they_stand_nowhere_in_clear(unit):
    consent_id = await protected(unit)
    (item,) = await waiting(unit)
    assert (item["consent_id"], item["law"], item["recipients"], item["overdue"]) == (
        str(consent_id),
        LAW,
        [SHELTER],
        False,
    )
    read = await seen(unit, consent_id)
    assert (read.json()["reasons"], read.headers["cache-control"]) == (REASONS, "no-store")
    assert (await review(unit, consent_id)).status_code == 200
    assert (await waiting(unit), await state(unit, consent_id)) == ([], "protected")
    assert [b["upheld"] for b in await unit.said("protection.reviewed.v1")] == [True]
    kept = await unit.rows(
        "select t::text as whole from consent.records t union all select t::text from consent.revisions t"
    )
    assert not [row for row in kept if "Canary" in row.whole or "doctor" in row.whole]
    whole = (await unit.client.get(f"/v1/consents/{consent_id}", headers=unit.worker)).json()
    assert (whole["intact"], whole["terms"]["upheld"]) == (True, True)


async def test_not_upheld_it_is_revoked_and_what_went_is_recalled(unit):
    consent_id = await protected(unit)
    await hand_over(unit)
    assert (await review(unit, consent_id, upheld=False)).status_code in {200, 202}
    assert await state(unit, consent_id) == "revoked"
    assert [b["reason"] for b in await unit.said("disclosure.recalled.v1")] == ["revoked"]
    assert (await review(unit, consent_id)).status_code == 409


async def test_whoever_asked_for_it_or_approved_it_does_not_review_it_and_a_worker_does_not(unit):
    consent_id = await requested(unit, unit.supervisor)
    second = unit.harness.as_("supervisor", org=SENDER, sub="th.second")
    assert (await approve(unit, consent_id, second)).status_code == 200
    for had_a_hand in (unit.supervisor, second):
        same = await review(unit, consent_id, headers=had_a_hand)
        assert (same.status_code, same.json()["code"]) == (409, "second-person")
    assert (await review(unit, consent_id, headers=unit.worker)).status_code == 404
    blank = await review(unit, consent_id, reasons=" ")
    assert blank.status_code == 422
    assert (await review(unit, consent_id)).status_code == 200


async def test_what_was_never_approved_has_nothing_to_review(unit):
    consent_id = await requested(unit)
    assert (await review(unit, consent_id)).status_code == 409
    await decline(unit, consent_id)
    assert (await review(unit, consent_id)).status_code == 409
    assert await waiting(unit) == []


async def test_after_the_hand_over_and_after_its_end_it_is_still_reviewed(unit):
    consent_id = await protected(unit)
    await unit.withdraw(consent_id)
    handed_over = CaseTransferredV1(
        case_id=unit.case_id,
        referral_id=uuid4(),
        organisation=SENDER,
        recipient=SHELTER,
        at="2026-11-26T01:00:00Z",
    )
    await unit.harness.deliver(handed_over)
    assert [item["state"] for item in await waiting(unit)] == ["withdrawn"]
    assert (await review(unit, consent_id, upheld=False)).status_code == 200
    assert await unit.said("consent.revoked.v1") == []


async def test_a_review_of_what_she_ended_does_not_undo_what_she_said_since(unit):
    consent_id = await protected(unit)
    await unit.withdraw(consent_id)
    await unit.give()
    await review(unit, consent_id)
    assert (await request(unit)).status_code == 201


@pytest.mark.parametrize("looked", [True, False])
async def test_supervisors_are_alarmed_when_nobody_looked_in_time(unit, looked):
    consent_id = await protected(unit)
    if looked:
        await review(unit, consent_id)
    await unit.harness.work(hasten=True)
    said = [(b["consent_id"], b["organisation"]) for b in await unit.said("protection.unreviewed.v1")]
    assert said == ([] if looked else [(str(consent_id), SENDER)])
