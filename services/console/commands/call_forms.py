"""The forms about a call to the hotline: written down, gone on with, closed, and made part of a case only as she consented."""

from collections.abc import Mapping
from typing import Any

from contracts.casefile.urgent import FLAGS
from contracts.codes import codes
from services.console import report_answers
from services.console.asking import Order
from services.console.commands.case_forms import REFERENCE
from services.console.commands.form import CASE, Command, FormField, Sender, Subject, Typed, nothing, one
from services.console.report_answers import OneCall
from services.console.words import marked

CALLS = Subject("calls", "", marked("Back to the calls"), page="/calls")
CALL = Subject("calls", "call_id", marked("Back to the call"))
REASONS = tuple(code for code in codes("call_closing") if code != "became-case")
"""The last one is said by making the call part of a case, and in no other way."""
_BACK = ("way", "contact", "safe")


class CallbackField(FormField):
    """A part of where somebody may be called back: all of them, or none."""

    def fault(self, typed: Typed) -> str | None:
        said = {name for name in _BACK if one(typed, name)}
        return (
            marked("This is needed too, or leave all three empty") if said and self.name not in said else None
        )


_KIND = FormField("kind", "radios", marked("Why do they call?"), codes="call_kind", empty=marked("Choose why they call"))  # fmt: skip
_TOLD = (
    FormField("protection", "checkboxes", marked("Safety now"), marked("Your team is told at once of what is ticked."), codes="urgent_protection", only=FLAGS),
    FormField("health", "checkboxes", marked("Health now"), marked("Your team is told at once of what is ticked."), codes="urgent_health", only=FLAGS),
    FormField("text", "words", marked("What was said?"), marked("Nobody’s name is asked for. It is not written down unless it is said and needed.")),
    FormField("language", "select", marked("Which language is spoken?"), codes="language"),
    FormField("urgency", "radios", marked("How urgent is it?"), marked("What is ticked above makes it immediate."), codes="urgency"),
    CallbackField("way", "radios", marked("How may they be called back?"), marked("Only where they allow it."), codes="callback_way"),
    CallbackField("contact", "line", marked("Where?"), marked("A number or an address, only together with how it is safe.")),
    CallbackField("safe", "words", marked("When and how is it safe?"), marked("And what to say where somebody else answers.")),
)  # fmt: skip
_AGREED = FormField(
    "agreed", "radios", marked("How did she agree that the call becomes part of her case?"), codes="call_consent",
    empty=marked("Choose how she agreed. Without it the call stays nobody’s."),
)  # fmt: skip


def _words(typed: Typed) -> dict[str, Any]:
    """The words of a call; None where there is nothing any more."""
    back = {name: one(typed, name) for name in _BACK}
    plain = {name: one(typed, name) or None for name in ("text", "language", "urgency")}
    flags = [*typed.get("protection", []), *typed.get("health", [])]
    return {**plain, "flags": flags, "callback": back if any(back.values()) else None}


def _kept(call: OneCall) -> Typed:
    back = {} if call.callback is None else call.callback.model_dump()
    said = {"text": call.text, "language": call.language, **back}
    flags = {
        name: [flag for flag in call.flags if flag in codes(f"urgent_{name}")]
        for name in ("protection", "health")
    }
    urgency = [] if call.flagged else [call.urgency]
    return {name: [text] for name, text in said.items() if text} | flags | {"urgency": urgency}


def _started(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    return {"kind": one(typed, "kind"), **_words(typed)}


def _case(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    name = one(typed, "cor_FullName")
    return {"agreed": one(typed, "agreed"), "fields": {"cor_FullName": name} if name else {}}


def _moved(
    verb: str, path: str, title: str, button: str, done: str, *intro: str, fields: tuple[FormField, ...] = (), **more: Any
) -> Command:  # fmt: skip
    order = Order("intake", verb, "POST", f"/v1/calls/{{call_id}}/{path}")
    more.setdefault("body", nothing)
    return Command(
        CALL, order, report_answers.CALL, title=title, button=button, done=done, intro=intro, fields=fields, **more
    )  # fmt: skip


FORMS = (
    Command(
        CALLS,
        Order("intake", "start_call", "POST", "/v1/calls"),
        report_answers.CALLS,
        title=marked("Write down a call"),
        intro=(marked("Only why they call must be answered. Everything else may stay empty."),),
        button=marked("Save the call"),
        done=marked("The call was saved."),
        fields=(_KIND, *_TOLD),
        body=_started,
        makes=CALL,
    ),
    _moved(
        "attach_call", "attach", marked("Make it part of a case"), marked("Make it part of this case"),
        marked("The call is part of the case now."),
        marked("Only as she agreed. From then on whoever works on the case reads it, and nobody else."),
        fields=(REFERENCE, _AGREED),
        body=lambda typed, _: {"case_id": one(typed, "case_id"), "agreed": one(typed, "agreed")},
    ),
    _moved(
        "open_call_case", "case", marked("Open a case with this call"), marked("Open the case"),
        marked("The case was opened with the call in it."),
        marked("Only as she agreed. What was ticked in the call, and the language, are in the case too."),
        fields=(_AGREED, FormField("cor_FullName", "line", marked("What is she called?"), marked("Any name that she wants to use. A case needs no name."))),
        body=_case, makes=CASE,
    ),
    Command(
        CALL,
        Order("intake", "save_call", "PATCH", "/v1/calls/{call_id}"),
        report_answers.CALL,
        title=marked("Add to it or change it"),
        intro=(marked("Nothing is kept of what stood here before."),),
        button=marked("Save the call"),
        done=marked("The call was saved."),
        fields=_TOLD,
        body=lambda typed, _: _words(typed),
        begins=_kept,
    ),
    _moved(
        "close_call", "close", marked("Close this call"), marked("Close it"), marked("The call is closed."),
        fields=(FormField("reason", "radios", marked("How did it end?"), codes="call_closing", only=REASONS, empty=marked("Choose how it ended")),),
        body=lambda typed, _: {"reason": one(typed, "reason")},
    ),
    _moved(
        "reopen_call", "reopen", marked("Open it again"), marked("Open it again"), marked("The call is open again."),
        marked("Then more can be written down, and it can become part of a case."),
    ),
    _moved(
        "detach_call", "detach", marked("Take it out of the case"), marked("Take it out"),
        marked("The call is part of no case any more, and is open again."),
        marked("It was another’s, or she takes it back. Nothing of it stays in her case."),
    ),
)  # fmt: skip
