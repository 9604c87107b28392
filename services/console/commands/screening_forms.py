"""The forms about a screening that was submitted: one for each of its questions, by its number. A correction takes its place and says why."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from services.console import draft_answers
from services.console.commands.form import Command, FormField, Sender, Subject, Typed, one
from services.console.draft_answers import AskedQuestion, ScreeningResult
from services.console.words import marked

SCREENING = Subject("screenings", "screening_id", marked("Back to the answers"), within="case_id")
DONE = marked("The answer was corrected. What stood before is kept.")


def _body(before: Mapping[str, str], indicator: str, typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """All answers as they are now."""
    del sender
    return {"answers": {**before, indicator: one(typed, "answer")}, "reason": one(typed, "reason")}


def correction_of(case_id: UUID, screening: ScreeningResult, number: int, question: AskedQuestion) -> Command:
    """The form of one answer, after which comes the page of what took the place of the screening."""
    return Command(
        SCREENING,
        draft_answers.CORRECT_SCREENING,
        draft_answers.SCREENING,
        title=marked("Correct an answer"),
        button=marked("Save the correction"),
        done=DONE,
        fields=(
            FormField("answer", "radios", question.ask, question.why or "", codes="answer"),
            FormField(
                "reason", "words", marked("Why is it changed?"), marked("Kept sealed with the correction. What stood before stays on record."),
                empty=marked("Write why"),
            ),
        ),
        body=partial(_body, screening.answers, question.indicator),
        begins=lambda view: {"answer": [said] if (said := view.answers.get(question.indicator)) else []},
        intro=(marked("The result is worked out anew from all answers. An urgent flag that was raised stays until somebody lowers it."),),
        address=f"/screenings/{case_id}.{screening.id}/{number}",
        then=f"/screenings/{case_id}.{{made}}?done={draft_answers.CORRECT_SCREENING.operation}",
    )  # fmt: skip
