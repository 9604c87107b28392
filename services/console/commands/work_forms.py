"""The forms of the work on a case: its tasks and notes, what is assessed and decided, holds, and its end."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from services.console import answers
from services.console.asking import Order, Question
from services.console.commands.form import (
    CASE,
    Command,
    FormField,
    Sender,
    Subject,
    Typed,
    instant,
    item_at,
    nothing,
    one,
    ticked,
)
from services.console.words import marked

_TO_CASE = marked("Back to the case")
TASK = Subject("tasks", "task_id", marked("Back to the task"))
NOTE = Subject("notes", "note_id", _TO_CASE, page="/cases/{case_id}", within="case_id")
HOLD = Subject("holds", "hold_id", _TO_CASE, page="/cases/{case_id}", within="case_id")
INBOX = Subject("inbox", "", marked("Start"), page="/")
_HERE = marked("Those who work on this case here can read it. It is never sent to anybody else.")
_WHY = FormField("reason", "words", marked("Why?"), _HERE, empty=marked("Write why"))
_NOTE = FormField("note", "words", marked("Note"), marked("May be left empty."))
_REASONS = FormField("reasons", "words", marked("On what grounds?"), empty=marked("Write on what grounds"))
WHY_CHANGED = FormField(
    "reason", "words", marked("Why is it changed?"),
    marked("Needed where something is replaced or taken away. Kept sealed with what stood before."),
)  # fmt: skip
RAISED_BY_HAND = ("call", "visit", "appointment", "accompany", "document", "review", "follow-up", "other")
_KIND = FormField("kind", "radios", marked("What is to be done?"), codes="task_kind", only=RAISED_BY_HAND, empty=marked("Choose what is to be done"))  # fmt: skip
_DUE = FormField("due_on", "day", marked("Due on"), marked("If you write nothing, whenever it can be done."))
_SIGN_IN_NAME = marked("The name with which they sign in. If you write nothing, nobody has it yet.")
END_OF_DAY = "23:59:59"


def _told(*names: str) -> Callable[[Typed, Sender], Mapping[str, Any]]:
    """The body of what was typed in these fields, without those that were left empty."""
    return lambda typed, _: {name: said for name in names if (said := one(typed, name))}


def _of_case(
    verb: str,
    path: str,
    title: str,
    button: str,
    done: str,
    intro: str,
    *fields: FormField,
    about: Question[Any] = answers.CASE,
    body: Callable[[Typed, Sender], Mapping[str, Any]] | None = None,
    method: str = "POST",
    blocks: str = "",
    shown: str = "",
) -> Command:
    return Command(
        CASE,
        Order("intake", verb, method, f"/v1/cases/{{case_id}}/{path}"),
        about,
        title=title,
        button=button,
        done=done,
        fields=fields,
        body=body or _told(*(field.name for field in fields)),
        intro=(intro,) if intro else (),
        blocks=blocks,
        shown=shown,
    )


def _of_task(verb: str, title: str, button: str, done: str, *fields: FormField) -> Command:
    return Command(
        TASK,
        Order("intake", f"{verb}_task", "POST", f"/v1/tasks/{{task_id}}/{verb}"),
        answers.TASK,
        title=title,
        button=button,
        done=done,
        fields=fields,
        body=_told(*(field.name for field in fields)),
    )


def _of_note(
    verb: str, method: str, path: str, title: str, done: str, intro: str, *fields: FormField
) -> Command:
    return Command(
        NOTE,
        Order("intake", f"{verb}_note", method, f"/v1/cases/{{case_id}}/notes/{{note_id}}{path}"),
        answers.NOTE,
        title=title,
        button=title,
        done=done,
        fields=fields,
        body=_told(*(field.name for field in fields)),
        intro=(intro,),
        begins=lambda note: {"text": [note.text or ""]},
    )


def _raised(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """On a case, or of the team where it is about none."""
    of_case = {"case_id": str(sender.about)} if sender.about else {}
    return {**of_case, **_told("kind", "due_on", "worker", "text")(typed, sender)}


def _stands(task: Any) -> Typed:
    """The answers of a task as it stands. What is not asked goes with the form as it was."""
    stood = {"kind": task.kind, "worker": task.worker, "due_on": task.due_on, "stood_on": task.due_on}
    instants = {name: getattr(task, name) for name in ("due_at", "remind_at")}
    shown = stood | {name: at.isoformat() for name, at in instants.items() if at is not None}
    return {name: [str(value)] for name, value in shown.items() if value is not None}


def _changed(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """The whole task, whose instant stays where its day stays."""
    stays = one(typed, "due_on") == one(typed, "stood_on")
    return _told("kind", "worker", "remind_at", "due_at" if stays else "due_on")(typed, sender)


def _needs(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    return {"needs": typed.get("needs", []), **_told("urgency", "note")(typed, sender)}


def _held(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """Until the end of a day of this place."""
    day = one(typed, "until")
    return {"until": instant(f"{day}T{END_OF_DAY}", sender.zone)} if day else {}


def _closed(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    return {"linked_stay": ticked(typed, "linked_stay"), **_told("reason", "note")(typed, sender)}


_WHAT, _WHO = FormField("text", "words", marked("What exactly?"), _HERE), FormField("worker", "line", marked("Who does it?"), _SIGN_IN_NAME)  # fmt: skip
RAISE_TASK = Command(
    CASE,
    Order("intake", "raise_task", "POST", "/v1/tasks"),
    answers.TASKS,
    title=marked("Add a task"),
    button=marked("Save the task"),
    done=marked("The task was saved."),
    fields=(_KIND, _WHAT, _DUE, _WHO),
    body=_raised,
)
RAISE_TEAM_TASK = replace(
    RAISE_TASK,
    subject=Subject("tasks", "", marked("Tasks"), page="/tasks"),
    title=marked("Add a task for the team"),
    fields=(_KIND, replace(_WHAT, hint=marked("It is about no person: name nobody. Your whole organisation can read it.")), _DUE, _WHO),
    makes=TASK,
)  # fmt: skip
"""The same about no case."""

FORMS = (
    RAISE_TASK,
    _of_task("complete", marked("It is done"), marked("Save that it is done"), marked("It was saved that the task is done.")),
    Command(
        TASK,
        Order("intake", "change_task", "PUT", "/v1/tasks/{task_id}"),
        answers.TASK,
        title=marked("Postpone or hand on"), button=marked("Save the task"), done=marked("The task was saved."),
        fields=(
            _DUE, _WHO,
            *(FormField(name, "kept") for name in ("kind", "stood_on", "due_at", "remind_at")),
        ),
        body=_changed,
        begins=_stands,
    ),
    _of_task(
        "cancel", marked("It is not to be done"), marked("Take the task off"), marked("The task was taken off."),
        FormField("reason", "radios", marked("Why?"), codes="task_cancellation", empty=marked("Choose why")),
    ),
    _of_task("reopen", marked("It is to be done after all"), marked("Take the task up again"), marked("The task is to be done again.")),
    _of_note(
        "correct", "PUT", "", marked("Correct this note"), marked("The note was corrected."),
        marked("What stood before is kept, with who changed it and why."),
        FormField("text", "words", marked("Note"), _HERE, empty=marked("Write the note")), _WHY,
    ),
    _of_note(
        "strike", "POST", "/strike", marked("Strike this note"), marked("The note was struck."),
        marked("For a note that is in the wrong case or was a mistake. Its text is no longer shown; the reason it was struck is."),
        _WHY,
    ),
    _of_case(
        "assess_needs", "needs", marked("Assess her needs"), marked("Save her needs"), marked("Her needs were saved."),
        marked("This stands in place of what was assessed before, which is kept."),
        FormField("needs", "checkboxes", marked("What does she need?"), codes="need", empty=marked("Choose what she needs")),
        FormField("urgency", "radios", marked("How urgent is it?"), codes="urgency", empty=marked("Choose how urgent it is")),
        _NOTE, body=_needs,
    ),
    _of_case(
        "assess_age", "age-assessment", marked("Decide about her age"), marked("Save the decision"), marked("The decision about her age was saved."),
        marked("A person decides this, and it can be decided anew. In doubt she is a child."),
        FormField("result", "radios", marked("Child or adult?"), codes="age_group", empty=marked("Choose one of the answers")),
        FormField("basis", "radios", marked("What does it rest on?"), codes="age_evidence", empty=marked("Choose what it rests on")),
        _REASONS,
    ),
    _of_case(
        "identify_case", "status", marked("Record the formal status"), marked("Save the status"), marked("The formal status was saved."),
        marked("Only what somebody who may decide it has decided. No checklist decides it."),
        FormField("status", "radios", marked("What was decided?"), codes="vic_TraffickingStatus", empty=marked("Choose what was decided")),
        FormField(
            "deciding_organisation", "radios", marked("Who decided it?"), codes="vic_TraffickingStatusDecisionMakingOrg",
            empty=marked("Choose who decided it"),
        ),
        _REASONS,
    ),
    _of_case(
        "place_hold", "holds", marked("Nobody may remove her: place a hold"), marked("Place the hold"), marked("The hold is in force."),
        marked("While it is in force she is not cleared for a return and does not leave. It says that she stays, and never why."),
        FormField("until", "day", marked("Until the end of which day?"), marked("If you write nothing, thirty days from now.")),
        body=_held,
    ),
    Command(
        HOLD,
        Order("intake", "lift_hold", "DELETE", "/v1/cases/{case_id}/holds/{hold_id}"),
        answers.HOLDS,
        title=marked("Lift this hold"), button=marked("Lift the hold"), done=marked("The hold was lifted. It stays on record."),
        fields=(),
        body=nothing,
        part=item_at("hold_id"),
        intro=(marked("It protects her from being removed. Once it is lifted, it no longer stands in the way of a return."),),
    ),
    _of_case(
        "record_fields", "fields", marked("Our own number for this case"), marked("Save the number"), marked("The number was saved."),
        marked("The number of your own file, so that you find this case by it. It is never sent to anybody else."),
        FormField("own_number", "line", marked("Own number"), empty=marked("Write the number")), WHY_CHANGED,
        method="PUT",
    ),
    _of_case(
        "close_case", "close", marked("Close this case"), marked("Close the case"), marked("The case is closed."),
        marked("Nobody works on it any more. What protects her goes on: she can still take back what she agreed to, and it can be taken up again."),
        FormField("reason", "radios", marked("Why?"), codes="case_closure", empty=marked("Choose why")), _NOTE,
        FormField("linked_stay", "tick", marked("If somebody is linked with her: it is settled with her that the person stays")),
        about=answers.CLOSING, body=_closed, blocks="case_block", shown="closing.html",
    ),
    _of_case(
        "resume_case", "resume", marked("Take this case up again"), marked("Take it up again"), marked("The case is open again."), "",
        FormField("reason", "radios", marked("Why?"), codes="case_resumption", empty=marked("Choose why")), _NOTE,
        about=answers.CLOSING,
    ),
    Command(
        INBOX,
        Order("notify", "read_notices", "POST", "/v1/inbox/read"),
        answers.INBOX,
        title=marked("Mark all as read"), button=marked("Mark all as read"), done=marked("All notices are marked as read by you."),
        fields=(),
        body=nothing,
        intro=(marked("Only for you: the others of your organisation still find them unread."),),
    ),
)  # fmt: skip
