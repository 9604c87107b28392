"""The differences between two documents that governance signs, a line each: for whoever signs or confirms the later one."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.border.signed_file import TRUST_LIST

Document = Mapping[str, Any]
UNSAID = frozenset({"kind", "version"})


def differences(before: Document | None, after: Document) -> Iterator[str]:
    """The changes that the later document brings; before the first version of an agreement there is none."""
    if after["kind"] == TRUST_LIST and before is not None:
        yield f"version {before['version']} is followed by {after['version']}, vouched for at {after['issued']}"
        yield from _gone_and_new(dict(_entries(before)), dict(_entries(after)))
        return
    known = before or {}
    yield f"version {known.get('version', 0)} is followed by {after['version']}"
    for name in sorted({*known, *after} - UNSAID):
        yield from _of_term(name, known.get(name), after.get(name))


def _of_term(name: str, then: Any, now: Any) -> Iterator[str]:
    if isinstance(then or now, list):
        found = _gone_and_new(*({one: one for one in value or ()} for value in (then, now)))
        yield from (f"{name}: {line}" for line in found)
    elif then != now:
        yield f"{name}: {now}" if then is None else f"{name}: {then} is followed by {now}"


def _gone_and_new(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    yield from (f"gone: {then[key]}" for key in then if key not in now)
    yield from (f"new: {now[key]}" for key in now if now[key] != then.get(key))


def _entries(document: Document) -> Iterator[tuple[str, str]]:
    for one in document["organisations"]:
        for key in one["keys"]:
            life = f"from {key['not_before']} until {key['not_after']}"
            yield key["kid"], f"{one['id']} {key['use']} {key['kid']} {life}"
    for key in document.get("lost", []):
        yield (
            f"lost {key['kid']}",
            f"{key['organisation']} {key['use']} {key['kid']} lost since {key['since']}",
        )
