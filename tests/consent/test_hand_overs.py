"""Her answer and the transfer in one step: shown before it is made, both or neither, once, and only while the case is there."""

from uuid import UUID, uuid4

import pytest

from contracts.events.exchange import DisclosureReceivedV1
from contracts.events.intake import CaseClosedV1, CaseResumedV1, CaseTransferredV1, DependantsChangedV1
from contracts.grant import Grant
from tests.consent.making import (
    PURPOSE,
    SENDER,
    agreed,
    agreement_changed,
    directory_changed,
    disclosure_of,
    referral_sent,
)

SHELTER = "th-shelter"
FIELDS = ["cor_FullName", "cor_Health", "prs_MobilePhone"]


def form(recipient: str = SHELTER, **changes) -> dict:
    answer = agreed(recipients=[{"organisation": SHELTER, "country": "TH"}], **changes.pop("answer", {}))
    transfer = {
        "recipient": recipient,
        "service": "shelter",
        "purpose": PURPOSE,
        "urgency": "immediate",
        "fields": FIELDS,
        **changes,
    }
    return {"answer": answer, "transfer": transfer}


@pytest.fixture
async def unit(consent):
    """The screening unit's case, with an agreement and a shelter inside the country."""
    for event in (
        agreement_changed(agreement_id="th-th", cells=("TH",), fields=tuple(FIELDS)),
        directory_changed(organisation=SHELTER, cell="TH", role="shelter"),
    ):
        await consent.harness.deliver(event)
    return consent


def officer(unit, **changes) -> dict[str, str]:
    return unit.harness.as_("screening_officer", org=SENDER, **changes)


async def hand_over(unit, body=None, headers=None, path=""):
    return await unit.client.post(
        f"/v1/cases/{unit.case_id}/hand-overs{path}", json=body or form(), headers=headers or officer(unit)
    )


async def test_an_officer_sees_what_would_go_and_records_nothing_by_looking(unit):
    shown = (await hand_over(unit, path="/preview")).json()
    assert (shown["sent"], shown["refusal"]) == (["cor_FullName", "prs_MobilePhone"], None)
    assert shown["withheld"] == [{"field": "cor_Health", "reason": "no_consent"}]
    assert await unit.rows("select 1 from consent.records") == []
    assert await unit.said("hand_over.asked.v1", "consent.given.v1") == []


async def test_her_answer_and_the_transfer_are_one_step(unit):
    answer = await hand_over(unit)
    assert answer.status_code == 201, answer.text
    (asked,) = await unit.said("hand_over.asked.v1")
    assert len(await unit.said("consent.given.v1")) == 1
    assert (asked["referral_id"], asked["recipient"], asked["recipient_role"]) == (
        answer.json()["id"],
        SHELTER,
        "shelter",
    )
    await unit.harness.deliver(
        referral_sent(
            unit.case_id,
            UUID(asked["referral_id"]),
            recipient=SHELTER,
            recipient_cell="TH",
            fields=tuple(FIELDS),
            kind="transfer",
        )
    )
    (authorised,) = await unit.said("disclosure.authorised.v1")
    assert (authorised["fields"], authorised["kind"]) == (["cor_FullName", "prs_MobilePhone"], "transfer")
    assert await unit.steps(disclosure_of(UUID(asked["referral_id"]))) == ["authorised"]


async def test_the_same_step_under_one_key_is_made_once(unit):
    headers = officer(unit) | {"Idempotency-Key": "hand-over-once"}
    first, again = await hand_over(unit, headers=headers), await hand_over(unit, headers=headers)
    assert (first.status_code, again.status_code) == (
        201,
        422,
    )  # another form: its validity is later by a moment
    body = form()
    headers["Idempotency-Key"] = "hand-over-twice"
    first, again = await hand_over(unit, body, headers), await hand_over(unit, body, headers)
    assert (first.json(), again.status_code) == (again.json(), 201)
    assert len(await unit.said("hand_over.asked.v1")) == 2


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (form(answer={"purposes": ["medical-care"]}), "purpose_not_consented"),
        (form(answer={"categories": ["education"]}), None),
        (form("th-legal-aid"), None),
        (form("kh-reintegration-agency"), "not-listed"),
        (form("th-nobody"), "not-listed"),
        (form(answer={"risks_explained": False}), "incomplete"),
    ],
)
async def test_what_she_did_not_agree_to_is_neither_recorded_nor_sent(unit, body, code):
    answer = await hand_over(unit, body)
    assert answer.status_code == 422
    assert code in {None, answer.json()["errors"][0]["code"]}
    assert await unit.rows("select 1 from consent.records") == []
    assert await unit.said("hand_over.asked.v1", "consent.given.v1") == []


async def test_after_the_hand_over_the_officer_asks_and_sees_nothing_more(unit):
    consent_id = await unit.give()
    handed_over = CaseTransferredV1(
        case_id=unit.case_id,
        referral_id=uuid4(),
        organisation=SENDER,
        recipient=SHELTER,
        at="2026-11-26T01:00:00Z",
    )
    await unit.harness.deliver(handed_over)
    for path in ("", "/preview"):
        assert (await hand_over(unit, path=path)).status_code == 404
    headers = officer(unit)
    for path in (f"/v1/consents/{consent_id}", f"/v1/cases/{unit.case_id}/ledger"):
        assert (await unit.client.get(path, headers=headers)).status_code == 404
    withdrawn = await unit.client.post(f"/v1/consents/{consent_id}/withdraw", headers=headers)
    assert withdrawn.status_code == 404
    assert (await unit.withdraw(consent_id)).status_code in {200, 202}  # by whoever supervises or cared there


