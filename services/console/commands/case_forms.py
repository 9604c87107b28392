"""The forms about a case."""

from collections.abc import Mapping
from typing import Any

from contracts.casefile.urgent import FLAGS
from services.console import answers
from services.console.asking import Order
from services.console.commands.form import CASE, Command, FormField, Sender, Subject, Typed, item_at, one
from services.console.commands.interview import recorded
from services.console.words import marked

LINK = Subject("links", "link_id", marked("Back to the case"), page="/cases/{case_id}", within="case_id")
_RELATION = FormField(
    "relation", "radios", marked("What is that person to her?"), codes="dependant_relation", empty=marked("Choose what that person is to her"),
)  # fmt: skip
_OF_THE_PERSON = (
    FormField("cor_FullName", "line", marked("What is that person called?"), marked("Any name. A case needs no name.")),
    FormField("prs_Birthdate", "date", marked("When was that person born?"), marked("The year alone is enough.")),
    FormField("prs_Gender", "radios", marked("Which gender?"), codes="prs_Gender"),
)  # fmt: skip


def _dependant(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    flags = [*typed.get("protection", []), *typed.get("health", [])]
    others = {"relation": one(typed, "relation"), "same_workers": not one(typed, "others_work")}
    return {**others, "flags": flags, "fields": recorded(_OF_THE_PERSON, typed)}


REFERENCE = FormField(
    "case_id", "line", marked("Reference of the case"), empty=marked("Write the reference of the case"),
    unknown=marked("No case of yours has this reference."),
)  # fmt: skip


FORMS = (
    Command(
        CASE,
        Order("intake", "write_note", "POST", "/v1/cases/{case_id}/notes"),
        answers.NOTES,
        title=marked("Add a note"),
        button=marked("Save the note"),
        done=marked("The note was saved."),
        fields=(
            FormField(
                "category", "radios", marked("What was the occasion?"), codes="note_category",
                empty=marked("Choose what the occasion was"),
            ),
            FormField(
                "text", "words", marked("Note"), marked("Those who work on this case here can read it. It is never sent to anybody else."),
                empty=marked("Write the note"),
            ),
        ),
        body=lambda typed, _: {"category": one(typed, "category"), "text": one(typed, "text")},
    ),
    Command(
        CASE,
        Order("intake", "assign_case", "POST", "/v1/cases/{case_id}/assignment"),
        answers.CASE,
        title=marked("Assign this case"),
        button=marked("Save who works on it"),
        done=marked("It was saved who works on this case."),
        fields=(
            FormField(
                "workers", "workers", marked("Who works on this case?"),
                marked("Whoever is not chosen sees the case no longer. If nobody is chosen, everybody of your organisation sees it."),
            ),
        ),
        body=lambda typed, sender: {"organisation": sender.person.organisation, "workers": typed.get("workers", [])},
    ),
    Command(
        CASE,
        Order("intake", "open_dependant", "POST", "/v1/cases/{case_id}/dependants"),
        answers.DEPENDANTS,
        title=marked("Somebody is with her"),
        intro=(marked("That person gets a case of their own, linked with hers, and is asked and helped like anybody else. Nothing of hers is copied."),),
        button=marked("Open the case"),
        done=marked("The case was opened and linked."),
        fields=(
            _RELATION,
            FormField("protection", "checkboxes", marked("The safety of that person now"), marked("Tick what is so, or may be so."), codes="urgent_protection", only=FLAGS),
            FormField("health", "checkboxes", marked("The health of that person now"), marked("Tick what is so, or may be so."), codes="urgent_health", only=FLAGS),
            *_OF_THE_PERSON,
            FormField("others_work", "tick", marked("Somebody other than her worker shall work on this case")),
        ),
        body=_dependant,
        makes=CASE,
    ),
    Command(
        CASE,
        Order("intake", "link_dependant", "POST", "/v1/cases/{case_id}/dependants/link"),
        answers.DEPENDANTS,
        title=marked("Link a case that is here"),
        intro=(
            marked("Somebody who depends on her has a case here already."),
            marked("Whoever works on the other case learns that she is here. Ask her first whether she wants that."),
        ),
        button=marked("Link the two cases"),
        done=marked("The two cases are linked."),
        fields=(
            FormField(
                "other_case_id", "line", marked("Reference of the other case"), empty=marked("Write the reference of the other case"),
                unknown=marked("No case of yours has this reference."),
            ),
            _RELATION,
        ),
        body=lambda typed, _: {"other_case_id": one(typed, "other_case_id"), "relation": one(typed, "relation")},
    ),
    Command(
        LINK,
        Order("intake", "unlink_dependant", "POST", "/v1/cases/{case_id}/dependants/{link_id}/unlink"),
        answers.DEPENDANTS,
        title=marked("End this link"),
        intro=(marked("Both cases stay. Whoever reads one of them alone is shown the link no longer."),),
        button=marked("End the link now"),
        done=marked("The link was ended."),
        fields=(
            FormField("reason", "radios", marked("Why?"), codes="dependant_ending", empty=marked("Choose the reason")),
        ),
        body=lambda typed, _: {"reason": one(typed, "reason")},
        part=item_at("link_id"),
    ),
)  # fmt: skip
