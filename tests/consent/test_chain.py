"""The chain of revisions: whatever is changed, left out, swapped or added is found."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.consent.domain.chain import FIRST, BrokenChain, digest, verify
from services.consent.domain.states import State
from tests.consent.making import NOW, SALT, apply, record


def chain():
    made = record(State.RENEWED)
    apply(made, "withdraw", NOW)
    return [(r.body(), r.hash) for r in made.unsaved]


def test_an_untouched_chain_holds():
    assert verify(chain(), SALT) == 3


def test_the_first_revision_links_to_nothing_and_each_other_to_the_one_before():
    (first, one), (second, two), (third, _) = chain()
    assert [first["previous"], second["previous"], third["previous"]] == [FIRST, one, two]


@pytest.mark.parametrize("key", sorted(chain()[1][0]))
def test_a_change_of_any_member_of_a_revision_is_found(key):
    entries = deepcopy(chain())
    entries[1][0][key] = "changed"
    with pytest.raises(BrokenChain):
        verify(entries, SALT)


@pytest.mark.parametrize("key", sorted(chain()[1][0]["terms"]))
def test_a_change_of_any_term_is_found(key):
    entries = deepcopy(chain())
    entries[1][0]["terms"][key] = "changed"
    with pytest.raises(BrokenChain) as caught:
        verify(entries, SALT)
    assert caught.value.number == 2


def test_a_revision_that_was_rewritten_with_its_hash_breaks_the_next():
    entries = deepcopy(chain())
    body = entries[1][0]
    body["by"] = "somebody-else"
    entries[1] = (body, digest(body, SALT))
    with pytest.raises(BrokenChain) as caught:
        verify(entries, SALT)
    assert caught.value.number == 3


@given(st.permutations([0, 1, 2]))
def test_an_order_that_is_not_the_true_one_is_found(order):
    whole = chain()
    entries = [whole[i] for i in order]
    if list(order) == [0, 1, 2]:
        assert verify(entries, SALT) == 3
    else:
        with pytest.raises(BrokenChain):
            verify(entries, SALT)


def test_a_revision_left_out_or_doubled_is_found():
    whole = chain()
    for entries in ([whole[0], whole[2]], [whole[0], whole[0], *whole[1:]], whole[1:]):
        with pytest.raises(BrokenChain):
            verify(entries, SALT)


def test_the_salt_is_part_of_the_hash_so_that_nobody_can_guess_what_was_said():
    body, stored = chain()[0]
    assert digest(body, "other") != stored
    with pytest.raises(BrokenChain):
        verify(chain(), "other")
