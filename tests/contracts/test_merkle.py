"""The tree over the hashes of a log, held against the definition of RFC 9162."""

import hashlib

import pytest

from contracts.merkle import GrowingTree, stands_in


def root_by_definition(digests):
    if len(digests) == 1:
        return hashlib.sha256(b"\x00" + bytes.fromhex(digests[0])).digest()
    split = 1 << ((len(digests) - 1).bit_length() - 1)
    halves = root_by_definition(digests[:split]), root_by_definition(digests[split:])
    return hashlib.sha256(b"\x01" + b"".join(halves)).digest()


def log_of(size):
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(size)]


def tree_of(digests, wanted):
    tree = GrowingTree(frozenset(wanted))
    tree.take(digests[:3])
    tree.take(digests[3:])
    return tree.closed()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21])
def test_each_entry_stands_in_the_log_at_its_own_place_and_at_no_other(size):
    digests, places = log_of(size), range(1, size + 1)
    root, paths = tree_of(digests, places)
    assert root == root_by_definition(digests).hex()
    found = {
        (place, entry)
        for place in places
        for entry in places
        if stands_in(place, digests[entry - 1], paths[entry], size, root)
    }
    assert found == {(entry, entry) for entry in places}


def test_a_path_that_is_shorter_longer_or_of_another_log_proves_nothing():
    digests = log_of(11)
    root, paths = tree_of(digests, [5])
    path = paths[5]
    assert stands_in(5, digests[4], path, 11, root)
    changed = ("0" * 64, *path[1:])
    for other in (path[:-1], (*path, path[0]), changed, ()):
        assert not stands_in(5, digests[4], other, 11, root)
    assert not stands_in(5, digests[3], path, 11, root)
    assert not stands_in(5, digests[4], path, 11, tree_of(log_of(12), [5])[0])
    assert not stands_in(0, digests[4], path, 11, root)
    assert not stands_in(12, digests[4], path, 11, root)


def test_only_the_paths_that_are_wanted_are_kept():
    _, paths = tree_of(log_of(40), [2, 39])
    assert set(paths) == {2, 39}
