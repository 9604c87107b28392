"""Route: every revision of the person's fields recorded here: by whom, when, why, and the former values."""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from chassis.database import Transaction
from chassis.service import Running, Service
from chassis.vault.vault import Sealing
from chassis.web.http import Listing, Page, Who, following
from chassis.web.positions import number, positioned
from contracts.casefile.fields import FieldValue, from_text
from services.intake.casefile import queries
from services.intake.casefile.domain.case import Case
from services.intake.casefile.domain.field_classes import CHANGE_REASON, FLAGS_CLASS, OWN_NUMBER
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealed_rows import SealedRevision
from services.intake.casefile.store import cases

router = APIRouter(tags=["fields"])


class RevisionView(BaseModel):
    """The values that one change set; null: the field was removed. `flags` is null where the change did not speak of
    them, and so is `own_number`, which is empty where it was taken away.
    """

    revision: int
    fields: dict[str, FieldValue | None]
    flags: list[str] | None
    own_number: str | None
    reason: str | None
    organisation: str
    by: str
    at: datetime


@router.get(
    "/v1/cases/{case_id}/fields/history",
    summary="Every revision of what was recorded of the person, oldest first; the reading is logged",
)
async def list_field_revisions(
    case_id: UUID, actor: Who, service: Running, page: Page, response: Response
) -> Listing[RevisionView]:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        (after,) = positioned(page.after, number) or (0,)
        rows = await queries.field_revisions(tx, actor, case_id, after, page.limit)
    opened = await _opened(service, case, rows)
    views = [_view(row, opened) for row in rows]
    async with service.database.transaction(actor.origin()) as tx:
        await cases.get(tx, actor, "case.read", case_id)  # still allowed, now that it is shown
        _say(tx, case_id, views)
    response.headers["Cache-Control"] = "no-store"
    return Listing(items=views, next=following(views, page, "revision"))


def _say(tx: Transaction, case_id: UUID, views: list[RevisionView]) -> None:
    names = {name for view in views for name in view.fields}
    tx.say(record_read(case_id, "field-history", fields=tuple(names)))


async def _opened(service: Service, case: Case, rows: Sequence[SealedRevision]) -> dict[str, str]:
    """Ciphertext → text, of everything that the key still opens."""
    sealed = {value: name for row in rows for name, value in row.values.items() if value is not None}
    sealed |= {row.reason: CHANGE_REASON for row in rows if row.reason is not None}
    places = [Sealing(case.person_id, name, case.id, value) for value, name in sealed.items()]
    texts = await service.vault.open_many(places)
    return {value: text for value, text in zip(sealed, texts, strict=True) if text is not None}


def _view(row: SealedRevision, opened: dict[str, str]) -> RevisionView:
    texts = {name: opened.get(value or "") for name, value in row.values.items()}
    flags = texts.pop(FLAGS_CLASS, None)
    number = (texts.pop(OWN_NUMBER) or "") if OWN_NUMBER in texts else None
    return RevisionView(
        revision=row.revision,
        fields={name: None if text is None else from_text(name, text) for name, text in texts.items()},
        flags=None if flags is None else json.loads(flags),
        own_number=number,
        reason=opened.get(row.reason or ""),
        organisation=row.organisation,
        by=row.by,
        at=row.at,
    )
