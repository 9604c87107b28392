"""A case is not closed over a referral or a return on which somebody waits, and answers that are late are seen."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from contracts.events import referral, returns
from contracts.events.consent import DisclosureRecalledV1
from contracts.events.exchange import RecallAnsweredV1
from services.intake.casefile.domain.undertaking import Undertaking, UndertakingKind, UndertakingState
from services.intake.casefile.undertaking_handlers import OF_REFERRALS, OF_RETURNS, subscription
from tests.intake.making import AGENCY, NOW, acceptance_of, disclosure, open_case
from tests.intake.test_closing import close, closing, resume
from tests.intake.test_custody import a_move
from tests.intake.test_tasks import assign

CASE, REFERRAL = UUID(int=1), UUID(int=2)
CODES = {"reason": "capacity", "outcome": "completed"}


def sent(case_id=CASE, referral_id=REFERRAL, **changes):
    values = {
        "sender": AGENCY,
        "recipient": "kh-reintegration-agency",
        "recipient_cell": "KH",
        "recipient_role": "reintegration",
        "purpose": "referral-assistance",
        "service": "shelter",
        "urgency": "urgent",
        "fields": ("cor_FullName",),
        "at": NOW,
    }
    return referral.ReferralSentV1(case_id=case_id, referral_id=referral_id, **{**values, **changes})


def moved(event, case_id=CASE, referral_id=REFERRAL, half="outgoing"):
    values = {"half": half, "sender": AGENCY, "recipient": "kh-reintegration-agency", "at": NOW}
    codes = {name: code for name, code in CODES.items() if name in event.model_fields}
    return event(case_id=case_id, referral_id=referral_id, **values, **codes)


def travelled(event, case_id=CASE, half="sending"):
    ids_ = {"case_id": case_id, "return_id": REFERRAL, "half": half}
    codes = {"result": "safe", "reason": "her-wish", "recorded_by": "sending", "outcome": "not-departed"}
    needed = {name: code for name, code in codes.items() if name in event.model_fields}
    return event(**ids_, sender=AGENCY, receiver="kh-shelter", receiver_cell="KH", at=NOW, **needed)


async def blocked(intake, case_id):
    return (await closing(intake, case_id, intake.as_("supervisor")))["blocked_by"]


def after(*events):
    """An undertaking that has heard these, as the subscription hands them to it."""
    handlers, half = subscription().handlers, Undertaking(REFERRAL, "outgoing")
    for event in events:
        assert list(handlers[type(event)](half, event, NOW)) == []
    return half


WAITS, GOES_ON = ["referral-unanswered"], ["referral-under-way"]
WAY = [
    (referral.ReferralReceivedV1, WAITS),
    (referral.ReferralAcceptedV1, GOES_ON),
    (referral.ReferralStartedV1, GOES_ON),
    (referral.ReferralHeldV1, GOES_ON),
    (referral.ReferralResumedV1, GOES_ON),
    (referral.ReferralRejectedV1, []),
    (referral.ReferralCompletedV1, []),
    (referral.ReferralFailedV1, []),
    (referral.ReferralCancelledV1, []),
    (referral.ReferralRevokedV1, []),
    (referral.ReferralExpiredV1, []),
    (referral.ReferralCorrectedV1, []),
]


def test_every_move_of_a_referral_and_of_a_return_says_how_it_stands():
    assert {event for event, _ in WAY} == set(OF_REFERRALS)
    steps = {
        returns.ReturnConfirmedV1,
        returns.ReturnCheckedV1,
        returns.ReturnBlockedV1,
        returns.ReturnOverdueV1,
    }
    said = {one for one in vars(returns).values() if isinstance(one, type) and getattr(one, "type", "")}
    assert said - steps - {returns.ReturnArrivedV1} == set(OF_RETURNS)


def test_what_runs_ahead_of_its_time_and_what_comes_twice_changes_nothing_afterwards():
    error = moved(referral.ReferralCorrectedV1)
    before = [sent(), moved(referral.ReferralReceivedV1), moved(referral.ReferralAcceptedV1)]
    assert after(error, *before).state is UndertakingState.IN_ERROR
    assert after(*before, *before[:1]).state is UndertakingState.GOING_ON


def test_a_late_answer_takes_up_what_nobody_had_answered():
    late = after(sent(), moved(referral.ReferralExpiredV1), moved(referral.ReferralAcceptedV1))
    assert (late.state, late.kind) == (UndertakingState.GOING_ON, UndertakingKind.REFERRAL)


async def test_a_case_is_not_closed_while_a_referral_waits_or_goes_on_and_the_view_says_so_before(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await intake.deliver(sent(case_id))
    answer = await close(intake, case_id, worker)
    assert (answer.status_code, answer.json()["code"], answer.json()["blocks"]) == (
        409,
        "closing-blocked",
        WAITS,
    )
    for event, blocks in WAY[:-1]:
        await intake.deliver(moved(event, case_id))
        assert (event, await blocked(intake, case_id)) == (event, blocks)
    await intake.deliver(moved(referral.ReferralAcceptedV1, case_id))
    (offered,) = (await closing(intake, case_id, worker))["moves"]
    assert (offered["verb"], offered["blocked_by"]) == ("close_case", GOES_ON)
    await intake.deliver(moved(referral.ReferralCorrectedV1, case_id))
    assert (await close(intake, case_id, worker)).status_code == 200


async def test_what_is_done_here_for_another_organisation_blocks_and_what_came_with_custody_does_not(intake):
    worker = intake.as_("case_worker")
    for kind, blocks in (("referral", GOES_ON), ("transfer", [])):
        came = await disclosure(intake, {"cor_FullName": "Dara"}, kind=kind)
        accepted = acceptance_of(came)
        await intake.deliver(accepted)  # before exchange's own event: they come on two topics
        await intake.deliver(came)
        await intake.deliver(accepted)
        assert (kind, await blocked(intake, came.case_id)) == (kind, blocks)
        if blocks:
            end = moved(referral.ReferralCompletedV1, came.case_id, came.referral_id, "incoming")
            await intake.deliver(end)
        assert (await close(intake, came.case_id, worker)).status_code == 200


async def test_a_transfer_that_was_not_taken_up_leaves_no_case_unclosable(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await intake.deliver(moved(referral.ReferralReceivedV1, case_id))  # how it was sent was never heard
    await intake.deliver(a_move(case_id, "received", REFERRAL))
    assert await blocked(intake, case_id) == ["transfer-offered"]
    await intake.deliver(a_move(case_id, "rejected", REFERRAL))
    assert (await close(intake, case_id, worker)).status_code == 200


@pytest.mark.parametrize(
    ("half", "way"),
    [
        ("sending", {"Requested": 1, "Departed": 1, "Missed": 1, "TurnedBack": 1, "Arrived": 0}),
        ("receiving", {"Cleared": 1, "Departed": 1, "Arrived": 1, "Closed": 0}),
        ("sending", {"Requested": 1, "Suspended": 1, "Resumed": 1, "Withdrawn": 0}),
    ],
)
async def test_a_case_is_not_closed_while_a_return_is_under_way(intake, half, way):
    case_id = await open_case(intake)
    for name, blocks in way.items():
        await intake.deliver(travelled(getattr(returns, f"Return{name}V1"), case_id, half))
        assert (name, await blocked(intake, case_id)) == (name, ["return-under-way"] * blocks)


async def test_what_ended_while_the_case_was_closed_does_not_block_it_once_resumed(intake):
    case_id, worker = await open_case(intake), intake.as_("case_worker")
    await close(intake, case_id, worker)
    await intake.deliver(moved(referral.ReferralAcceptedV1, case_id))
    await resume(intake, case_id, worker)
    assert (await close(intake, case_id, worker)).json()["blocks"] == GOES_ON
    await intake.deliver(moved(referral.ReferralCompletedV1, case_id))
    assert (await close(intake, case_id, worker)).status_code == 200


async def board(intake):
    answer = await intake.client.get("/v1/team", headers=intake.as_("supervisor"))
    names = ("unanswered_referrals", "unanswered_recalls")
    return {one["worker"]: tuple(one[name] for name in names) for one in answer.json()["items"]}


async def waiting(intake, whom):
    query = f"/v1/cases?waiting_for={whom}&count=true"
    listing = (await intake.client.get(query, headers=intake.as_("supervisor"))).json()
    return [UUID(one["id"]) for one in listing["items"]], listing["count"]["counted"]


async def test_a_referral_that_nobody_answered_is_on_the_board_until_somebody_else_is_asked(intake):
    case_id, other = await open_case(intake), await open_case(intake)
    await assign(intake, case_id, "th.worker")
    await intake.deliver(sent(case_id))
    await intake.deliver(moved(referral.ReferralExpiredV1, case_id))
    await intake.deliver(sent(other, uuid4()))
    assert ((await board(intake))["th.worker"], await waiting(intake, "answer")) == ((1, 0), ([case_id], 1))
    worker = intake.as_("case_worker", sub="th.worker")
    await intake.client.get(f"/v1/cases/{case_id}", headers=worker)  # it waits for nobody nearer now
    shown = await intake.client.get(f"/v1/cases/{case_id}", headers=worker)
    assert shown.json()["waiting_for"] == "answer"
    await intake.deliver(sent(case_id, uuid4(), at=NOW + timedelta(hours=1)))
    assert ((await board(intake))["th.worker"], await waiting(intake, "answer")) == ((0, 0), ([], 0))


async def test_a_recall_that_nobody_answered_in_three_days_is_on_the_board_until_it_is_answered(intake):
    case_id, disclosure_id = await open_case(intake), uuid4()
    ids_ = {"case_id": case_id, "disclosure_id": disclosure_id}
    await intake.deliver(DisclosureRecalledV1(**ids_, referral_id=REFERRAL, reason="withdrawn"))
    recalled = (
        "update intake.authorised set case_id = :case, recalled_at = recalled_at - cast(:ago as interval)"
    )
    for ago, found in ((timedelta(hours=71), []), (timedelta(hours=2), [case_id])):
        async with intake.service.database.engine.begin() as conn:
            await conn.execute(text("select set_config('corridor.organisation', '*', true)"))
            await conn.execute(text(recalled), {"case": case_id, "ago": ago})
        assert await waiting(intake, "recall") == (found, len(found))
    assert (await board(intake))[None] == (0, 1)
    await intake.deliver(RecallAnsweredV1(**ids_, answer="restricted", at=NOW))
    assert (await waiting(intake, "recall"), (await board(intake))[None]) == (([], 0), (0, 0))
