"""An interview: what is asked, one thing on a page, of whoever's intake or screening was begun. What was answered is kept by intake alone.

The steps of an intake stand here; the questions of a screening are those of its checklist. An intake that was begun with a form of the
country is asked its questions, and then what the form does not ask.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.casefile.urgent import FLAGS
from contracts.codes import codes
from services.console import draft_answers
from services.console.asking import Order
from services.console.commands.form import DRAFT, Command, FormField, Kind, Typed, one
from services.console.domain.date_parts import ABOUT, PARTS, read, written
from services.console.draft_answers import Checklist, FormQuestion, FormSection, IntakeForm, OneDraft
from services.console.words import Reader, marked

SAVE = Order("intake", "save_draft", "PATCH", "/v1/drafts/{draft_id}")
SKIP = marked("Go on without an answer: she does not know, does not want to say, or was not asked")
LATER = marked("Come back later: everything up to here is saved")
DOORS = ("screening-unit", "reception-centre", "hotline", "self-referral", "agency", "incident-report")
"""The ways in which somebody comes to whoever sits before a page."""


@dataclass(frozen=True, slots=True)
class Step:
    """One page of an interview: its fields, what is saved of them, and what stands in them of what was saved."""

    fields: Sequence[FormField]
    saved: Callable[[Typed], Mapping[str, Any]]
    kept: Callable[[OneDraft], Typed]
    intro: Sequence[str] = ()
    group: str = ""

    def answers(self, draft: OneDraft, reader: Reader) -> list[tuple[str, str]]:
        """The questions with what was answered, in words; empty where nothing was."""
        kept = self.kept(draft)
        return [(field.title, _in_words(field, kept, reader)) for field in self.fields]


def _in_words(field: FormField, kept: Typed, reader: Reader) -> str:
    if field.kind == "date":
        return reader.partial(text) if (text := value_of(field, kept)) else ""
    values = kept.get(field.name, [])
    return ", ".join(
        reader.label(field.codes, value) if field.codes else field.said.get(value, value) for value in values
    )


def value_of(field: FormField, typed: Typed) -> str | None:
    """The answer as it is sent; None where there is none."""
    if field.kind == "date":
        text = written({part: one(typed, f"{field.name}-{part}") for part in (*PARTS, ABOUT)})
    else:
        text = one(typed, field.name)
    return text or None


def recorded(fields: Sequence[FormField], typed: Typed) -> dict[str, str]:
    """Fields of a case file that were answered."""
    return {field.name: value for field in fields if (value := value_of(field, typed)) is not None}


def _file_step(*fields: FormField) -> Step:
    """A step about fields of the case file."""
    return Step(
        fields,
        lambda typed: {"fields": {field.name: value_of(field, typed) for field in fields}},
        lambda draft: {name: texts for field in fields for name, texts in _kept(field, draft).items()},
    )


def _kept(field: FormField, draft: OneDraft) -> Typed:
    return shown_in(field, draft.fields.get(field.name))


def shown_in(field: FormField, value: str | list[str] | None) -> Typed:
    """The texts that stand in a field of a value that was saved."""
    if value is None:
        return {}
    if field.kind == "date" and isinstance(value, str):
        return {f"{field.name}-{part}": [text] for part, text in read(value).items()}
    return {field.name: [value] if isinstance(value, str) else value}


URGENT = Step(
    (
        FormField("protection", "checkboxes", marked("Her safety now"),
            marked("Tick what is so, or may be so."), codes="urgent_protection", only=FLAGS),
        FormField("health", "checkboxes", marked("Her health now"),
            marked("Tick what is so, or may be so."), codes="urgent_health", only=FLAGS),
    ),
    lambda typed: {"flags": [*typed.get("protection", []), *typed.get("health", [])]},
    lambda draft: {"protection": _of("urgent_protection", draft), "health": _of("urgent_health", draft)},
    (
        marked("A supervisor is told at once of what is ticked here, before anything else is asked."),
        marked("Leave empty what is not so, what is not known, and what was not asked."),
    ),
)  # fmt: skip


def _of(codelist: str, draft: OneDraft) -> list[str]:
    return [flag for flag in draft.flags if flag in codes(codelist)]


INTAKE: Sequence[Step] = (
    URGENT,
    Step(
        (FormField("channel", "radios", marked("How did she come?"), codes="channel", only=DOORS),),
        lambda typed: {"channel": one(typed, "channel") or None},
        lambda draft: {"channel": [draft.channel] if draft.channel else []},
    ),
    Step(
        (
            FormField(
                "first", "select", marked("Which language does she understand best?"),
                marked("An interpreter is somebody whom she accepts. Ask her before anybody translates, and never somebody who came with her."), codes="language",
            ),
            FormField("second", "select", marked("Another language that she understands"), codes="language"),
        ),
        lambda typed: {"languages": [said for name in ("first", "second") if (said := one(typed, name))]},
        lambda draft: {"first": draft.languages[:1], "second": draft.languages[1:2]},
    ),
    _file_step(
        FormField("cor_FullName", "line", marked("What is she called?"), marked("Any name that she wants to use. A case needs no name.")),
    ),
    _file_step(
        FormField("prs_Birthdate", "date", marked("When was she born?"), marked("The year alone is enough. Whoever may be under eighteen is asked as a child.")),
    ),
    _file_step(FormField("prs_Gender", "radios", marked("Which gender does she name?"), codes="prs_Gender")),
    _file_step(FormField("prs_Citizenship", "select", marked("Which citizenship has she?"), codes="prs_Citizenship")),
    _file_step(
        FormField("cor_Dependants", "words", marked("Who is with her?"), marked("Children, and others for whom she cares.")),
        FormField(
            "cor_FamilyContact", "words", marked("Who of her family may be contacted?"),
            marked("Of a child: whoever is responsible for it. Write nobody whom she does not want to be told."),
        ),
    ),
    _file_step(FormField("prs_MobilePhone", "line", marked("At which telephone number can she be reached safely?"))),
    _file_step(FormField("cor_Health", "words", marked("What must be known about her health?"))),
    Step(
        (FormField("urgency", "radios", marked("How urgent is it?"), codes="urgency"),),
        lambda typed: {"urgency": one(typed, "urgency") or None},
        lambda draft: {"urgency": [] if draft.flagged else [draft.urgency]},
    ),
)  # fmt: skip
FIRST = 3
"""The steps before the questions of a form: what cannot wait, how she came, her language."""
TITLES: Mapping[str, str] = {field.name: field.title for step in INTAKE for field in step.fields}


def _question(group: str, why: str, ask: str, reason: str, indicator: str) -> Step:
    field = FormField(
        "answer", "radios", ask, reason, codes="answer", empty=marked("Choose one of the answers")
    )
    return Step(
        (field,),
        lambda typed: {"answers": {indicator: one(typed, "answer")}},
        lambda draft: {"answer": [draft.answers[indicator]] if indicator in draft.answers else []},
        [why] if why else [],
        group,
    )


def steps_of(asked: Checklist | None) -> Sequence[Step]:
    """The steps of a screening with its checklist; without one, those of an intake."""
    if asked is None:
        return INTAKE
    return [
        _question(section.title, section.why or "", question.ask, question.why or "", question.indicator)
        for section in asked.sections
        for question in section.questions
    ]


RADIOS_UP_TO = 12
_KINDS: Mapping[str, Kind] = {"text": "words", "number": "line", "date": "date", "many": "checkboxes"}
"""The kinds of question of a form, by their fields; of the others one answer is chosen."""


def steps_with(asked: IntakeForm) -> Sequence[Step]:
    """The steps of an intake with a form: its questions after the first three steps, then what it does not ask about."""
    questions = [_asked(section, question) for section in asked.sections for question in section.questions]
    taken = {question.field for section in asked.sections for question in section.questions}
    first, others = INTAKE[:FIRST], INTAKE[FIRST:]
    return [*first, *questions, *(left for step in others if (left := _left(step, taken)) is not None)]


def _left(step: Step, taken: Collection[str | None]) -> Step | None:
    """The fields of a step that the form does not ask about."""
    fields = [field for field in step.fields if field.name not in taken]
    if len(fields) == len(step.fields):
        return step
    return _file_step(*fields) if fields else None


def _asked(section: FormSection, question: FormQuestion) -> Step:
    chosen: Kind = "radios" if len(question.choices) <= RADIOS_UP_TO else "select"
    field = FormField(
        "answer",
        _KINDS.get(question.kind, chosen),
        question.ask,
        question.why or "",
        codes="answer" if question.kind == "answer" else "",
        said={one.code: one.label for one in question.choices},
    )

    def saved(typed: Typed) -> Mapping[str, Any]:
        answer = typed.get("answer", []) if question.kind == "many" else value_of(field, typed)
        return {"form_answers": {question.question: answer or None}}

    return Step(
        (field,),
        saved,
        lambda draft: shown_in(field, draft.form_answers.get(question.question)),
        [section.why] if section.why else [],
        section.title,
    )


def form_of(draft: OneDraft, steps: Sequence[Step], number: int, reader: Reader) -> Command:
    """The form of one step, after which comes the next, and at last the page where all is read back."""
    step, page = steps[number - 1], DRAFT.page_of(draft.id)
    then = f"{page}/{number + 1}" if number < len(steps) else page
    place = {"number": reader.number(number), "all": reader.number(len(steps))}
    optional = all(not field.empty for field in step.fields)
    return Command(
        DRAFT,
        SAVE,
        draft_answers.DRAFT,
        title=reader.say("Step %(number)s of %(all)s", **place),
        button=marked("Save and go on"),
        done="",
        fields=step.fields,
        body=lambda typed, _: step.saved(typed),
        address=f"{page}/{number}",
        then=then,
        intro=[text for text in (step.group, *step.intro) if text],
        beside=[*([(SKIP, then)] if optional else []), (LATER, page)],
    )
