"""Forms of the team: many cases to one, and who is away."""

from collections.abc import Mapping
from typing import Any

from services.console import answers, team_answers
from services.console.asking import Order
from services.console.commands.case_forms import REFERENCE
from services.console.commands.form import Command, FormField, Sender, Subject, Typed, item_at, nothing, one
from services.console.words import marked

TEAM = Subject("team", "", marked("Back to the team"), page="/team")
LEAVES = Subject("leaves", "", marked("Back to leave"), page="/leaves")
LEAVE = Subject("leaves", "leave_id", marked("Back to leave"), page="/leaves")


def _given(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    before = one(typed, "instead_of")
    named = {"instead_of": before} if before else {}
    return {"case_ids": typed.get("case_ids", []), "worker": one(typed, "worker"), **named}


def _planned(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    away = one(typed, "worker") or sender.person.name
    days = {name: one(typed, name) for name in ("first_day", "last_day")}
    return {"worker": away, "cover": one(typed, "cover"), **days}


def _decided(
    verb: str, path: str, title: str, button: str, done: str, *intro: str, field: FormField
) -> Command:
    """A case is left out of a cover, or put back."""
    order = Order("intake", verb, "POST", f"/v1/leaves/{{leave_id}}/{path}")
    return Command(
        LEAVE, order, team_answers.LEAVES, title=title, button=button, done=done, fields=(field,), intro=intro,
        body=lambda typed, _: {"case_id": one(typed, "case_id")}, part=item_at("leave_id"),
    )  # fmt: skip


FORMS = (
    Command(
        TEAM,
        Order("intake", "assign_cases", "POST", "/v1/team/assign"),
        answers.TEAM,
        title=marked("Give cases to somebody"),
        button=marked("Give these cases"),
        done="",
        fields=(
            FormField("instead_of", "kept"),
            FormField(
                "case_ids", "checkboxes", marked("Which cases?"),
                marked("At most 100 at once. If there are more, they are shown here when these are given."),
                choices="cases", empty=marked("Choose at least one case"),
            ),
            FormField(
                "worker", "radios", marked("Who works on them from now on?"), choices="team",
                empty=marked("Choose who works on them"),
            ),
        ),
        body=_given,
        outcome="given.html",
    ),
    Command(
        LEAVES,
        Order("intake", "plan_leave", "POST", "/v1/leaves"),
        team_answers.LEAVES,
        title=marked("Plan leave"),
        button=marked("Save the leave"),
        done=marked("The leave was saved."),
        fields=(
            FormField("worker", "line", marked("Who is away?"), marked("The name with which they sign in. If you write nothing, it is you.")),
            FormField(
                "cover", "line", marked("Who covers?"),
                marked("The name with which they sign in. They see the cases and the tasks meanwhile."),
                empty=marked("Write who covers"),
            ),
            FormField("first_day", "day", marked("First day"), empty=marked("Write the first day")),
            FormField("last_day", "day", marked("Last day"), empty=marked("Write the last day")),
        ),
        body=_planned,
    ),
    Command(
        LEAVE,
        Order("intake", "end_leave", "POST", "/v1/leaves/{leave_id}/end"),
        team_answers.LEAVES,
        title=marked("End this leave now"),
        intro=(marked("From now on whoever covers sees the cases and tasks no longer."),),
        button=marked("End it now"),
        done=marked("The leave is over. Whoever covered sees the cases no longer."),
        fields=(),
        body=nothing,
        part=item_at("leave_id"),
    ),
    _decided(
        "exclude_case", "exclude", marked("Leave a case out"), marked("Leave it out"),
        marked("The case was left out. Whoever covers does not see it."),
        marked("Whoever covers sees neither this case nor those of whoever is linked with it. Do it where the cover knows her, or is near to somebody whom she fears."),
        field=REFERENCE,
    ),
    _decided(
        "include_case", "include", marked("Put a case back"), marked("Put it back"),
        marked("The case was put back. Whoever covers sees it again."),
        field=FormField("case_id", "radios", marked("Which case?"), choices="left_out", empty=marked("Choose the case")),
    ),
)  # fmt: skip
