"""Every verb of a disclosure from every state; chains, the border's opening hours, and who tells whom."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.border.items import AgreementReference, Answer
from contracts.crossing import BY_CODE, OUTCOME, RETURN
from services.exchange.domain.border import BorderView, Limits, closed
from services.exchange.domain.chain import FIRST_PREV, IncomingChain, OutgoingChain, Place
from services.exchange.domain.disclosure import AuthorisedDisclosure, Disclosure, State, WrongDisclosureMove
from services.exchange.domain.facts import ControlDue, ItemRefused, RecallAnswered, SealDue
from services.exchange.domain.process import Pair, Relation, pair_of
from services.exchange.domain.received import ReceivedDisclosure, ReceivedState

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ID, CASE, REFERRAL, ENVELOPE = UUID(int=1), UUID(int=2), UUID(int=3), UUID(int=4)
AUTHORISED = AuthorisedDisclosure(
    case_id=CASE,
    referral_id=REFERRAL,
    consent_id=UUID(int=5),
    revision=1,
    revision_hash="a" * 64,
    purpose="protection",
    sender="th-care-agency",
    recipient="kh-health-agency",
    recipient_cell="KH",
    service="shelter",
    urgency="urgent",
    agreement=AgreementReference("th-kh", 1, "c" * 64),
    fields=("cor_FullName",),
    fields_hash="d" * 64,
    back_categories=(),
    valid_until=NOW + timedelta(days=1),
)
ANSWER = Answer(ID, "erased")


def due() -> Disclosure:
    made = Disclosure(ID)
    made.authorise(AUTHORISED)
    made.log(7, "b" * 64)
    return made


def sealed() -> Disclosure:
    made = due()
    made.seal(ENVELOPE, 1, NOW)
    return made


def delivered() -> Disclosure:
    made = sealed()
    made.deliver(NOW)
    return made


def refused_unsealed() -> Disclosure:
    made = due()
    made.refuse("token_refused", NOW)
    return made


def refused() -> Disclosure:
    made = sealed()
    made.refuse("unknown_key", NOW)
    return made


def due_again() -> Disclosure:
    made = sealed()
    made.seal_again(NOW, 1)
    return made


def recalled() -> Disclosure:
    made = sealed()
    made.recall(CASE, REFERRAL, "withdrawn", NOW)
    return made


def never_sealed() -> Disclosure:
    made = due()
    made.recall(CASE, REFERRAL, "withdrawn", NOW)
    return made


def answered() -> Disclosure:
    made = recalled()
    made.answered(ANSWER, NOW)
    return made


STATES = {
    "new": lambda: Disclosure(ID),
    "due": due,
    "due again": due_again,
    "sealed": sealed,
    "delivered": delivered,
    "refused unsealed": refused_unsealed,
    "refused": refused,
    "recalled": recalled,
    "never sealed": never_sealed,
    "answered": answered,
}
VERBS = {
    "authorise": lambda d: d.authorise(AUTHORISED),
    "log": lambda d: d.log(8, "e" * 64),
    "seal": lambda d: d.seal(ENVELOPE, 2, NOW),
    "seal_again": lambda d: d.seal_again(NOW, 1),
    "deliver": lambda d: d.deliver(NOW),
    "refuse": lambda d: d.refuse("unknown_key", NOW),
    "recall": lambda d: d.recall(CASE, REFERRAL, "expired", NOW),
    "answered": lambda d: d.answered(ANSWER, NOW),
}
WRONG = "wrong"
AFTER = {  # state after each verb; a verb that is not here changes nothing and says nothing
    ("due", "seal"): State.SEALED,
    ("due", "refuse"): State.REFUSED,
    ("due", "recall"): State.ANSWERED,
    ("due again", "seal"): State.SEALED,
    ("due again", "deliver"): State.DELIVERED,
    ("due again", "refuse"): State.REFUSED,
    ("due again", "recall"): State.RECALLED,
    ("sealed", "seal_again"): State.DUE,
    ("sealed", "deliver"): State.DELIVERED,
    ("sealed", "refuse"): State.REFUSED,
    ("sealed", "recall"): State.RECALLED,
    ("delivered", "recall"): State.RECALLED,
    ("refused unsealed", "recall"): State.ANSWERED,
    ("refused", "recall"): State.RECALLED,
    ("recalled", "answered"): State.ANSWERED,
    ("new", "recall"): State.ANSWERED,
    ("new", "seal"): WRONG,
    ("sealed", "seal"): WRONG,
    ("delivered", "seal"): WRONG,
    ("refused", "seal"): WRONG,
    ("refused unsealed", "seal"): WRONG,
    ("recalled", "seal"): WRONG,
    ("never sealed", "seal"): WRONG,
    ("answered", "seal"): WRONG,
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_every_verb_from_every_state(state: str, verb: str) -> None:
    disclosure = STATES[state]()
    before, expected = disclosure.state, AFTER.get((state, verb))
    if expected is WRONG:
        with pytest.raises(WrongDisclosureMove):
            VERBS[verb](disclosure)
        assert disclosure.state is before
        return
    facts = VERBS[verb](disclosure)
    assert disclosure.state is (expected or before)
    assert bool(facts) is (expected is not None)


def test_it_is_due_once_both_are_known_in_either_order() -> None:
    one, other = Disclosure(ID), Disclosure(ID)
    assert (one.authorise(AUTHORISED), one.log(7, "b" * 64)) == ([], [SealDue(ID, "KH")])
    assert (other.log(7, "b" * 64), other.authorise(AUTHORISED)) == ([], [SealDue(ID, "KH")])


def test_a_recall_that_comes_first_of_all_stands_when_the_authorisation_comes() -> None:
    disclosure = Disclosure(ID)
    facts = disclosure.recall(CASE, REFERRAL, "withdrawn", NOW)
    assert facts == [RecallAnswered(CASE, ID, Answer(ID, "never_received"), NOW)]
    assert (disclosure.authorise(AUTHORISED), disclosure.log(7, "b" * 64)) == ([], [])
    assert disclosure.state is State.ANSWERED


def test_what_ever_left_is_recalled_even_while_it_waits_to_be_sealed_again() -> None:
    [fact] = due_again().recall(CASE, REFERRAL, "withdrawn", NOW)
    assert isinstance(fact, ControlDue)


def test_a_better_answer_may_follow_the_same_one_is_not_said_twice() -> None:
    disclosure = recalled()
    assert len(disclosure.answered(Answer(ID, "retained", "a law"), NOW)) == 1
    assert len(disclosure.answered(Answer(ID, "retained", "a law"), NOW)) == 0
    assert len(disclosure.answered(ANSWER, NOW)) == 1


def test_it_is_not_sealed_again_for_ever() -> None:
    disclosure = due()
    times = 0
    while disclosure.state is State.DUE:
        disclosure.seal(ENVELOPE, times, NOW)
        said = disclosure.seal_again(NOW, times)
        times += 1
    assert (times, disclosure.state) == (6, State.REFUSED)
    assert [fact.code for fact in said] == ["unreadable"]


@given(st.lists(st.sampled_from(sorted(VERBS)), max_size=12))
def test_after_a_recall_nothing_is_ever_sealed(verbs: list[str]) -> None:
    disclosure, recalled_at = Disclosure(ID), None
    for number, verb in enumerate(verbs):
        seals = disclosure.seals
        try:
            facts = VERBS[verb](disclosure)
        except WrongDisclosureMove:
            continue
        if verb == "recall" and recalled_at is None:
            recalled_at = number
        elif recalled_at is not None:
            assert disclosure.seals == seals
            assert not any(isinstance(fact, SealDue) for fact in facts)


# ── chains ──


def chain() -> IncomingChain:
    return IncomingChain("TH", "kh-health-agency")


def test_envelopes_in_order_fit_their_links() -> None:
    sender, receiver = OutgoingChain("KH", "kh-health-agency"), chain()
    for number in range(1, 5):
        prev = sender.head
        sender.append(f"{number:064x}")
        assert receiver.take(sender.seq, prev, sender.head) is Place.NEXT
    assert (receiver.seq, receiver.forks, receiver.asked) == (4, 0, [])


def test_a_gap_is_asked_for_once_and_holds_nothing_back() -> None:
    receiver = chain()
    assert receiver.take(4, "x", "h4") is Place.AFTER_GAP
    assert receiver.take(5, "h4", "h5") is Place.NEXT
    assert (receiver.asked, receiver.gaps) == ([1, 2, 3], {1, 2, 3})


def test_what_comes_late_fills_its_gap_once() -> None:
    receiver = chain()
    receiver.take(2, "x", "h2")
    assert receiver.take(1, FIRST_PREV, "h1") is Place.FILLS_GAP
    assert receiver.take(1, FIRST_PREV, "h1") is Place.REPEATED
    assert receiver.gaps == set()


def test_a_replacement_closes_the_gap_of_what_it_replaces() -> None:
    receiver = chain()
    receiver.take(2, "x", "h2")
    receiver.take(3, "h2", "h3", replaces=1)
    assert (receiver.gaps, receiver.closed) == (set(), [1])


def test_a_link_that_does_not_fit_is_counted() -> None:
    receiver = chain()
    receiver.take(1, FIRST_PREV, "h1")
    receiver.take(2, "another", "h2")
    assert receiver.forks == 1


def test_what_the_partner_counted_last_time_should_be_here_now() -> None:
    receiver = chain()
    receiver.hear(2)
    assert receiver.asked == []
    receiver.take(1, FIRST_PREV, "h1")
    receiver.hear(3)
    assert (receiver.asked, receiver.seq) == ([2], 2)
    assert receiver.take(3, "h2", "h3") is Place.NEXT
    assert receiver.forks == 0


@given(st.lists(st.integers(1, 12), max_size=40))
def test_no_number_has_a_place_twice_and_every_missing_one_is_asked_for(numbers: list[int]) -> None:
    receiver = chain()
    places = [(number, receiver.take(number, "x", f"h{number}")) for number in numbers]
    placed = [number for number, place in places if place is not Place.REPEATED]
    assert sorted(placed) == sorted(set(numbers))
    missing = set(range(1, max(numbers, default=0) + 1)) - set(numbers)
    assert receiver.gaps == missing
    assert missing <= set(receiver.asked)
    assert len(receiver.asked) == len(set(receiver.asked))


# ── the border ──

OPEN = BorderView(True, NOW - timedelta(seconds=9), 49, NOW - timedelta(hours=23))


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (OPEN, None),
        (BorderView(True, None, 0, NOW), "the partner is not present"),
        (BorderView(True, NOW - timedelta(seconds=10), 0, NOW), "the partner is not present"),
        (BorderView(True, NOW, 50, NOW), "the window is full"),
        (BorderView(True, NOW, 0, NOW - timedelta(hours=25)), "the trust list is out of date"),
        (BorderView(True, NOW, 0, None), "the trust list is out of date"),
        (BorderView(False, NOW, 0, NOW - timedelta(hours=25)), None),
        (BorderView(False, None, 0, NOW), "the partner is not present"),
    ],
)
def test_when_the_border_is_closed(view: BorderView, why: str | None) -> None:
    assert closed(view, Limits(), NOW) == why


# ── who tells whom ──


def said(code: str, half: str, **more: str) -> Any:
    """The event of a code, as one half of a referral or return says it."""
    subject = BY_CODE[code].subject
    ends = dict(zip(subject.sides.values(), ("th-a", "kh-b"), strict=True))
    cell = {"receiver_cell": "KH"} if subject is RETURN else {}
    named = {
        "case_id": CASE,
        subject.identifier: UUID(int=7),
        "half": half,
        "at": NOW,
        **ends,
        **cell,
        **more,
    }
    event = BY_CODE[code].event
    return event.model_construct(**named)


@pytest.mark.parametrize(
    ("code", "half", "ends"),
    [
        ("referral.accepted", "incoming", ("kh-b", "th-a")),
        ("referral.accepted", "outgoing", None),
        ("referral.cancelled", "outgoing", ("th-a", "kh-b")),
        ("referral.cancelled", "incoming", None),
        ("return.departed", "sending", ("th-a", "kh-b")),
        ("return.departed", "receiving", None),
        ("return.arrived", "receiving", ("kh-b", "th-a")),
        ("return.closed", "sending", None),
        ("return.closed", "receiving", ("kh-b", "th-a")),
        ("return.withdrawn", "sending", ("th-a", "kh-b")),
        ("return.suspended", "sending", ("th-a", "kh-b")),
        ("return.suspended", "receiving", None),
        ("return.resumed", "sending", ("th-a", "kh-b")),
        ("return.turned_back", "sending", ("th-a", "kh-b")),
        ("return.turned_back", "receiving", None),
    ],
)
def test_the_half_that_moves_tells_the_other(code: str, half: str, ends: tuple[str, str] | None) -> None:
    assert pair_of(said(code, half)) == (None if ends is None else Pair(CASE, *ends))


@pytest.mark.parametrize("code", ["return.missed", "return.closed"])
@pytest.mark.parametrize("half", ["sending", "receiving"])
@pytest.mark.parametrize("recorded_by", ["sending", "receiving"])
def test_what_either_half_may_say_is_told_by_the_one_that_said_it(
    code: str, half: str, recorded_by: str
) -> None:
    ends = {"sending": ("th-a", "kh-b"), "receiving": ("kh-b", "th-a")}[half]
    pair = pair_of(said(code, half, recorded_by=recorded_by))
    assert pair == (Pair(CASE, *ends) if half == recorded_by else None)


PAIR = Pair(CASE, "th-a", "kh-b")


@pytest.mark.parametrize("code", ["referral.cancelled", "return.withdrawn"])
def test_the_end_of_what_the_other_never_heard_of_is_told_to_nobody(code: str) -> None:
    relation = Relation(PAIR)
    assert (relation.tell(BY_CODE[code], REFERRAL, NOW), relation.waiting) == ([], [])


@pytest.mark.parametrize("code", ["return.cleared", "return.departed"])
def test_the_worker_hears_that_a_return_cannot_be_told_where_nothing_was_referred(code: str) -> None:
    relation = Relation(PAIR)
    [refused] = relation.tell(BY_CODE[code], UUID(int=7), NOW)
    assert isinstance(refused, ItemRefused)
    assert (refused.code, refused.case_id, refused.recipient_cell) == ("not_referred", CASE, "KH")
    assert relation.tell(BY_CODE[code], UUID(int=7), NOW) == [refused]
    assert relation.waiting == []


@pytest.mark.parametrize(
    ("back", "told"), [({OUTCOME}, "service-delivered"), ({"health"}, None), (set(), None)]
)
def test_an_outcome_travels_only_where_the_grant_names_it(back: set[str], told: str | None) -> None:
    relation = Relation(PAIR, UUID(int=9), frozenset(back))
    relation.tell(BY_CODE["referral.completed"], REFERRAL, NOW, "service-delivered")
    assert [item.reason for item in relation.waiting] == [told]


def test_a_reason_always_travels_and_the_same_move_is_one_item() -> None:
    relation, rejected = Relation(PAIR, UUID(int=9)), BY_CODE["referral.rejected"]
    first = relation.tell(rejected, REFERRAL, NOW, "no-capacity")
    assert relation.tell(rejected, REFERRAL, NOW, "no-capacity") == first
    assert relation.tell(rejected, REFERRAL, NOW + timedelta(seconds=1)) != first
    assert relation.waiting[0].reason == "no-capacity"


# ── received disclosures ──


def test_a_received_disclosure_is_recalled_once_and_answered_after_that() -> None:
    held = ReceivedDisclosure(ID, "TH", ReceivedState.OPEN, CASE)
    assert held.close("erased", None) == []
    assert (held.recall(), held.recall()) == (True, False)
    [fact] = held.close("erased", None)
    assert isinstance(fact, ControlDue)
    assert (fact.cell, fact.content) == ("TH", Answer(ID, "erased"))


def test_a_tombstone_is_neither_recalled_nor_closed() -> None:
    held = ReceivedDisclosure(ID, "TH", ReceivedState.TOMBSTONE)
    assert (held.recall(), held.close("erased", None)) == (False, [])
