"""The way through the steps of asking her: which comes next, what is still missing, and what is sent at the end.

Nothing is kept here: every page carries all that was answered before it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from contracts.organisations import cell_of
from services.console.consenting.questions import (
    CHECK,
    LANGUAGE,
    NOTICE,
    OWN_DAY,
    PERIODS,
    STEPS,
    TAKEN_ON,
    YES,
    AskingStep,
    Typed,
    day_of,
    refuses,
    says,
)
from services.console.words import marked

CARRIED = ("today", "notice_version", "fields")
"""Answers that are no question's: the day on which she was asked, the text that was read to her, and what is recorded about her, where she is
handed over."""
CASE_MANAGEMENT = "case-management"
UNTIL_SAID = marked("Until")
UNTIL_REFUSED = marked("Choose a day that is still to come and at most a year away")
_NAMES = ("witness", "interpreter", "guardian", "guardian_relationship", "decided_by", "assent")


def first(typed: Typed) -> AskingStep:
    return next(step for step in STEPS if step.asked(typed))


def step_of(name: str, typed: Typed) -> AskingStep:
    return next((step for step in STEPS if step.name == name and step.asked(typed)), first(typed))


def after(step: AskingStep, typed: Typed) -> AskingStep:
    later = STEPS[STEPS.index(step) + 1 :]
    return CHECK if refuses(typed) else next((one for one in later if one.asked(typed)), CHECK)


def before(step: AskingStep, typed: Typed) -> AskingStep:
    if refuses(typed) and not says(typed, "notice_version"):  # she said no before anything was read out
        return first(typed)
    earlier = STEPS[: STEPS.index(step)]
    return next((one for one in reversed(earlier) if one.asked(typed)), first(typed))


def asked_anew(typed: Typed) -> Typed:
    """The answers with which somebody goes on to ask her after all: a no to something else is no answer."""
    return {name: said for name, said in typed.items() if name != "decision"} if refuses(typed) else typed


def faults_of(step: AskingStep, typed: Typed) -> dict[str, str]:
    """The messages beside the questions of one step. A no to what was read out needs nothing else."""
    asked = step.questions if not (step is NOTICE and refuses(typed)) else ()
    return {question.name: fault for question in asked if (fault := question.fault(typed))}


def first_missing(typed: Typed) -> tuple[AskingStep, dict[str, str]] | None:
    """The first step that is not answered yet; None where it can be saved. A no is complete by itself."""
    if refuses(typed):
        return None
    for step in STEPS:
        if step.asked(typed) and (faults := faults_of(step, typed)):
            return step, faults
    return None if says(typed, "notice_version") else (LANGUAGE, {})


def placed(faults: Mapping[str, str], typed: Typed) -> tuple[AskingStep, dict[str, str]] | None:
    """The first step that is answerable for a refusal of the service, with the messages of this step."""
    said = {
        **{name: fault for name, fault in faults.items() if name != "valid_until"},
        **({"until_day": UNTIL_REFUSED} if "valid_until" in faults else {}),
    }
    for step in STEPS:
        own = {name: fault for name, fault in said.items() if step.answers_for(name)}
        if own and step.asked(typed):
            return step, own
    return None


def asked_names() -> list[str]:
    """The names of all questions."""
    return [question.name for step in STEPS for question in step.questions]


def members() -> list[str]:
    """Everything that the service may name in a refusal."""
    return [*asked_names(), *(name for step in STEPS for name in step.owns)]


def transfer(typed: Typed) -> dict[str, Any]:
    """The transfer to which she agreed: to one organisation of this country, for one purpose."""
    return {
        "recipient": says(typed, "recipients"),
        "service": says(typed, "service"),
        "purpose": says(typed, "purposes"),
        "urgency": says(typed, "urgency"),
        "fields": _many(typed, "fields"),
    }


def chosen_agency(typed: Typed) -> dict[str, list[str]]:
    """The organisation and the service that were chosen in one, and the one purpose for which a case is taken on."""
    organisation, _, service = says(typed, TAKEN_ON).partition(".")
    return {"recipients": [organisation], "service": [service], "purposes": [CASE_MANAGEMENT]}


def ends(typed: Typed, zone: ZoneInfo) -> datetime | None:
    """The end of what she agrees to: the day that she chose, or one counted from the day on which she was asked, so that sent twice it
    is the same.
    """
    period, today = says(typed, "period"), day_of(typed, "today")
    try:
        if period == OWN_DAY:
            day = day_of(typed, "until_day")
        else:
            day = today + timedelta(days=int(period)) if today and period in PERIODS else None
        return None if day is None else datetime.combine(day, time(23, 59), zone)
    except (ValueError, OverflowError):
        return None


def body(typed: Typed, zone: ZoneInfo) -> dict[str, Any]:
    asked = {
        "decision": "refused" if refuses(typed) else "given",
        "purposes": _many(typed, "purposes"),
        "recipients": [{"organisation": one, "country": cell_of(one)} for one in _many(typed, "recipients")],
        "categories": _many(typed, "categories"),
    }
    version = says(typed, "notice_version")
    if refuses(typed):
        told = {"notice_version": version, "language": _spoken(typed)} if version else {}
        return asked | told
    return asked | _agreed(typed, ends(typed, zone)) | {"notice_version": version, "language": _spoken(typed)}


def _agreed(typed: Typed, until: datetime | None) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "notice_language": says(typed, "notice_language"),
        "back_categories": _many(typed, "back_categories"),
        "risks_explained": says(typed, "risks_explained") == YES,
        "method": says(typed, "method"),
        "capacity": says(typed, "capacity"),
        "interpreter_undertaking": says(typed, "interpreter_undertaking") == YES,
        "withdrawal_method": says(typed, "withdrawal_method"),
        "valid_until": None if until is None else until.isoformat(),
    }
    asked = [question.name for step in STEPS if step.asked(typed) for question in step.questions]
    return sent | {name: said for name in _NAMES if name in asked and (said := says(typed, name))}


def _spoken(typed: Typed) -> str:
    return says(typed, "language") or says(typed, "notice_language")


def _many(typed: Typed, name: str) -> Sequence[str]:
    return [one for one in typed.get(name, ()) if one]
