"""The use cases of drafts: one function, one transaction. Content comes sealed, before the transaction began."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.identity.auth import Actor
from chassis.problems import PreconditionFailed, WrongState, expect
from services.intake.casefile import use_cases
from services.intake.casefile.domain.case import CaseVerb
from services.intake.casefile.store import cases
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.use_cases import NewCase, SealedFields, answered
from services.intake.drafts import store
from services.intake.drafts.domain.draft import Draft, DraftKind
from services.intake.drafts.domain.facts import DraftFact
from services.intake.identification.store import records
from services.intake.identification.store.records import SealedForm
from services.intake.identification.use_cases import PreparedScreening, screen_case

RemindAt = Callable[[str, datetime], datetime]
"""The time of the reminder for an urgency and a start, as the country's response clock has it."""


@dataclass(frozen=True, slots=True)
class NewDraft:
    """A draft whose key is made, and for a screening the urgent flags that its first answers raise."""

    draft: Draft
    flags: SealedFields | None = None


async def begin_draft(
    tx: Transaction, actor: Actor, new: NewDraft, remind_at: RemindAt, today: date
) -> Draft:
    draft = new.draft
    if draft.kind is DraftKind.INTAKE:
        require(actor, store.WRITE_DRAFT, organisation=actor.organisation)
    else:
        case = await cases.get(tx, actor, ACTIONS[CaseVerb.SCREEN], draft.case_id, lock=True)
        with answered():
            case.require(CaseVerb.SCREEN)
        await _flag(tx, actor, draft, new.flags, today)
    await store.add(tx, draft, draft.start(remind_at(draft.urgency, draft.started_at)))
    return draft


@dataclass(frozen=True, slots=True)
class SealedContent:
    """The whole content after a saving. `version` is the draft's that was looked at; `flags` are for a screening's case."""

    version: int
    content: str
    urgency: str
    flagged: bool
    added: bool
    flags: SealedFields | None = None


async def save_draft(
    tx: Transaction,
    actor: Actor,
    draft_id: UUID,
    seen: int | None,
    saved: SealedContent | None,
    remind_at: RemindAt,
    today: date,
) -> Draft:
    """`saved` is None where the draft was not open when it was looked at."""
    draft = await store.get(tx, actor, draft_id, lock=True)
    expect(draft.version, seen)
    if saved is None:
        raise WrongState
    if saved.version != draft.version:
        raise PreconditionFailed
    draft.urgency = saved.urgency
    with answered():
        at = remind_at(draft.urgency, tx.now)
        facts = draft.save(saved.content, flagged=saved.flagged, added=saved.added, remind_at=at)
    if draft.kind is DraftKind.SCREENING:
        await _flag(tx, actor, draft, saved.flags, today)
    await store.save(tx, draft, facts)
    return draft


async def _flag(tx: Transaction, actor: Actor, draft: Draft, flags: SealedFields | None, today: date) -> None:
    """An urgent answer acts on the case at once, whatever else is still to be asked."""
    case = await cases.get(tx, actor, store.SCREEN, draft.case_id, lock=True)
    if flags is not None:
        await use_cases.record(tx, actor, case, flags, today)


@dataclass(frozen=True, slots=True)
class SubmittedDraft:
    """The whole of a draft, checked and sealed as the case or screening that it becomes."""

    version: int
    case: NewCase | None = None
    screening: PreparedScreening | None = None
    form: SealedForm | None = None


async def submit_draft(
    tx: Transaction, actor: Actor, draft_id: UUID, seen: int | None, whole: SubmittedDraft | None, today: date
) -> Draft:
    """`whole` is None where the draft was not open when it was looked at."""
    draft = await store.get(tx, actor, draft_id, lock=True)
    expect(draft.version, seen)
    if whole is None:
        raise WrongState
    if whole.version != draft.version:
        raise PreconditionFailed
    if whole.case is not None:
        result_id = (await use_cases.open_case(tx, actor, whole.case, today)).id
        if whole.form is not None:
            await records.add_form(tx, actor, result_id, whole.form)
    elif whole.screening is not None:
        await screen_case(tx, actor, draft.case_id, whole.screening, today)
        result_id = whole.screening.sealed.id
    with answered():
        facts = draft.submit(result_id)
    await store.save(tx, draft, facts)
    return draft


async def take_draft(tx: Transaction, actor: Actor, draft_id: UUID, seen: int | None) -> Draft:
    return await _moved(tx, actor, draft_id, seen, lambda draft: draft.take(actor.subject))


async def abandon_draft(
    tx: Transaction, actor: Actor, draft_id: UUID, seen: int | None, reason: str
) -> Draft:
    return await _moved(tx, actor, draft_id, seen, lambda draft: draft.abandon(reason, tx.now))


async def resume_draft(
    tx: Transaction, actor: Actor, draft_id: UUID, seen: int | None, remind_at: RemindAt
) -> Draft:
    return await _moved(
        tx,
        actor,
        draft_id,
        seen,
        lambda draft: draft.resume(actor.subject, remind_at(draft.urgency, tx.now)),
    )


async def _moved(
    tx: Transaction,
    actor: Actor,
    draft_id: UUID,
    seen: int | None,
    move: Callable[[Draft], list[DraftFact]],
) -> Draft:
    draft = await store.get(tx, actor, draft_id, lock=True)
    expect(draft.version, seen)
    with answered():
        facts = move(draft)
    await store.save(tx, draft, facts)
    return draft
