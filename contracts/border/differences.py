"""The differences between two documents that governance signs, a line each: for whoever signs or confirms the later one."""

from collections.abc import Iterator, Mapping

from contracts.border.check import Agreement
from contracts.border.governed import TrustList


def list_differences(before: TrustList | None, after: TrustList) -> Iterator[str]:
    """The changes that the later trust list brings."""
    number = 0 if before is None else before.version
    yield f"version {number} is followed by {after.version}, vouched for at {after.issued.isoformat()}"
    yield from _gone_and_new({} if before is None else _entries(before), _entries(after))


def agreement_differences(before: Agreement | None, after: Agreement) -> Iterator[str]:
    """The changes that the later version of an agreement brings; before the first there is none."""
    yield f"version {0 if before is None else before.terms.version} is followed by {after.terms.version}"
    then = {} if before is None else _lists(before)
    for name, now in _lists(after).items():
        lines = _gone_and_new(*({one: one for one in names} for names in (then.get(name, ()), now)))
        yield from (f"{name}: {line}" for line in lines)
    said = {} if before is None else _words(before)
    for name, word in _words(after).items():
        if name not in said:
            yield f"{name}: {word}"
        elif word != said[name]:
            yield f"{name}: {said[name]} is followed by {word}"


def _lists(agreement: Agreement) -> dict[str, tuple[str, ...]]:
    return {
        "cells": agreement.terms.cells,
        "purposes": agreement.terms.purposes,
        "fields": agreement.terms.fields,
        "process_codes": agreement.process_codes,
        "extract_reasons": agreement.extract_reasons,
    }


def _words(agreement: Agreement) -> dict[str, str]:
    return {
        "legal_basis": agreement.legal_basis,
        "retention_days": str(agreement.terms.retention_days),
        "valid_from": agreement.terms.valid_from.isoformat(),
        "valid_until": agreement.terms.valid_until.isoformat(),
    }


def _gone_and_new(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    yield from (f"gone: {then[key]}" for key in then if key not in now)
    yield from (f"new: {now[key]}" for key in now if now[key] != then.get(key))


def _entries(trusted: TrustList) -> dict[str, str]:
    found = {}
    for kid, one in trusted.keys.items():
        life = f"from {one.not_before.isoformat()} until {one.not_after.isoformat()}"
        found[kid] = f"{one.key.organisation} {one.use} {kid} {life}"
    for kid, lost in trusted.lost.items():
        found[f"lost {kid}"] = f"{lost.organisation} {lost.use} {kid} lost since {lost.since.isoformat()}"
    return found
