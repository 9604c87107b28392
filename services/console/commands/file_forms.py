"""The forms about files of cases that go out."""

from collections.abc import Mapping
from typing import Any

from services.console import file_answers
from services.console.asking import Order
from services.console.commands.form import Command, FormField, Sender, Subject, Typed, nothing, one
from services.console.words import marked

EXPORTS = Subject("exports", "", marked("Back to the files"), page="/exports")
EXPORT = Subject("exports", "export_id", marked("Back to the file"))
_DAYS = ("opened_from", "opened_to")


def _wanted(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    return {"format": one(typed, "format"), **{name: one(typed, name) or None for name in _DAYS}}


FORMS = (
    Command(
        EXPORTS,
        Order("interchange", "start_export", "POST", "/v1/exports"),
        file_answers.EXPORTS,
        title=marked("Make a file of cases"),
        intro=(
            marked("It has the cases that you may take out, with names and everything else that is known. Each of them counts as read by you."),
            marked("Whoever has the file can read it. Keep it where nobody else comes, and delete it when it has served."),
        ),
        button=marked("Make the file"),
        done=marked("The file is being made."),
        fields=(
            FormField("format", "radios", marked("Which kind of file?"), choices="export_formats", empty=marked("Choose a kind of file")),
            FormField("opened_from", "day", marked("Cases opened from this day"), marked("If you write nothing, from the first one.")),
            FormField("opened_to", "day", marked("Until this day"), marked("If you write nothing, to the last one.")),
        ),
        body=_wanted,
        makes=EXPORT,
    ),
    Command(
        EXPORT,
        Order("interchange", "discard_export", "DELETE", "/v1/exports/{export_id}"),
        file_answers.EXPORT,
        title=marked("Destroy this file"),
        intro=(marked("Nobody can fetch it here any more. A file that was fetched already has to be deleted where it is."),),
        button=marked("Destroy it"),
        done=marked("The file was destroyed."),
        fields=(),
        body=nothing,
    ),
)  # fmt: skip
