"""The content of a draft on its way in: half-way, where only names are checked, and whole. Never inside a transaction."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from chassis.identity.auth import Actor
from chassis.problems import Invalid
from chassis.service import Service
from contracts.casefile.fields import FIELDS
from contracts.casefile.text import MAX_TEXT
from services.intake.casefile.api.cases import OpenForm, sealed_case
from services.intake.casefile.api.prepared import checked_fields
from services.intake.casefile.domain.case import Case, urgency_of
from services.intake.casefile.flagging import sealed_flags
from services.intake.casefile.store import cases
from services.intake.drafts.asking import OF_FORM, answers_of, asked_with, take_answers
from services.intake.drafts.domain.draft import Draft, DraftKind
from services.intake.drafts.sealing import open_content, seal_content
from services.intake.drafts.store import SCREEN
from services.intake.drafts.use_cases import SealedContent, SubmittedDraft
from services.intake.identification.domain.checklist import Checklist, UnknownIndicator, of_version
from services.intake.identification.screening import prepared

MERGED = ("fields", "answers", "form_answers")
"""Members of which each entry is saved by itself; null removes one. Any other member is replaced, and null removes it."""


def merged(content: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """The content after a saving. Raises Invalid for a field that there is none of, and for a text that is too long."""
    after = dict(content)
    for name, value in sent.items():
        if name in MERGED:
            both = {**after.get(name, {}), **(value or {})}
            after[name] = {key: one for key, one in both.items() if one is not None}
        elif value is None:
            after.pop(name, None)
        else:
            after[name] = value
    require_readable(sent.get("fields") or {})
    require_short(sent.get("form_answers") or {})
    return after


def begun(service: Service, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The content of an intake that begins. Raises Invalid for a form that the cell does not ask with."""
    content = merged({}, sent)
    if (code := content.get("form")) is not None:
        content["form_version"] = asked_with(service, code).version
    return content


def require_readable(fields: Mapping[str, Any]) -> None:
    """Half a value may be saved, and is looked at when it is submitted; a name must be one of a field."""
    errors = [
        {"loc": ["body", "fields", name if name in FIELDS else "*"], "msg": said, "code": code}
        for name, value in fields.items()
        for code, said in _faults(name, [value] if isinstance(value, str) else value or [])
    ]
    if errors:
        raise Invalid(errors=errors)


def _faults(name: str, texts: list[str]) -> list[tuple[str, str]]:
    if name not in FIELDS:
        return [("unknown-field", "this is no field of a case file")]
    if any(len(text) > MAX_TEXT for text in texts):
        return [("string_too_long", f"must have at most {MAX_TEXT} characters")]
    return []


def require_short(answers: Mapping[str, Any]) -> None:
    """Raises Invalid for an answer to a form that is longer than any text may be."""
    for value in answers.values():
        if any(len(one) > MAX_TEXT for one in ([value] if isinstance(value, str) else value or [])):
            message = f"must have at most {MAX_TEXT} characters"
            place = {"loc": ["body", "form_answers", "*"], "msg": message, "code": "string_too_long"}
            raise Invalid(errors=[place])


def require_of_kind(draft: Draft, sent: Mapping[str, Any]) -> None:
    """Answers are a screening's, everything else is an intake's. Raises Invalid."""
    strange = [name for name in sent if (name == "answers") is (draft.kind is DraftKind.INTAKE)]
    if strange:
        message = "not a member of this kind of draft"
        raise Invalid(errors=[{"loc": ["body", n], "msg": message, "code": "other-kind"} for n in strange])


def list_of(draft: Draft) -> Checklist:
    """The version that the draft was begun with, in use or not."""
    return of_version(draft.checklist or "", draft.checklist_version or "")


def require_known(asked: Checklist, answers: Mapping[str, Any]) -> None:
    """Raises Invalid for answers to no question of the list."""
    try:
        asked.require_known(answers)
    except UnknownIndicator as error:
        place = {"loc": ["body", "answers"], "msg": str(error), "code": "unknown-indicator"}
        raise Invalid(errors=[place]) from error


async def saved(
    service: Service, actor: Actor, draft: Draft, case: Case | None, sent: Mapping[str, Any]
) -> SealedContent:
    """`case` is that of a screening."""
    before = await open_content(service.vault, draft)
    content = merged(before, sent)
    if case is None:
        take_answers(service, content, sent.get("form_answers") or {})
    sealed = await seal_content(service.vault, draft.person_id, draft.id, content)
    if case is None:
        flags, stood = set(content.get("flags", [])), set(before.get("flags", []))
        urgency = urgency_of(content.get("urgency", "routine"), frozenset(flags))
        return SealedContent(draft.version, sealed, urgency, bool(flags), added=not flags <= stood)
    asked = list_of(draft)
    require_known(asked, sent.get("answers") or {})
    raised = asked.raised(content.get("answers", {}))
    added = await sealed_flags(service, actor, case, raised) if raised else None
    return SealedContent(draft.version, sealed, case.urgency, bool(raised), added is not None, added)


async def whole(service: Service, actor: Actor, draft: Draft) -> SubmittedDraft:
    """The draft as what it becomes. Raises Invalid with every mistake at once."""
    content = await open_content(service.vault, draft)
    if draft.kind is DraftKind.INTAKE:
        return await _intake(service, draft, content)
    answers = content.get("answers", {})
    if not answers:
        place = {"loc": ["draft", "answers"], "msg": "nothing is answered yet", "code": "nothing-answered"}
        raise Invalid(errors=[place])
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, SCREEN, draft.case_id)
    screening = await prepared(service, actor, case, list_of(draft), answers)
    return SubmittedDraft(draft.version, screening=screening)


async def _intake(service: Service, draft: Draft, content: Mapping[str, Any]) -> SubmittedDraft:
    told = {name: value for name, value in content.items() if name not in OF_FORM}
    errors: list[dict[str, Any]] = []
    form = None
    try:
        form = OpenForm.model_validate(told)
    except ValidationError as error:
        errors += [_placed(one) for one in error.errors(include_input=False, include_url=False)]
    answered = answers_of(service, content)
    errors += answered.errors
    languages = dict(
        zip(("prs_PrimaryLanguage", "prs_SecondaryLanguage"), content.get("languages", []), strict=False)
    )
    fields: dict[str, str | None] = {}
    try:
        fields = checked_fields(service, {**languages, **content.get("fields", {}), **answered.fields})
    except Invalid as refused:
        errors += [{**one, "loc": ["draft", *answered.place(one["loc"])]} for one in refused.errors]
    if errors or form is None:
        raise Invalid(errors=errors)
    case = await sealed_case(service, draft.organisation, form, fields, draft.case_id, form.channel)
    return SubmittedDraft(draft.version, case=case, form=await answered.sealed(service, case))


def _placed(error: Mapping[str, Any]) -> dict[str, Any]:
    return {"loc": ["draft", *error["loc"]], "msg": error["msg"], "code": error["type"]}
