"""Reads of assessments and decisions: rows straight to the views of a worker, sealed values opened by the route."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Row, text

from chassis.database import Transaction
from chassis.identity.access import Rights
from chassis.problems import NotFound
from chassis.rows import RowReader
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.positions import Position
from services.intake.casefile.domain.case import CaseState, CaseVerb, passes
from services.intake.casefile.store.cases import ACTIONS
from services.intake.identification.domain.identification import Hold
from services.intake.identification.sealed_rows import FormRow, NeedsRow, ScreeningRow, StatusRow

_SCREENINGS, _STATUSES, _NEEDS = RowReader(ScreeningRow), RowReader(StatusRow), RowReader(NeedsRow)
_FORMS = RowReader(FormRow)


class HoldView(BaseModel):
    """The existence of a hold and its end, never the reason."""

    id: UUID
    until: datetime
    placed_at: datetime
    lifted_at: datetime | None
    in_force: bool
    moves: list[MoveView] = []


class ScreeningView(BaseModel):
    """Without its result, which is opened one at a time. `requested` differs where the age was not shown to be adult.
    `corrects` is the screening that it takes the place of, which stays.
    """

    id: UUID
    corrects: UUID | None
    requested: str
    checklist: str
    checklist_version: str
    at: datetime
    by: str


async def screenings(
    tx: Transaction, case_id: UUID, after: Position | None, limit: int
) -> list[ScreeningView]:
    """Oldest first."""
    rows = await _of_case(tx, "intake.screenings", case_id, after, limit)
    return [ScreeningView.model_validate(row, from_attributes=True) for row in rows]


async def screening(tx: Transaction, case_id: UUID, screening_id: UUID) -> ScreeningRow:
    statement = text("select * from intake.screenings where id = :id and case_id = :case")
    found = _SCREENINGS.first(await tx.execute(statement, {"id": screening_id, "case": case_id}))
    if found is None:
        raise NotFound
    return found


async def form_answers(tx: Transaction, case_id: UUID) -> FormRow:
    """Raises NotFound where the intake was asked without a form, or it was not answered."""
    statement = text("select * from intake.form_answers where case_id = :case")
    found = _FORMS.first(await tx.execute(statement, {"case": case_id}))
    if found is None:
        raise NotFound
    return found


async def statuses(tx: Transaction, case_id: UUID) -> list[StatusRow]:
    """Every revision, oldest first; they are few."""
    statement = text("select * from intake.statuses where case_id = :id order by revision")
    return _STATUSES.all(await tx.execute(statement, {"id": case_id}))


async def needs(tx: Transaction, case_id: UUID, after: Position | None, limit: int) -> list[NeedsRow]:
    return _NEEDS.of(await _of_case(tx, "intake.needs", case_id, after, limit))


async def holds(tx: Transaction, case_id: UUID, commands: Commands, permitted: Rights) -> list[HoldView]:
    statement = text(
        "select h.id, h.until, h.placed_at, h.lifted_at, h.lifted_at is null and h.until > :now as in_force, c.state"
        " from intake.holds h join intake.cases c on c.id = h.case_id where h.case_id = :id order by h.placed_at, h.id"
    )
    views = []
    for row in await tx.execute(statement, {"id": case_id, "now": tx.now}):
        view = HoldView.model_validate(row, from_attributes=True)
        lift = (
            passes(CaseState(row.state), CaseVerb.LIFT_HOLD)
            and not Hold(row.id, row.until, row.lifted_at).lifted
        )
        offer = Offer(CaseVerb.LIFT_HOLD, ACTIONS[CaseVerb.LIFT_HOLD], lift)
        view.moves = commands.open([offer], permitted, case_id=case_id, hold_id=row.id)
        views.append(view)
    return views


async def _of_case(
    tx: Transaction, table: str, case_id: UUID, after: Position | None, limit: int
) -> Sequence[Row[Any]]:
    at, row_id = after or (None, None)
    statement = text(
        f"select * from {table} where case_id = :case"
        " and (cast(:at as timestamptz) is null or (at, id) > (:at, cast(:after as uuid)))"
        " order by at, id limit :limit"
    )
    parameters = {"case": case_id, "at": at, "after": row_id, "limit": limit}
    return (await tx.execute(statement, parameters)).all()
