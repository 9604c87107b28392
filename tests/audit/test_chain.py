"""The hash chain finds every kind of tampering that it can know of by itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.audit.domain.chain import GENESIS, Leaf, LinkedLeaf, commitment, link, verify

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def leaf(number: int, **changes: object) -> Leaf:
    plain = Leaf(
        entry=number,
        time=START + timedelta(seconds=number),
        event_id=f"00000000-0000-0000-0000-{number:012d}",
        source="/th/consent",
        type="consent.given.v1",
        stream="case-1",
        actor="th.worker",
        organisation="th-care-agency",
        purpose="case-management",
        policy="p1",
        commitment=commitment(b"salt", b"body"),
    )
    return replace(plain, **changes)


def chain(length: int) -> list[LinkedLeaf]:
    linked: list[LinkedLeaf] = []
    for number in range(1, length + 1):
        linked.append(link(linked[-1].hash if linked else GENESIS, leaf(number)))
    return linked


def test_a_whole_chain_is_found_whole_with_its_length_and_head():
    linked = chain(5)
    verdict = verify(linked)
    assert (verdict.entries, verdict.head, verdict.first_broken) == (5, linked[-1].hash, None)


def test_an_empty_chain_is_whole():
    assert verify([]).first_broken is None


def edited(c: list[LinkedLeaf]) -> list[LinkedLeaf]:
    c[2] = replace(c[2], leaf=replace(c[2].leaf, actor="somebody-else"))
    return c


def back_dated(c: list[LinkedLeaf]) -> list[LinkedLeaf]:
    c[2] = replace(c[2], leaf=replace(c[2].leaf, time=START))
    return c


def deleted(c: list[LinkedLeaf]) -> list[LinkedLeaf]:
    del c[2]
    return c


def swapped(c: list[LinkedLeaf]) -> list[LinkedLeaf]:
    c[2], c[3] = c[3], c[2]
    return c


def duplicated(c: list[LinkedLeaf]) -> list[LinkedLeaf]:
    c.insert(3, c[2])
    return c


def inserted(c: list[LinkedLeaf]) -> list[LinkedLeaf]:
    c.insert(2, link(c[1].hash, leaf(3, actor="inserted")))
    return c


@pytest.mark.parametrize(
    "tamper", [edited, back_dated, deleted, swapped, duplicated, inserted], ids=lambda f: f.__name__
)
def test_tampering_is_found_at_the_first_entry_that_does_not_fit(tamper):
    assert verify(tamper(chain(6))).first_broken in {3, 4}


def test_an_entry_left_out_before_linking_is_found_by_its_number():
    first = link(GENESIS, leaf(1))
    assert verify([first, link(first.hash, leaf(3))]).first_broken == 2


def test_a_changed_pointer_alone_is_found():
    linked = chain(3)
    linked[1] = replace(linked[1], previous=GENESIS)
    assert verify(linked).first_broken == 2


@given(st.integers(1, 30), st.data())
def test_verifying_in_slices_gives_the_verdict_of_the_whole(length, data):
    linked = chain(length)
    cut = data.draw(st.integers(0, length))
    assert verify(linked[cut:], verify(linked[:cut])) == verify(linked)


def test_a_break_in_an_earlier_slice_is_not_forgotten():
    broken = verify(deleted(chain(6)))
    assert verify(chain(2), broken) == broken


def test_the_commitment_is_salted_so_that_equal_bodies_do_not_look_equal():
    assert commitment(b"a", b"body") != commitment(b"b", b"body")
