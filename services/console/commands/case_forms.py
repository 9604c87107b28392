"""The forms about a case."""

from services.console import answers
from services.console.asking import Order
from services.console.commands.form import CASE, Command, FormField, one
from services.console.words import marked

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
)  # fmt: skip
