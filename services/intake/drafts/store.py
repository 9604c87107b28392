"""A draft's row: read with the actor's right to it, saved with a version check and its facts."""

from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import permitted, require_case, whose
from chassis.identity.auth import Actor
from chassis.problems import AlreadyThere, NotFound, PreconditionFailed
from chassis.rows import RowReader
from chassis.tables import insert_missing, update_set
from services.intake.casefile.domain.case import CaseVerb
from services.intake.casefile.store.cases import ACTIONS
from services.intake.drafts.domain.draft import Draft, DraftKind
from services.intake.drafts.domain.facts import DraftFact
from services.intake.drafts.outgoing import outgoing
from services.intake.drafts.tables import DRAFTS

WRITE_DRAFT = "draft.write"
SCREEN = ACTIONS[CaseVerb.SCREEN]

_DRAFTS = RowReader(Draft, DRAFTS)
_GET = text(f"select {_DRAFTS.columns()} from intake.drafts where id = :id")
_LOCK = text(f"select {_DRAFTS.columns()} from intake.drafts where id = :id for update")
_OF = text("select case_id, kind, organisation from intake.drafts where id = :id")
_ADD = insert_missing(DRAFTS, without=["version"], key=["id"])
_SAVE = update_set(
    DRAFTS,
    "worker",
    "state",
    "urgency",
    "content",
    "flagged",
    "remind_at",
    "reason",
    "result_id",
    "updated_at",
    "updated_by",
    also={"version": "t.version + 1"},
    stored="version",
)
_REMINDED = update_set(DRAFTS, "remind_at")


async def get(tx: Transaction, actor: Actor, draft_id: UUID, *, lock: bool = False) -> Draft:
    """The draft of an intake for whoever may open cases for its organisation, that of a screening for whoever may screen
    the case. NotFound otherwise.
    """
    rows = await whose(tx, _OF, {"id": draft_id})
    if not rows:
        raise NotFound
    (row,) = rows
    if row.kind == DraftKind.SCREENING:
        await require_case(tx, actor, SCREEN, row.case_id)
    elif row.organisation != actor.organisation or not may_open(actor):
        raise NotFound
    found = await hold(tx, draft_id) if lock else await read(tx, draft_id)
    if found is None:
        raise NotFound
    return found


def may_open(actor: Actor) -> bool:
    """True for a person who may open cases for the own organisation: then its begun intakes are theirs to take up."""
    return permitted(actor, WRITE_DRAFT)


async def read(tx: Transaction, draft_id: UUID) -> Draft | None:
    return _DRAFTS.first(await tx.execute(_GET, {"id": draft_id}))


async def hold(tx: Transaction, draft_id: UUID) -> Draft | None:
    """Lock a draft, for a verb or for the service's own work."""
    return _DRAFTS.first(await tx.execute(_LOCK, {"id": draft_id}))


async def add(tx: Transaction, draft: Draft, facts: list[DraftFact]) -> None:
    """A new draft. Raises AlreadyThere where its identifier is taken."""
    by = tx.origin.actor
    if await _ADD.write(tx, [draft], started_by=by, updated_at=tx.now, updated_by=by) != 1:
        raise AlreadyThere
    draft.version = 1
    tx.say(*map(outgoing, facts))


async def save(tx: Transaction, draft: Draft, facts: list[DraftFact]) -> None:
    """Write the draft if it is still as it was read, and say the facts. Raises PreconditionFailed."""
    if await _SAVE.write(tx, [draft], updated_at=tx.now, updated_by=tx.origin.actor) != 1:
        raise PreconditionFailed
    draft.version += 1
    tx.say(*map(outgoing, facts))


async def save_reminder(tx: Transaction, draft: Draft, facts: list[DraftFact]) -> None:
    """The next reminder alone: to whoever works on the draft nothing has changed."""
    await _REMINDED.write(tx, [draft])
    tx.say(*map(outgoing, facts))
