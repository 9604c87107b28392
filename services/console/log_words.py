"""Entries of the log in the words of their reader: what happened, and what an entry holds of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from contracts.catalogue import CATALOGUE
from contracts.codes import codes
from services.console.words import Reader, in_order, marked

TIMELINE = "timeline"
"""The code list that has the words for what happens in a case."""
BESIDE: Mapping[str, str] = {
    "agreement.changed": marked("Agreement changed"),
    "attempt.refused": marked("Somebody tried and was refused"),
    "call.cleared": marked("What was said in a call was deleted"),
    "call.closed": marked("Call closed"),
    "call.raised": marked("Urgent flag in a call"),
    "call.reopened": marked("Call opened again"),
    "call.started": marked("Call written down"),
    "case.referenced": marked("Case got its reference"),
    "case.searched": marked("Somebody looked for a person"),
    "cover.decided": marked("Case left out of a cover, or put back"),
    "directory.changed": marked("Organisation changed in the directory"),
    "directory.received": marked("Organisation of a partner changed"),
    "disclosure.logged": marked("Disclosure written into the log"),
    "distrust.moved": marked("Key or agreement counts no more, or counts again"),
    "envelope.sealed": marked("Envelope sealed"),
    "epoch.ended": marked("Key of the vault destroyed, and with it what was erased"),
    "extract.asked": marked("Partner asked for the other half of a case"),
    "extract.declined": marked("Partner refused the other half of a case"),
    "extract.prepared": marked("Released entries prepared for the partner"),
    "extract.received": marked("Released entries came from the partner"),
    "extract.refused": marked("Request of the partner refused"),
    "extract.released": marked("Entries released to the partner"),
    "extract.requested": marked("Other half of a case asked for"),
    "extract.retracted": marked("Partner took the request back"),
    "extract.withdrawn": marked("Request to the partner taken back"),
    "incident.cleared": marked("Words of an incident deleted"),
    "incident.corrected": marked("Incident corrected"),
    "incident.recorded": marked("Incident written down"),
    "incident.withdrawn": marked("Incident withdrawn"),
    "leave.begun": marked("Leave begun"),
    "leave.ended": marked("Leave ended"),
    "leave.planned": marked("Leave planned"),
    "limit.passed": marked("Somebody opened more cases than usual"),
    "log.read": marked("Somebody read the log"),
    "notice.changed": marked("Text that is read out changed"),
    "operation.performed": marked("Operator’s command carried out"),
    "process.received": marked("Partner told how it goes on"),
    "proposal.moved": marked("Proposed change of the directory"),
    "record.read": marked("Somebody read data of a case"),
    "staff.changed": marked("Staff of an organisation changed"),
    "transfer.moved": marked("Hand-over of a case went on"),
    "trust_document.moved": marked("Trust list or agreement put in"),
}
"""The words for events that are in no timeline of a case."""
CODES: Mapping[str, str] = {
    "record.read": "resource",
    "process.received": "process",
    "envelope.refused": "border_refusal",
    "disclosure.closed": "recall_answer",
    "recall.answered": "recall_answer",
}
"""The code list of the code that goes with an entry, by its event."""


def event_words(reader: Reader, type_: str) -> str:
    """The words for an event by its type; of one that is newer than this process, the type itself."""
    name = type_.rpartition(".v")[0] or type_
    if name in BESIDE:
        return reader.say(BESIDE[name])
    return reader.label(TIMELINE, name) if name in codes(TIMELINE) else type_


def event_choices(reader: Reader, chosen: str) -> Mapping[str, str]:
    """Every event that can be looked for, in the order of its words. Where one is chosen already, it alone: all of them are half of a page."""
    types = {chosen} if chosen else {entry.type for entry in CATALOGUE}
    return in_order({one: event_words(reader, one) for one in types})


def code_words(reader: Reader, type_: str, code: str) -> str:
    """The code that goes with an entry, in words."""
    codelist = CODES.get(type_.rpartition(".v")[0])
    return reader.label(codelist, code) if codelist else code


@dataclass(frozen=True, slots=True)
class Details:
    """The rest of an entry: `told` in words, `kept` identifiers, hashes and what has no words, as the log has them."""

    told: list[tuple[str, str]]
    kept: list[tuple[str, str]]


Names = Mapping[str, str]
Value = Callable[[Reader, Names, Any], str]


def _of(codelist: str) -> Value:
    return lambda reader, _, code: reader.label(codelist, str(code))


def _organisation(_: Reader, names: Names, value: Any) -> str:
    return names.get(str(value), str(value))


def _moment(reader: Reader, _: Names, value: Any) -> str:
    return reader.moment(datetime.fromisoformat(str(value)))


def _yes_or_no(reader: Reader, _: Names, value: Any) -> str:
    return reader.say("Yes") if value else reader.say("No")


def _as_it_is(_: Reader, __: Names, value: Any) -> str:
    return str(value)


WORDS: Mapping[str, tuple[str, Value]] = {
    "sender": (marked("From"), _organisation),
    "sender_cell": (marked("Country of the sender"), _of("country")),
    "recipient": (marked("To"), _organisation),
    "recipients": (marked("To"), _organisation),
    "receiver": (marked("Who receives her"), _organisation),
    "recipient_cell": (marked("Country of the recipient"), _of("country")),
    "receiver_cell": (marked("Country of the recipient"), _of("country")),
    "organisation": (marked("Organisation"), _organisation),
    "cells": (marked("Countries"), _of("country")),
    "purpose": (marked("Purpose"), _of("purpose")),
    "purposes": (marked("Purpose"), _of("purpose")),
    "service": (marked("Service"), _of("service")),
    "urgency": (marked("Urgency"), _of("urgency")),
    "categories": (marked("What they may be told"), _of("data_category")),
    "back_categories": (marked("What they may tell back"), _of("data_category")),
    "fields": (marked("Fields"), _of("field")),
    "resource": (marked("What was looked at"), _of("resource")),
    "view": (marked("What was looked at"), _of("log_view")),
    "allowed": (marked("Was allowed"), _yes_or_no),
    "language": (marked("Language"), _of("language")),
    "channel": (marked("How she came"), _of("channel")),
    "operation": (marked("Command"), _of("operation")),
    "operation_reason": (marked("Why"), _of("operation_reason")),
    "ticket": (marked("Ticket"), _as_it_is),
    "worker": (marked("Person"), _as_it_is),
    "workers": (marked("Who works on it"), _as_it_is),
    "cover": (marked("Who covers"), _as_it_is),
    "staff_role": (marked("Role of the person"), _of("staff_role")),
    "count": (marked("Number"), _as_it_is),
    "found": (marked("Found"), _as_it_is),
    "due_at": (marked("An answer is due"), _moment),
    "expected_at": (marked("When is she expected?"), _moment),
    "valid_from": (marked("From when"), _moment),
    "valid_until": (marked("Until"), _moment),
}
"""By the member of an event: what it is called, and how its value is said."""


def in_words(details: Mapping[str, Any], reader: Reader, names: Names) -> Details:
    shown = Details([], [])
    for name, value in details.items():
        if value is None or value in ([], {}) or name == "case_id":
            continue
        values = value if isinstance(value, list) else [value]
        if name in WORDS and not any(isinstance(one, dict | list) for one in values):
            label, saying = WORDS[name]
            shown.told.append((reader.say(label), ", ".join(saying(reader, names, one) for one in values)))
        else:
            shown.kept.append((name, ", ".join(map(str, values))))
    return shown