async def test_she_takes_it_back_through_those_who_have_her_now(unit):
    consent_id = await unit.give()
    asked = referral_sent(unit.case_id)
    await unit.harness.deliver(asked)
    theirs = await unit.another_case()
    await unit.harness.grant_access(theirs.case_id, SHELTER)
    disclosure_id = disclosure_of(asked.referral_id)
    await unit.harness.deliver(received(theirs.case_id, unit.person_id, asked.referral_id))
    path = f"/v1/grants/{disclosure_id}/withdraw"
    stranger = unit.harness.as_("case_worker", org="th-legal-aid")
    assert (await unit.client.post(path, headers=stranger)).status_code == 404
    answer = await unit.client.post(path, headers=unit.harness.as_("case_worker", org=SHELTER))
    assert answer.status_code in {200, 202}, answer.text
    (row,) = await unit.rows("select state from consent.records where id = :id", id=consent_id)
    assert row.state == "withdrawn"
    assert (await unit.steps(disclosure_id))[-1] == "recalled"


async def test_she_takes_it_back_from_those_who_have_her_now_alone_where_she_says_so(unit):
    """The others whom she agreed to go on: she is asked which, and takes nothing back that she wants to keep."""
    other = {"organisation": "th-legal-aid", "country": "TH"}
    await unit.harness.deliver(directory_changed(organisation=other["organisation"], cell="TH", role="legal"))
    consent_id = await unit.give(recipients=[{"organisation": SHELTER, "country": "TH"}, other])
    theirs = await unit.another_case()
    await unit.harness.grant_access(theirs.case_id, SHELTER)
    referrals = [
        referral_sent(unit.case_id, recipient=name, recipient_cell="TH", recipient_role=role)
        for name, role in ((SHELTER, "shelter"), ("th-legal-aid", "legal"))
    ]
    for asked in referrals:
        await unit.harness.deliver(asked)
    mine, kept = (disclosure_of(asked.referral_id) for asked in referrals)
    await unit.harness.deliver(received(theirs.case_id, unit.person_id, referrals[0].referral_id))
    headers = unit.harness.as_("case_worker", org=SHELTER)
    answer = await unit.client.post(
        f"/v1/grants/{mine}/withdraw", json={"scope": "recipient"}, headers=headers
    )
    assert answer.status_code in {200, 202}, answer.text
    (row,) = await unit.rows("select state, terms from consent.records where id = :id", id=consent_id)
    assert (row.state, [r["organisation"] for r in row.terms["recipients"]]) == ("given", ["th-legal-aid"])
    assert (await unit.steps(mine))[-1] == "recalled"
    assert await unit.steps(kept) == ["authorised"]
    unknown = await unit.client.post(f"/v1/grants/{mine}/withdraw", json={"scope": "some"}, headers=headers)
    assert unknown.status_code == 422


def received(case_id: UUID, person_id: UUID, referral_id: UUID) -> DisclosureReceivedV1:
    grant = Grant(
        disclosure_id=disclosure_of(referral_id),
        consent_revision=1,
        consent_sha256="a" * 64,
        agreement_id="th-th",
        agreement_version=1,
        purpose=PURPOSE,
        recipient=SHELTER,
        fields=("cor_FullName",),
        back_categories=(),
        valid_until="2027-11-26T01:00:00Z",
    )
    return DisclosureReceivedV1(
        case_id=case_id,
        person_id=person_id,
        first=True,
        disclosure_id=disclosure_of(referral_id),
        referral_id=referral_id,
        sender=SENDER,
        sender_cell="TH",
        recipient=SHELTER,
        service="shelter",
        urgency="immediate",
        grant=grant,
        fields=(),
        at="2026-11-26T01:00:00Z",
        kind="transfer",
    )


async def test_a_mother_is_not_handed_over_away_from_her_child_without_a_word(unit):
    linked = DependantsChangedV1(case_id=unit.case_id, link_id=uuid4(), change="linked", linked_here=True)
    await unit.harness.deliver(linked)
    refused = await hand_over(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "linked-case-open")
    assert await unit.said("hand_over.asked.v1", "consent.given.v1") == []
    assert (await hand_over(unit, {**form(), "linked_stay": True})).status_code == 201
    left = DependantsChangedV1(case_id=unit.case_id, link_id=uuid4(), change="left", linked_here=False)
    await unit.harness.deliver(left)
    assert (await hand_over(unit)).status_code == 201


async def test_nobody_is_handed_over_out_of_a_case_that_is_closed_and_her_word_is_taken_all_the_same(unit):
    async def offered() -> set[str]:
        answer = await unit.client.get(f"/v1/cases/{unit.case_id}/consents", headers=officer(unit))
        return {one["verb"] for one in answer.json()["moves"]}

    assert "hand_over_case" in await offered()
    await unit.harness.deliver(CaseClosedV1(case_id=unit.case_id))
    refused = await hand_over(unit)
    assert (refused.status_code, refused.json()["code"]) == (409, "case-closed")
    assert await unit.said("hand_over.asked.v1", "consent.given.v1") == []
    assert "hand_over_case" not in await offered()
    assert "record_consent" in await offered()
    await unit.harness.deliver(CaseResumedV1(case_id=unit.case_id))
    assert (await hand_over(unit)).status_code == 201
