"""Routes: notes on a case. They are internal: no disclosure, transfer or agreement ever has one."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from chassis.identity.access import Rights, rights_in
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Listing, Page, Seen, Tx, Who, done, etag, following
from chassis.web.moves import MoveView, Offer
from chassis.web.named import require_listed
from chassis.web.positions import position
from contracts.casefile.text import Paragraph
from contracts.form import Form
from contracts.types import Code, KnownCode, Pseudonym
from services.intake.casefile.api.prepared import case_to_write
from services.intake.casefile.domain.case import Case, CaseVerb, passes
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.store import cases
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casework import queries, use_cases
from services.intake.casework.domain.field_classes import NOTE_REASON, NOTE_TEXT
from services.intake.casework.domain.notes import MOVES, Note, NoteState, NoteVerb
from services.intake.casework.sealed_rows import NoteRow
from services.intake.casework.sealing import note_record
from services.intake.casework.store.notes import SealedNote

router = APIRouter(prefix="/v1/cases/{case_id}/notes", tags=["notes"])
READ = "note.read"
ROUTES = {
    NoteVerb.CORRECT: ("correct_note", CaseVerb.CORRECT_NOTE),
    NoteVerb.STRIKE: ("strike_note", CaseVerb.STRIKE_NOTE),
}


class NoteForm(Form):
    """A note for those who work on the case here. `category` is the occasion; what it is about stands in the text alone."""

    category: Annotated[str, KnownCode("note_category")]
    text: Paragraph


class NoteCorrectionForm(Form):
    """The whole text as it shall stand, and why it is another."""

    text: Paragraph
    reason: Paragraph


class StrikeForm(Form):
    reason: Paragraph


@dataclass(frozen=True, slots=True)
class _WrittenNote:
    category: str
    words: SealedNote


async def _write(
    case_id: UUID, body: NoteForm, request: Request, actor: Who, service: Running
) -> _WrittenNote:
    case = await case_to_write(service, actor, CaseVerb.WRITE_NOTE, case_id)
    key = request.headers.get("idempotency-key")
    note_id = await service.own_key.identifier("note", actor.issuer, actor.subject, key)
    return _WrittenNote(body.category, await _sealed(service, case, note_id, 1, body.text, None))


async def _correct(
    case_id: UUID, note_id: UUID, body: NoteCorrectionForm, actor: Who, service: Running
) -> SealedNote:
    case, note = await _to_mend(service, actor, CaseVerb.CORRECT_NOTE, case_id, note_id)
    return await _sealed(service, case, note_id, note.revision + 1, body.text, body.reason)


async def _strike(case_id: UUID, note_id: UUID, body: StrikeForm, actor: Who, service: Running) -> SealedNote:
    case, note = await _to_mend(service, actor, CaseVerb.STRIKE_NOTE, case_id, note_id)
    return await _sealed(service, case, note_id, note.revision + 1, None, body.reason)


async def _to_mend(
    service: Service, actor: Actor, verb: CaseVerb, case_id: UUID, note_id: UUID
) -> tuple[Case, Note]:
    """The case and the note as they are now, in a short transaction of its own."""
    async with service.database.transaction(actor.origin()) as tx:
        return await use_cases.note_to_mend(tx, actor, verb, case_id, note_id)


async def _sealed(
    service: Service, case: Case, note_id: UUID, revision: int, text: str | None, reason: str | None
) -> SealedNote:
    record = note_record(note_id, revision)
    words = {
        field_class: value
        for field_class, value in ((NOTE_TEXT, text), (NOTE_REASON, reason))
        if value is not None
    }
    places = [Sealing(case.person_id, field_class, record, value) for field_class, value in words.items()]
    sealed = dict(zip(words, await service.vault.seal_many(places), strict=True))
    return SealedNote(note_id, revision, sealed.get(NOTE_TEXT), sealed.get(NOTE_REASON))


@router.post("", status_code=201, summary="Write a note on a case, for those who work on it here")
async def write_note(
    case_id: UUID,
    actor: Who,
    prepared: Annotated[_WrittenNote, Depends(_write)],
    tx: Tx,
    response: Response,
) -> Done:
    words = prepared.words
    await use_cases.write_note(tx, actor, case_id, prepared.category, words)
    where = f"/v1/cases/{case_id}/notes/{words.note_id}"
    return done(tx, response, words.note_id, words.revision, status=201, location=where)


@router.put(
    "/{note_id}", summary="Correct a note; the former text stays, sealed, with who changed it and why"
)
async def correct_note(
    case_id: UUID,
    note_id: UUID,
    actor: Who,
    seen: Seen,
    prepared: Annotated[SealedNote, Depends(_correct)],
    tx: Tx,
    response: Response,
) -> Done:
    note = await use_cases.correct_note(tx, actor, case_id, prepared, seen)
    return done(tx, response, note_id, note.revision)


@router.post(
    "/{note_id}/strike", summary="Strike a note that was entered in error; its text is shown no longer"
)
async def strike_note(
    case_id: UUID,
    note_id: UUID,
    actor: Who,
    prepared: Annotated[SealedNote, Depends(_strike)],
    tx: Tx,
    response: Response,
) -> Done:
    note = await use_cases.strike_note(tx, actor, case_id, prepared)
    return done(tx, response, note_id, note.revision)


class NoteView(BaseModel):
    """`by` of `organisation` wrote it. `text` is null where the note was struck, or its person's key was destroyed.

    `reason` is why it was corrected last, or struck, by `revised_by`.
    """

    id: UUID
    category: Annotated[str, Code("note_category")]
    text: str | None
    state: Annotated[str, Code("note_state")]
    organisation: str
    by: str
    at: datetime
    revision: int
    revised_by: str
    revised_at: datetime
    reason: str | None
    moves: list[MoveView] = []


class NoteRevisionView(BaseModel):
    revision: int
    text: str | None
    reason: str | None
    organisation: str
    by: str
    at: datetime


class NoteHistory(NoteView):
    """A note with every revision, oldest first. Of a struck note only a supervisor is shown the texts, and why they were
    corrected; everybody sees why it was struck.
    """

    revisions: list[NoteRevisionView]


@dataclass(frozen=True, slots=True)
class NoteFilters:
    category: Annotated[
        Annotated[str, KnownCode("note_category")] | None, Query(description="only these")
    ] = None
    by: Annotated[Pseudonym | None, Query(description="only those that this person wrote")] = None


@router.get("", summary="The notes on a case, newest first; the reading is logged")
async def list_notes(
    case_id: UUID,
    actor: Who,
    service: Running,
    page: Page,
    filters: Annotated[NoteFilters, Depends()],
    response: Response,
) -> Listing[NoteView]:
    asked = {name: value for name, value in asdict(filters).items() if value is not None}
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, READ, case_id)
        rows = await queries.notes(tx, case_id, asked, position(page.after), page.limit)
        await require_listed(tx, actor, asked, rows, page)
    words = await _opened(service, case, rows)
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, READ, case_id)  # still allowed, now that it is shown
        rights = await rights_in(tx, actor, case_id)
        tx.say(record_read(case_id, "note"))
    items = [_view(row, words, case, actor, rights, service) for row in rows]
    write = Offer("write_note", ACTIONS[CaseVerb.WRITE_NOTE], passes(case.state, CaseVerb.WRITE_NOTE))
    response.headers["Cache-Control"] = "no-store"
    moves = service.commands.open([write], rights, case_id=case_id)
    return Listing(items=items, next=following(rows, page, "at", "id"), moves=moves)


@router.get("/{note_id}", summary="A note with all its revisions; the reading is logged")
async def get_note(
    case_id: UUID, note_id: UUID, actor: Who, service: Running, response: Response
) -> NoteHistory:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, READ, case_id)
        row = await queries.note(tx, case_id, note_id)
        if row is None:
            raise NotFound
        rights = await rights_in(tx, actor, case_id)
        shown = row.state is NoteState.STANDING or rights(use_cases.MEND)
        revisions = await queries.note_revisions(tx, note_id)
        tx.say(record_read(case_id, "note-history", note_id))
    if not shown:
        revisions = [replace(one, text=None, reason=None) for one in revisions[:-1]] + revisions[-1:]
    words = await _texts(service, case, [(row.id, one.revision, one.text, one.reason) for one in revisions])
    view = _view(row, words, case, actor, rights, service)
    response.headers["Cache-Control"] = "no-store"
    response.headers["ETag"] = etag(row.revision)
    history = [
        NoteRevisionView(
            revision=one.revision,
            text=words.get(one.text or ""),
            reason=words.get(one.reason or ""),
            organisation=one.organisation,
            by=one.by,
            at=one.at,
        )
        for one in revisions
    ]
    return NoteHistory(**view.model_dump(), revisions=history)


async def _opened(service: Service, case: Case, rows: Sequence[NoteRow]) -> dict[str, str]:
    return await _texts(service, case, [(row.id, row.revision, row.text, row.reason) for row in rows])


async def _texts(
    service: Service, case: Case, places: Sequence[tuple[UUID, int, str | None, str | None]]
) -> dict[str, str]:
    """Ciphertext → text, of everything that the key still opens."""
    sealed = [
        Sealing(case.person_id, field_class, note_record(note_id, revision), value)
        for note_id, revision, text, reason in places
        for field_class, value in ((NOTE_TEXT, text), (NOTE_REASON, reason))
        if value is not None
    ]
    opened = await service.vault.open_many(sealed)
    return {place.text: text for place, text in zip(sealed, opened, strict=True) if text is not None}


def _view(
    row: NoteRow, words: dict[str, str], case: Case, actor: Actor, rights: Rights, service: Service
) -> NoteView:
    mine = row.by == actor.subject or rights(use_cases.MEND)
    offers = [
        Offer(route, ACTIONS[verb], mine and passes(case.state, verb) and move in MOVES[row.state])
        for move, (route, verb) in ROUTES.items()
    ]
    return NoteView(
        id=row.id,
        category=row.category,
        text=words.get(row.text or ""),
        state=row.state,
        organisation=row.organisation,
        by=row.by,
        at=row.at,
        revision=row.revision,
        revised_by=row.revised_by,
        revised_at=row.revised_at,
        reason=words.get(row.reason or ""),
        moves=service.commands.open(offers, rights, case_id=case.id, note_id=row.id),
    )
