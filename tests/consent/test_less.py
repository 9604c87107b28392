"""Less is taken back: what a renewal or a partial withdrawal no longer covers, and the reading after the end of a referral."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.casefile.fields import FIELDS as ALL_FIELDS
from contracts.codes import codes
from contracts.disclosure import fields_hash
from contracts.events import referral as said
from contracts.events.intake import FieldsRecordedV1
from services.consent.domain.case import CaseConsents
from services.consent.domain.coverage import covers, reconsider
from services.consent.domain.disclosure import OPEN, Disclosure
from services.consent.domain.facts import DisclosureCorrected
from services.consent.domain.narrowing import Part
from services.consent.domain.record import Act
from services.consent.domain.states import NARROWABLE, State
from services.consent.domain.terms import Recipient
from tests.consent.making import (
    AGENCY,
    NOW,
    PURPOSE,
    SENDER,
    agreement,
    agreement_changed,
    directory_changed,
    disclosure_of,
    ground,
    record,
    request,
    terms,
)
from tests.consent.test_handlers import delivered

CLINIC = "kh-health-agency"
BOTH = [{"organisation": name, "country": "KH"} for name in (AGENCY, CLINIC)]
OTHER_PURPOSE = "medical-care"


def following(disclosure_id: UUID) -> UUID:
    return uuid5(disclosure_id, "following")


async def known(consent) -> None:
    """A second recipient and a second purpose are possible."""
    await consent.harness.deliver(agreement_changed(2, purposes=(PURPOSE, OTHER_PURPOSE), retention_days=30))
    await consent.harness.deliver(directory_changed(organisation=CLINIC))


async def recalls(consent) -> dict[str, str]:
    """Disclosure → why it was recalled."""
    return {e["disclosure_id"]: e["reason"] for e in await consent.said("disclosure.recalled.v1")}


async def fields_of(consent) -> list[tuple[str, list[str]]]:
    return [(e["disclosure_id"], e["fields"]) for e in await consent.said("disclosure.authorised.v1")]


LESS = {
    "recipient": ({"recipients": [BOTH[1]]}, {"recipients": [AGENCY]}),
    "purpose": ({"purposes": [OTHER_PURPOSE]}, {"purposes": [PURPOSE]}),
    "all that was sent": ({"categories": ["health"]}, {"categories": ["identity", "contact", "needs"]}),
}
"""What is no longer covered: the renewal without it, and the part that she takes back."""


async def given_and_sent(consent) -> tuple[UUID, UUID]:
    await known(consent)
    consent_id = await consent.give(
        recipients=BOTH,
        purposes=[PURPOSE, OTHER_PURPOSE],
        categories=["identity", "contact", "needs", "health"],
    )
    return consent_id, await consent.send()


async def part(consent, consent_id: UUID, **body):
    path = f"/v1/consents/{consent_id}/withdraw-part"
    return await consent.client.post(path, json=body, headers=consent.worker)


@pytest.mark.parametrize("what", LESS)
@pytest.mark.parametrize("verb", ["renew", "withdraw-part"])
async def test_what_is_no_longer_covered_at_all_is_recalled(consent, what, verb):
    consent_id, disclosure_id = await given_and_sent(consent)
    renewal, taken = LESS[what]
    if verb == "renew":
        everything = {"recipients": BOTH, "purposes": [PURPOSE, OTHER_PURPOSE]}
        answered = await consent.renew(consent_id, **{**everything, **renewal})
    else:
        answered = await part(consent, consent_id, **taken)
    assert answered.status_code == 202  # recalled at once; there is no exchange here that could confirm
    assert await recalls(consent) == {str(disclosure_id): "narrowed"}
    assert await consent.steps(disclosure_id) == ["authorised", "recalled"]
    assert (await consent.token(disclosure_id)).status_code == 409


@pytest.mark.parametrize("verb", ["renew", "withdraw-part"])
async def test_what_is_covered_in_part_is_recalled_and_the_smaller_set_is_authorised(consent, verb):
    consent_id, disclosure_id = await given_and_sent(consent)
    if verb == "renew":
        await consent.renew(consent_id, categories=["identity", "needs"])
    else:
        await part(consent, consent_id, categories=["contact"])
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    smaller = ("cor_FullName", "cor_Needs")
    assert (await fields_of(consent))[1:] == [(str(following(disclosure_id)), list(smaller))]
    answered = await consent.token(following(disclosure_id), revision=2, fields_hash=fields_hash(smaller))
    assert answered.status_code == 200


async def test_a_shorter_time_takes_back_the_longer_promise(consent):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    sooner = datetime.now(UTC) + timedelta(days=7)
    await consent.renew(consent_id, valid_until=sooner.isoformat())
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    promised = [e["valid_until"] for e in await consent.said("disclosure.authorised.v1")]
    assert datetime.fromisoformat(promised[1]) == sooner


async def test_a_renewal_with_the_same_or_more_takes_nothing_back_and_what_waits_is_still_sealed(consent):
    consent_id = await consent.give(categories=["identity", "needs"])
    disclosure_id = await consent.send()
    smaller = ("cor_FullName", "cor_Needs")
    for categories in (["identity", "needs"], ["identity", "needs", "contact"]):
        later = (datetime.now(UTC) + timedelta(days=200)).isoformat()
        answered = await consent.renew(consent_id, categories=categories, valid_until=later)
        assert (answered.status_code, answered.json()["complete"]) == (200, True)
    assert await recalls(consent) == {}
    assert (await consent.token(disclosure_id, fields_hash=fields_hash(smaller))).status_code == 200


async def test_a_part_is_taken_back_as_easily_as_it_was_given(consent):
    """No version, no reason; twice is no error; what she had not agreed to is passed over; what is left stands."""
    consent_id, _ = await given_and_sent(consent)
    for _ in range(2):
        answered = await part(consent, consent_id, categories=["contact", "family"], recipients=[CLINIC])
        assert answered.status_code == 202
    view = (await consent.client.get(f"/v1/consents/{consent_id}", headers=consent.worker)).json()
    assert (view["state"], view["revision"], view["intact"]) == ("given", 2, True)
    assert [r["organisation"] for r in view["terms"]["recipients"]] == [AGENCY]
    assert view["terms"]["categories"] == ["health", "identity", "needs"]
    (narrowed,) = await consent.said("consent.narrowed.v1")
    assert (narrowed["revision"], narrowed["recipients"]) == (2, [AGENCY])


async def test_what_may_be_told_back_is_taken_back_with_its_category(consent):
    consent_id = await consent.give(back_categories=["outcome", "health"])
    disclosure_id = await consent.send()
    await part(consent, consent_id, categories=["health"])
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    assert (await consent.said("disclosure.authorised.v1"))[1]["back_categories"] == ["outcome"]


@pytest.mark.parametrize(
    "taken",
    [{"recipients": [AGENCY]}, {"purposes": [PURPOSE]}, {"categories": ["identity", "contact", "needs"]}],
)
async def test_the_last_part_is_a_withdrawal(consent, taken):
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    await part(consent, consent_id, **taken)
    view = (await consent.client.get(f"/v1/consents/{consent_id}", headers=consent.worker)).json()
    assert view["state"] == "withdrawn"
    assert await recalls(consent) == {str(disclosure_id): "withdrawn"}


@pytest.mark.parametrize("body", [{}, {"categories": []}, {"categories": ["nothing-known"]}, {"all": True}])
async def test_a_part_names_something_that_is_known(consent, body):
    consent_id = await consent.give()
    assert (await part(consent, consent_id, **body)).status_code == 422


@pytest.mark.parametrize("state", sorted(set(State) - NARROWABLE - {State.PROTECTED}))
def test_of_what_permits_nothing_no_part_is_left_to_take_back(state):
    made = record(state)
    assert made.narrow(Part(categories=frozenset({"contact"})), Act("th.worker", SENDER, NOW)) == []


async def test_what_is_left_of_a_consent_ends_with_its_validity_all_the_same(consent):
    ends = datetime.now(UTC) + timedelta(seconds=2)
    consent_id = await consent.give(valid_until=ends.isoformat())
    await part(consent, consent_id, categories=["contact"])
    statement = "select key, due_at from chassis.work where kind = 'expire' order by key"
    due = await consent.rows(statement)
    assert [(row.key, row.due_at) for row in due] == [(f"{consent_id}.{n}", ends) for n in (1, 2)]


# Three categories, two recipients, two purposes, three lengths: enough for every way of being covered.
_SOME = {
    "categories": st.lists(st.sampled_from(["contact", "identity", "needs"]), min_size=1, unique=True),
    "back_categories": st.lists(st.sampled_from(["outcome", "health"]), unique=True),
    "days": st.sampled_from([7, 30, 90]),
}


@given(st.fixed_dictionaries(_SOME), st.fixed_dictionaries(_SOME), st.booleans(), st.booleans())
def test_at_rest_every_open_disclosure_is_covered_and_none_has_more_than_the_one_before(
    before, after, keeps_recipient, keeps_purpose
):
    made = record(State.GIVEN, **_terms(before))
    case = CaseConsents(made.case_id, ground(), records={made.id: made})
    disclosure_id = uuid4()
    case.ask(disclosure_id, request(made.case_id), NOW)
    if not made.disclosures:
        return
    sent = set(made.disclosures[0].authorised_by.fields)
    changes = {} if keeps_recipient else {"recipients": (_clinic(),)}
    changes |= {} if keeps_purpose else {"purposes": (OTHER_PURPOSE,)}
    made.renew(terms(**_terms(after), **changes), {}, Act("th.worker", SENDER, NOW))
    reconsider(made, ground(), NOW)
    standing = [d for d in made.disclosures if d.stage in OPEN]
    for one in standing:
        assert covers(made, one.request, one.authorised_by)
        assert set(one.authorised_by.fields) <= sent
    wanted = {name for name in sent if ALL_FIELDS[name].category in after["categories"]}
    expected = wanted if keeps_recipient and keeps_purpose else set()
    assert set().union(*(one.authorised_by.fields for one in standing)) == expected


def _terms(some) -> dict:
    return {
        "categories": tuple(sorted(some["categories"])),
        "back_categories": tuple(sorted(some["back_categories"])),
        "valid_until": NOW + timedelta(days=some["days"]),
    }


def _clinic():
    return Recipient(CLINIC, "KH")


ENDS = {
    "corrected": (said.ReferralCorrectedV1, {}, "entered_in_error"),
    "rejected": (said.ReferralRejectedV1, {"reason": "no-capacity"}, "rejected"),
    "expired": (said.ReferralExpiredV1, {}, "unanswered"),
    "cancelled": (said.ReferralCancelledV1, {}, "cancelled"),
    "completed": (said.ReferralCompletedV1, {"outcome": "service-delivered"}, "completed"),
    "failed": (said.ReferralFailedV1, {"reason": "moved-away"}, "failed"),
}


def ended(consent, referral_id: UUID, how: str, half: str = "outgoing"):
    kind, code, _ = ENDS[how]
    return kind(
        case_id=consent.case_id,
        referral_id=referral_id,
        half=half,
        sender=SENDER,
        recipient=AGENCY,
        at=datetime.now(UTC),
        **code,
    )


async def delivered_referral(consent) -> tuple[UUID, UUID]:
    await consent.give()
    referral_id = uuid4()
    disclosure_id = await consent.send(referral_id=referral_id)
    assert disclosure_id == disclosure_of(referral_id)
    await consent.harness.deliver(delivered(consent, disclosure_id))
    return referral_id, disclosure_id


@pytest.mark.parametrize("how", ENDS)
async def test_the_end_of_a_referral_ends_the_reading(consent, how):
    """At once for error, rejection and silence; else after the time of the agreement, from a row that outlasts a restart."""
    await known(consent)
    referral_id, disclosure_id = await delivered_referral(consent)
    await consent.harness.deliver(ended(consent, referral_id, how))
    if how in {"cancelled", "completed", "failed"}:
        assert await recalls(consent) == {}
        (due,) = await consent.rows("select due_at - now() as left from chassis.work where kind = 'end'")
        assert timedelta(days=29) < due.left <= timedelta(days=30)
        assert await consent.steps(disclosure_id) == ["authorised", "delivered", "ended"]
        await consent.harness.work(hasten=True)
    assert await recalls(consent) == {str(disclosure_id): ENDS[how][2]}


@pytest.mark.parametrize("how", ENDS)
async def test_without_a_time_in_the_agreement_the_reading_ends_at_once(consent, how):
    referral_id, disclosure_id = await delivered_referral(consent)
    await consent.harness.deliver(ended(consent, referral_id, how))
    assert await recalls(consent) == {str(disclosure_id): ENDS[how][2]}


@pytest.mark.parametrize("how", ENDS)
async def test_what_the_half_of_a_recipient_says_ends_no_reading(consent, how):
    referral_id, _ = await delivered_referral(consent)
    await consent.harness.deliver(ended(consent, referral_id, how, half="incoming"))
    assert await recalls(consent) == {}


async def test_what_was_sent_in_error_is_taken_back_although_its_stream_is_parked(consent):
    referral_id, disclosure_id = await delivered_referral(consent)
    consent.harness.received(ended(consent, referral_id, "completed"))  # lost: what comes after it waits
    lost = ended(consent, uuid4(), "completed")
    await consent.harness.deliver(lost)
    assert len(await consent.harness.parked()) == 1
    await consent.harness.deliver(ended(consent, referral_id, "corrected"))
    assert await recalls(consent) == {str(disclosure_id): "entered_in_error"}


async def test_of_what_is_known_to_be_an_error_before_it_is_asked_for_nothing_is_disclosed(consent):
    """The correction ran ahead of the referral, whose stream was parked; the referral is replayed later."""
    await consent.give()
    referral_id = uuid4()
    await consent.harness.deliver(ended(consent, referral_id, "corrected"))
    disclosure_id = await consent.send(referral_id=referral_id)
    assert await consent.said("disclosure.authorised.v1") == []
    assert [e["reason"] for e in await consent.said("disclosure.refused.v1")] == ["referral_cancelled"]
    assert (await consent.token(disclosure_id)).status_code == 409
    other = await consent.send()
    assert await consent.steps(other) == ["authorised"]


async def test_an_error_that_is_seen_after_completion_is_taken_back_at_once(consent):
    await known(consent)
    referral_id, disclosure_id = await delivered_referral(consent)
    for how in ("completed", "corrected"):
        await consent.harness.deliver(ended(consent, referral_id, how))
    assert await recalls(consent) == {str(disclosure_id): "entered_in_error"}


async def test_her_withdrawal_does_not_wait_for_the_time_after_a_referral(consent):
    await known(consent)
    await consent.give()
    referral_id, disclosure_id = await delivered_referral(consent)
    await consent.harness.deliver(ended(consent, referral_id, "completed"))
    (view,) = await consent.rows(
        "select consent_id from consent.disclosures where id = :id", id=disclosure_id
    )
    await consent.withdraw(view.consent_id)
    assert await recalls(consent) == {str(disclosure_id): "withdrawn"}
    await consent.harness.work(hasten=True)
    assert await recalls(consent) == {str(disclosure_id): "withdrawn"}


async def test_an_answer_that_crossed_the_end_of_the_waiting_is_given_what_it_needs(consent):
    """Silence never loses a case: it had answered, and the border was slow. Under what she agrees to today."""
    referral_id, disclosure_id = await delivered_referral(consent)
    await consent.harness.deliver(ended(consent, referral_id, "expired"))
    accepted = said.ReferralAcceptedV1(
        case_id=consent.case_id,
        referral_id=referral_id,
        half="outgoing",
        sender=SENDER,
        recipient=AGENCY,
        at=datetime.now(UTC),
    )
    for _ in range(2):
        await consent.harness.deliver(accepted)
    assert [id_ for id_, _ in await fields_of(consent)] == [
        str(disclosure_id),
        str(following(disclosure_id)),
    ]


async def test_an_answer_that_crossed_her_withdrawal_is_given_nothing(consent):
    referral_id, disclosure_id = await delivered_referral(consent)
    await consent.harness.deliver(ended(consent, referral_id, "expired"))
    (row,) = await consent.rows("select consent_id from consent.disclosures where id = :id", id=disclosure_id)
    await consent.withdraw(row.consent_id)
    accepted = ended(consent, referral_id, "completed")
    await consent.harness.deliver(accepted)
    assert [id_ for id_, _ in await fields_of(consent)] == [str(disclosure_id)]


async def test_a_corrected_value_reaches_who_was_given_the_old_one(consent):
    """By the usual way, without a value in any event: the old one is taken back, and what stands now follows it."""
    _, disclosure_id = await delivered_referral(consent)
    for revision, names in enumerate((["prs_DateOfBirth"], ["cor_FullName", "prs_DateOfBirth"]), 1):
        corrected = FieldsRecordedV1(case_id=consent.case_id, revision=revision, fields=tuple(names))
        await consent.harness.deliver(corrected)
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    assert [id_ for id_, _ in await fields_of(consent)] == [
        str(disclosure_id),
        str(following(disclosure_id)),
    ]


async def test_a_value_that_is_corrected_after_her_withdrawal_is_sent_to_nobody(consent):
    _, disclosure_id = await delivered_referral(consent)
    (row,) = await consent.rows("select consent_id from consent.disclosures where id = :id", id=disclosure_id)
    await consent.withdraw(row.consent_id)
    corrected = FieldsRecordedV1(case_id=consent.case_id, revision=1, removed=("cor_FullName",))
    await consent.harness.deliver(corrected)
    assert [id_ for id_, _ in await fields_of(consent)] == [str(disclosure_id)]


async def corrected(consent, revision: int, *names: str) -> None:
    await consent.harness.deliver(
        FieldsRecordedV1(case_id=consent.case_id, revision=revision, fields=tuple(names))
    )


async def told(consent) -> list[tuple[str, int, list[str]]]:
    said_of_it = await consent.said("disclosure.corrected.v1")
    return [(e["disclosure_id"], e["revision"], e["fields"]) for e in said_of_it]


TOLD = {
    "withdrawn",
    "expired",
    "narrowed",
    "not_in_agreement",
    "replaced",
    "cancelled",
    "completed",
    "failed",
}


@pytest.mark.parametrize("reason", sorted(codes("recall_reason")))
def test_after_the_end_a_recipient_is_told_the_names_where_it_still_acts_on_the_values(reason):
    """Not after an error, a refusal or silence, and never after somebody had pressed her; and never how she is reached."""
    case, disclosure = _delivered()
    disclosure.recall(reason, NOW)
    facts = case.corrected({"prs_Birthdate", "prs_MobilePhone", "cor_Health"}, 4, NOW)
    expected = [
        DisclosureCorrected(
            case.case_id, disclosure.id, disclosure.request.referral_id, 4, ("prs_Birthdate",)
        )
    ]
    assert facts == (expected if reason in TOLD else [])


def _delivered() -> tuple[CaseConsents, Disclosure]:
    fields = ("cor_FullName", "prs_Birthdate", "prs_MobilePhone")
    made = record(State.GIVEN, categories=("contact", "identity"))
    case = CaseConsents(made.case_id, ground(agreement(fields=fields)), records={made.id: made})
    disclosure_id = uuid4()
    case.ask(disclosure_id, request(made.case_id, fields=fields), NOW)
    disclosure = case.disclosures[disclosure_id]
    disclosure.delivered()
    return case, disclosure


async def test_who_was_given_a_value_under_an_ended_grant_is_told_its_name_and_no_value(consent):
    """Each correction is told once; a field that it never had, or how she is reached, is not."""
    consent_id = await consent.give()
    disclosure_id = await consent.send()
    await consent.harness.deliver(delivered(consent, disclosure_id))
    await consent.withdraw(consent_id)
    for revision, names in ((4, ("cor_FullName", "prs_MobilePhone")), (5, ("cor_Health",))):
        await corrected(consent, revision, *names)
    assert await told(consent) == [(str(disclosure_id), 4, ["cor_FullName"])]
    assert [id_ for id_, _ in await fields_of(consent)] == [str(disclosure_id)]


async def test_what_is_sent_anew_is_told_to_nobody_besides(consent):
    _, disclosure_id = await delivered_referral(consent)
    await corrected(consent, 1, "cor_FullName")
    assert await recalls(consent) == {str(disclosure_id): "replaced"}
    assert await told(consent) == []


async def test_who_lost_a_part_is_told_of_the_part_and_given_the_rest(consent):
    """She took her needs back: of them the recipient hears that they changed, of her name it is sent the new one."""
    consent_id = await consent.give()
    first = await consent.send()
    await consent.harness.deliver(delivered(consent, first))
    await part(consent, consent_id, categories=["needs"])
    await consent.harness.deliver(delivered(consent, following(first)))
    await corrected(consent, 7, "cor_FullName", "cor_Needs")
    assert await told(consent) == [(str(first), 7, ["cor_Needs"])]
    assert [id_ for id_, _ in await fields_of(consent)][-1] == str(following(following(first)))


async def test_where_nothing_may_follow_who_reads_on_is_told_that_it_changed(consent):
    """She is to be asked again, since her age is another: nothing more is sealed, and the old value is still read."""
    case, disclosure = _delivered()
    case.learn_age("child", NOW)
    (fact,) = case.corrected({"prs_Birthdate"}, 2, NOW)
    assert (fact.disclosure_id, fact.fields) == (disclosure.id, ("prs_Birthdate",))
    assert disclosure.stage in OPEN
