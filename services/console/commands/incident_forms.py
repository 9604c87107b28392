"""The forms about an incident without a person."""

from collections.abc import Mapping
from typing import Any

from services.console import report_answers
from services.console.asking import Order
from services.console.commands.form import Command, FormField, Subject, Typed, one
from services.console.report_answers import OneIncident
from services.console.words import marked

INCIDENTS = Subject("incidents", "", marked("Back to the incidents"), page="/incidents")
INCIDENT = Subject("incidents", "incident_id", marked("Back to the incident"))
_ACCOUNT = (
    FormField("kind", "radios", marked("What happens there?"), codes="incident_kind", empty=marked("Choose what happens there")),
    FormField("month", "select", marked("In which month?"), choices="months", empty=marked("Choose the month")),
    FormField("province", "select", marked("In which province?"), choices="provinces"),
    FormField("certainty", "radios", marked("How certain is it?"), codes="certainty", empty=marked("Choose how certain it is")),
    FormField(
        "text", "words", marked("When and where exactly, and whatever else"),
        marked("For your organisation alone. No name, no telephone number, nothing by which a person is known: write a person down as a case, or as a call."),
    ),
    FormField(
        "with_all", "tick", marked("Every organisation of the country may see it"),
        marked("Those you share it with see what happens, the province, the month and how certain it is, and never the words. It is counted then."),
    ),
    FormField("shared_with", "checkboxes", marked("Or these alone"), choices="here"),
)  # fmt: skip


def _account(typed: Typed) -> dict[str, Any]:
    plain = {name: one(typed, name) for name in ("kind", "month", "certainty")}
    may_be = {name: one(typed, name) or None for name in ("province", "text")}
    shared = {"with_all": bool(one(typed, "with_all")), "shared_with": list(typed.get("shared_with", ()))}
    return {**plain, **may_be, **shared}


def _kept(incident: OneIncident) -> Typed:
    said = {name: getattr(incident, name) for name in ("kind", "month", "province", "certainty", "text")}
    found = {name: [text] for name, text in said.items() if text}
    shared = {"shared_with": incident.shared_with or []}
    return {**found, **shared, **({"with_all": ["yes"]} if incident.with_all else {})}


def _corrected(typed: Typed, _: Any) -> Mapping[str, Any]:
    return {**_account(typed), "reason": one(typed, "reason")}


FORMS = (
    Command(
        INCIDENTS,
        Order("intake", "record_incident", "POST", "/v1/incidents"),
        report_answers.INCIDENTS,
        title=marked("Write down an incident"),
        intro=(marked("Something that happens at a place, and is about no person."),),
        button=marked("Save the incident"),
        done=marked("The incident was saved."),
        fields=_ACCOUNT,
        body=lambda typed, _: _account(typed),
        makes=INCIDENT,
    ),
    Command(
        INCIDENT,
        Order("intake", "correct_incident", "PUT", "/v1/incidents/{incident_id}"),
        report_answers.INCIDENT,
        title=marked("Correct it, or share it otherwise"),
        intro=(marked("Nothing is kept of what stood here before."),),
        button=marked("Save the incident"),
        done=marked("The incident was saved."),
        fields=(
            *_ACCOUNT,
            FormField("reason", "radios", marked("Why?"), codes="incident_correction", empty=marked("Choose the reason")),
        ),
        body=_corrected,
        begins=_kept,
    ),
    Command(
        INCIDENT,
        Order("intake", "withdraw_incident", "POST", "/v1/incidents/{incident_id}/withdraw"),
        report_answers.INCIDENT,
        title=marked("Withdraw this incident"),
        intro=(marked("It is final. Whoever saw it sees that it was withdrawn and why, unless a person could be recognised."),),
        button=marked("Withdraw"),
        done=marked("The incident was withdrawn."),
        fields=(FormField("reason", "radios", marked("Why?"), codes="incident_withdrawal", empty=marked("Choose the reason")),),
        body=lambda typed, _: {"reason": one(typed, "reason")},
    ),
)  # fmt: skip
