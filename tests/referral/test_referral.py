"""Every verb from every state on either half, how a half follows the other, and two halves under any interleaving."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.referral.domain import facts
from services.referral.domain.facts import CodeIgnored
from services.referral.domain.referral import Referral
from services.referral.domain.states import ENDED, Half, State, Verb, WrongHalf, WrongMove
from tests.referral.making import DEADLINES, NOW, RECIPIENT, SENDER, a_referral

S, OUT, IN = State, Half.OUTGOING, Half.INCOMING
LIVE = {S.DRAFT, S.REQUESTED, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD}

ALLOWED = {
    "send": (OUT, {S.DRAFT}, S.REQUESTED),
    "accept": (IN, {S.RECEIVED}, S.ACCEPTED),
    "reject": (IN, {S.RECEIVED}, S.REJECTED),
    "start": (IN, {S.ACCEPTED}, S.IN_PROGRESS),
    "hold": (IN, {S.IN_PROGRESS}, S.ON_HOLD),
    "resume": (IN, {S.ON_HOLD}, S.IN_PROGRESS),
    "complete": (IN, {S.IN_PROGRESS, S.ON_HOLD}, S.COMPLETED),
    "fail": (IN, {S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD}, S.FAILED),
    "cancel": (OUT, LIVE, S.CANCELLED),
    "correct": (OUT, set(State) - {S.ENTERED_IN_ERROR}, S.ENTERED_IN_ERROR),
}
ARGUMENTS = {
    "send": (DEADLINES,),
    "reject": ("no-capacity",),
    "hold": ("awaiting-person",),
    "complete": ("service-delivered",),
    "fail": ("moved-away",),
}
HEARD = {
    "deliver": ({OUT}, {S.REQUESTED}, S.RECEIVED),
    "refuse": ({OUT}, {S.REQUESTED}, S.FAILED),
    "revoke": ({OUT, IN}, {S.REQUESTED, S.RECEIVED}, S.REVOKED),
    "expire": ({OUT, IN}, {S.REQUESTED, S.RECEIVED}, S.EXPIRED),
}


def test_every_verb_stands_in_one_of_the_two_tables():
    assert sorted([*ALLOWED, *HEARD]) == sorted(Verb)


def do(referral: Referral, verb: str) -> list[facts.Fact]:
    return getattr(referral, verb)(*ARGUMENTS.get(verb, ()), NOW)


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", ALLOWED)
def test_a_verb_moves_its_own_half_from_its_states_and_nothing_else(verb: str, state: State, half: Half):
    by, start, to = ALLOWED[verb]
    referral = a_referral(state, half)
    if half is not by:
        with pytest.raises(WrongHalf):
            do(referral, verb)
        assert (referral.state, referral.version) == (state, 1)
    elif state not in start:
        with pytest.raises(WrongMove):
            do(referral, verb)
        assert (referral.state, referral.version) == (state, 1)
    else:
        do(referral, verb)
        assert (referral.state, referral.version) == (to, 2)


@pytest.mark.parametrize("half", Half)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", HEARD)
def test_what_is_heard_moves_the_half_where_it_fits_and_is_only_noted_elsewhere(
    verb: str, state: State, half: Half
):
    by, start, to = HEARD[verb]
    referral = a_referral(state, half)
    said = referral.refuse("no_consent", NOW) if verb == "refuse" else getattr(referral, verb)(NOW)
    if half in by and state in start:
        assert (referral.state, referral.version) == (to, 2)
        assert not isinstance(said[0], CodeIgnored)
    else:
        assert (referral.state, referral.version) == (state, 1)
        assert said == [CodeIgnored(referral.id, half, verb, state)]


@pytest.mark.parametrize(
    ("verb", "fact", "code"),
    [
        ("accept", facts.ReferralAccepted, {}),
        ("reject", facts.ReferralRejected, {"reason": "no-capacity"}),
        ("start", facts.ReferralStarted, {}),
        ("hold", facts.ReferralHeld, {"reason": "awaiting-person"}),
        ("resume", facts.ReferralResumed, {}),
        ("complete", facts.ReferralCompleted, {"outcome": "service-delivered"}),
        ("fail", facts.ReferralFailed, {"reason": "moved-away"}),
        ("cancel", facts.ReferralCancelled, {}),
    ],
)
def test_each_move_says_its_own_fact_with_the_half_that_moved(verb: str, fact: type, code: dict[str, str]):
    half, start, _ = ALLOWED[verb]
    state = S.RECEIVED if S.RECEIVED in start else next(iter(start))
    referral = a_referral(state, half)
    expected = fact(
        case_id=referral.case_id,
        referral_id=referral.id,
        half=half,
        sender=referral.sender,
        recipient=referral.recipient,
        at=NOW,
        **code,
    )
    assert do(referral, verb) == [expected]


def test_sending_asks_for_the_fields_and_starts_the_clock():
    referral = a_referral()
    sent, remind, expire = referral.send(DEADLINES, NOW)
    assert isinstance(sent, facts.ReferralSent)
    assert sent.fields == ("cor_FullName", "cor_Needs")
    assert remind == facts.ReminderDue(referral.id, OUT, DEADLINES.remind_at)
    assert expire == facts.ExpiryDue(referral.id, OUT, DEADLINES.respond_by)
    assert (referral.sent_at, referral.respond_by) == (NOW, DEADLINES.respond_by)


def test_a_cancelled_draft_is_said_to_nobody():
    assert a_referral(S.DRAFT).cancel(NOW) == []


@pytest.mark.parametrize("state", [S.DRAFT, S.REJECTED, S.COMPLETED, S.FAILED, S.CANCELLED])
def test_correcting_what_the_receiver_no_longer_works_on_is_said_to_consent_alone(state: State):
    """What was sent in error is taken back, however late it is seen. A draft was sent to nobody."""
    said = [] if state is S.DRAFT else [facts.ReferralCorrected]
    assert [type(fact) for fact in a_referral(state).correct(NOW)] == said


@pytest.mark.parametrize(
    "state", [S.REQUESTED, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.REVOKED, S.EXPIRED]
)
def test_a_correction_is_said_before_the_cancellation_that_the_other_half_follows(state: State):
    said = a_referral(state).correct(NOW)
    assert [type(fact) for fact in said] == [facts.ReferralCorrected, facts.ReferralCancelled]


@pytest.mark.parametrize("state", sorted(set(State) - {S.REQUESTED, S.RECEIVED}))
def test_a_reminder_is_for_an_offer_without_an_answer(state: State):
    referral = a_referral(state)
    referral.remind(NOW)
    assert (referral.reminded_at, referral.version) == (None, 1)


def test_a_reminder_is_given_once():
    referral = a_referral(S.RECEIVED)
    referral.remind(NOW)
    referral.remind(DEADLINES.remind_at)
    assert (referral.reminded_at, referral.version) == (NOW, 2)


BEFORE_ANSWER = {S.REQUESTED, S.RECEIVED, S.EXPIRED, S.REVOKED}
FOLLOWED_FROM = {
    Verb.ACCEPT: BEFORE_ANSWER,
    Verb.REJECT: BEFORE_ANSWER | {S.CANCELLED},
    Verb.START: BEFORE_ANSWER | {S.ACCEPTED},
    Verb.HOLD: BEFORE_ANSWER | {S.ACCEPTED, S.IN_PROGRESS},
    Verb.RESUME: BEFORE_ANSWER | {S.ACCEPTED, S.ON_HOLD},
    Verb.COMPLETE: BEFORE_ANSWER | {S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.CANCELLED},
    Verb.FAIL: BEFORE_ANSWER | {S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD, S.CANCELLED},
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_the_outgoing_half_follows_the_receiver_or_notes_what_it_heard(verb: Verb, state: State):
    referral = a_referral(state)
    said = referral.follow(verb, NOW, "moved-away")
    if state in FOLLOWED_FROM.get(verb, set()):
        assert (said[0].half, referral.version) == (OUT, 2)
    else:
        assert said == [CodeIgnored(referral.id, OUT, verb, state)]
        assert (referral.state, referral.version) == (state, 1)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", Verb)
def test_the_incoming_half_follows_nothing_but_the_senders_cancellation(verb: Verb, state: State):
    referral = a_referral(state, IN)
    said = referral.follow(verb, NOW, "moved-away")
    running = state in {S.REQUESTED, S.RECEIVED, S.ACCEPTED, S.IN_PROGRESS, S.ON_HOLD}
    if verb is Verb.CANCEL and running:
        assert (referral.state, said[0].half) == (S.CANCELLED, IN)
    else:
        assert said == [CodeIgnored(referral.id, IN, verb, state)]


@pytest.mark.parametrize("verb", [Verb.REJECT, Verb.HOLD, Verb.COMPLETE, Verb.FAIL])
def test_a_move_that_is_told_without_its_code_is_followed_without_it(verb: Verb):
    referral = a_referral(S.RECEIVED)
    (fact,) = referral.follow(verb, NOW)
    assert getattr(fact, "reason", getattr(fact, "outcome", None)) == "not-disclosed"
    assert (referral.reason, referral.outcome, referral.version) == (None, None, 2)


FORWARD = {
    facts.ReferralAccepted: Verb.ACCEPT,
    facts.ReferralRejected: Verb.REJECT,
    facts.ReferralStarted: Verb.START,
    facts.ReferralHeld: Verb.HOLD,
    facts.ReferralResumed: Verb.RESUME,
    facts.ReferralCompleted: Verb.COMPLETE,
    facts.ReferralFailed: Verb.FAIL,
    facts.ReferralCancelled: Verb.CANCEL,
}
STEPS = st.lists(
    st.sampled_from(
        [*ALLOWED, "expire-out", "expire-in", "recall-out", "recall-in", "reach-sender", "reach-receiver"]
    ),
    max_size=40,
)


def _code(fact: facts.HalfMoved) -> str | None:
    code: str | None = getattr(fact, "reason", getattr(fact, "outcome", None))
    return code


class Pair:
    """Two halves with what is on its way between them, each direction in its order and without loss."""

    def __init__(self) -> None:
        self.sender, self.receiver = a_referral(S.RECEIVED), a_referral(S.RECEIVED, IN)
        self.to_sender: list[tuple[Verb, str | None]] = []
        self.to_receiver: list[tuple[Verb, str | None]] = []

    def step(self, step: str) -> None:
        if step in ALLOWED:
            self._command(step)
        else:
            getattr(self, step.replace("-", "_"))()

    def _command(self, verb: str) -> None:
        ours, queue = (
            (self.sender, self.to_receiver) if ALLOWED[verb][0] is OUT else (self.receiver, self.to_sender)
        )
        try:
            said = do(ours, verb)
        except WrongMove:
            return
        queue += [(FORWARD[type(f)], _code(f)) for f in said if type(f) in FORWARD]

    def reach_sender(self) -> None:
        if self.to_sender:
            verb, code = self.to_sender.pop(0)
            self.sender.follow(verb, NOW, code)

    def reach_receiver(self) -> None:
        if self.to_receiver:
            verb, code = self.to_receiver.pop(0)
            self.receiver.follow(verb, NOW, code)

    def expire_out(self) -> None:
        self.sender.expire(NOW)

    def expire_in(self) -> None:
        self.receiver.expire(NOW)

    def recall_out(self) -> None:
        self.sender.revoke(NOW)

    def recall_in(self) -> None:
        self.receiver.revoke(NOW)


@settings(max_examples=600)
@given(STEPS)
@example(["expire-out", "accept", "correct"])
@example(["recall-out", "accept", "correct"])
@example(["accept", "cancel", "start", "complete"])
def test_when_everything_has_arrived_the_halves_agree_on_whether_help_is_given(steps: list[str]):
    pair = Pair()
    for step in [*steps, *["reach-sender", "reach-receiver"] * 40]:
        pair.step(step)
    if pair.sender.state is S.ENTERED_IN_ERROR:
        assert pair.receiver.state in ENDED
    elif pair.receiver.answered_at is not None and pair.receiver.state is not S.CANCELLED:
        assert pair.sender.state == pair.receiver.state


@pytest.mark.parametrize("verb", ["resume", "complete", "cancel"])
def test_the_reason_of_a_hold_goes_with_the_hold(verb):
    half = Half.OUTGOING if verb == "cancel" else Half.INCOMING
    referral = a_referral(State.ON_HOLD, half, reason="awaiting-person")
    {
        "resume": lambda: referral.resume(NOW),
        "complete": lambda: referral.complete("service-delivered", NOW),
        "cancel": lambda: referral.cancel(NOW),
    }[verb]()
    assert referral.reason is None


def test_a_reminder_is_said_once_and_never_of_an_offer_that_was_answered():
    referral = a_referral(State.RECEIVED, Half.INCOMING)
    said = [*referral.remind(NOW), *referral.remind(NOW)]
    assert said == [facts.ReferralReminded(referral.case_id, referral.id, "incoming", SENDER, RECIPIENT, NOW)]
    assert a_referral(State.ACCEPTED, Half.INCOMING).remind(NOW) == []
