"""The tree over the hashes of a log's entries (RFC 9162, section 2.1): it proves that an entry stands in the log and shows no other."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_LEAF, _NODE = b"\x00", b"\x01"
LONGEST_PATH = 64
"""The most hashes of a path: no log has 2^64 entries."""


def _leaf(digest: str) -> bytes:
    return hashlib.sha256(_LEAF + bytes.fromhex(digest)).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


@dataclass(slots=True)
class _Subtree:
    """A subtree: how many leaves it has, its root, and the wanted entries in it."""

    size: int
    root: bytes
    wanted: tuple[int, ...]


@dataclass(slots=True)
class GrowingTree:
    """A tree that takes the hashes one after another, and keeps of them only what the wanted paths need."""

    wanted: frozenset[int]
    size: int = 0
    _right: list[_Subtree] = field(default_factory=list)
    _paths: dict[int, list[bytes]] = field(default_factory=dict)

    def take(self, digests: Iterable[str]) -> None:
        """Take the next hashes; the first that is taken is entry 1."""
        for digest in digests:
            self.size += 1
            wanted = (self.size,) if self.size in self.wanted else ()
            self._paths.update((entry, []) for entry in wanted)
            new = _Subtree(1, _leaf(digest), wanted)
            while self._right and self._right[-1].size == new.size:
                new = self._joined(self._right.pop(), new)
            self._right.append(new)

    def closed(self) -> tuple[str, Mapping[int, tuple[str, ...]]]:
        """The root, and the path of each wanted entry. Nothing is taken afterwards."""
        while len(self._right) > 1:
            right = self._right.pop()
            self._right.append(self._joined(self._right.pop(), right))
        paths = {entry: tuple(one.hex() for one in path) for entry, path in self._paths.items()}
        return (self._right[0].root if self._right else hashlib.sha256().digest()).hex(), paths

    def _joined(self, left: _Subtree, right: _Subtree) -> _Subtree:
        for entry in left.wanted:
            self._paths[entry].append(right.root)
        for entry in right.wanted:
            self._paths[entry].append(left.root)
        return _Subtree(left.size + right.size, _node(left.root, right.root), (*left.wanted, *right.wanted))


def stands_in(entry: int, digest: str, path: Iterable[str], size: int, root: str) -> bool:
    """True where the path leads from the entry of this hash to the root of a log of this size (RFC 9162, 2.1.3.2)."""
    if not 1 <= entry <= size:
        return False
    place, last, found = entry - 1, size - 1, _leaf(digest)
    for beside in map(bytes.fromhex, path):
        if last == 0:
            return False
        if place & 1 or place == last:
            found = _node(beside, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = _node(found, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and found.hex() == root
