"""The table of what crosses the border: whole, and held against everybody who reads it."""

from collections.abc import Callable, Mapping

import pytest

from contracts.catalogue import CATALOGUE, entry_for
from contracts.classification import Classification, classify
from contracts.codes import codes
from contracts.crossing import BY_CODE, BY_EVENT, CROSSINGS, REFERRAL, RETURN, SIDES, Crossing, code_list
from contracts.events.referral import ReferralSentV1
from contracts.examples import examples
from services.notify.domain.notices import NOTICES
from services.referral.domain import states as of_referrals
from services.returns.domain import states as of_returns

FOLLOWS: Mapping[object, Callable[[str, str], object]] = {
    REFERRAL: lambda half, verb: of_referrals.follows(
        of_referrals.Half(half), of_referrals.Verb(verb), of_referrals.Kind.REFERRAL
    ),
    RETURN: lambda half, verb: of_returns.FOLLOWS[of_returns.Half(half)].get(of_returns.Verb(verb)),
}


def named(row: Crossing) -> str:
    return row.code


def test_the_codes_that_cross_are_the_table_and_no_code_or_event_has_two_rows() -> None:
    assert codes("process") == {row.code: row.label for row in CROSSINGS}
    assert len(BY_CODE) == len(BY_EVENT) == len(CROSSINGS)


def test_a_half_is_the_side_of_one_organisation() -> None:
    assert set(SIDES) == set(codes("half")) | set(codes("return_half"))
    assert [REFERRAL.other("outgoing"), RETURN.other("receiving")] == ["incoming", "sending"]


@pytest.mark.parametrize("row", CROSSINGS, ids=named)
def test_what_crosses_is_said_by_the_service_of_its_subject_and_heard_by_exchange_and_notify(
    row: Crossing,
) -> None:
    entry = entry_for(row.event, row.subject.publisher)
    assert {"exchange", "notify"} <= set(entry.consumers)
    assert {*row.subject.sides.values(), row.subject.identifier, "half", "at"} <= set(row.event.model_fields)
    assert row.either is ("recorded_by" in row.event.model_fields)


@pytest.mark.parametrize("row", CROSSINGS, ids=named)
def test_the_half_that_hears_has_a_move_to_follow_by_and_whoever_has_it_gets_a_notice(row: Crossing) -> None:
    halves = row.subject.sides if row.either else (row.follows,)
    assert all(FOLLOWS[row.subject](half, row.verb) for half in halves)
    assert set(halves) <= set(NOTICES[row.event.type])


@pytest.mark.parametrize("row", CROSSINGS, ids=named)
def test_what_goes_with_a_code_is_a_code_of_the_process_and_of_its_own_list(row: Crossing) -> None:
    if row.carries is None:
        assert row.reasons is None
        return
    assert classify(row.event.type, row.carries) is Classification.OPERATIONAL
    assert set(codes(row.reasons or "")) <= set(codes("reason"))


@pytest.mark.parametrize("row", CROSSINGS, ids=named)
def test_the_examples_of_an_event_that_crosses_tell_once_and_between_its_two_organisations(
    row: Crossing,
) -> None:
    said = [row.event.model_validate(example.data) for example in examples(row.event.type)]
    assert [row.told_by(body) for body in said].count(True) >= 1
    for body in said:
        assert set(row.ends(body)) == {getattr(body, name) for name in row.subject.sides.values()}


def test_a_field_of_no_code_list_cannot_go_with_a_code() -> None:
    with pytest.raises(ValueError, match=r"ReferralSentV1\.at is of no code list"):
        code_list(ReferralSentV1, "at")


def test_no_event_of_a_half_but_those_of_the_table_reaches_the_border() -> None:
    heard = {e.event for e in CATALOGUE if "exchange" in e.consumers and "half" in e.event.model_fields}
    assert heard == set(BY_EVENT)
