"""Reads: rows straight to the views of a worker. Sealed values are opened by the route, after the transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import text

from chassis.database import Transaction
from chassis.identity.access import CaseRefused, Rights, visible_cases
from chassis.identity.auth import Actor
from chassis.identity.references import reference_column
from chassis.problems import NotFound
from chassis.rows import RowReader
from chassis.tables import one_of
from chassis.web.moves import Commands, MoveView, Offer
from chassis.web.positions import Position
from contracts.casefile.reference import ShownReference
from services.intake.casefile.domain.case import CaseState, CaseVerb, passes
from services.intake.casefile.domain.field_classes import OWN_NUMBER
from services.intake.casefile.domain.received import CLOSED, ReceivedState
from services.intake.casefile.sealed_rows import (
    BrokenGlassRow,
    SealedCustody,
    SealedReceived,
    SealedRevision,
)
from services.intake.casefile.store import dependants
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.worklist_queries import OF_CASES, CaseSummary

_REVISIONS, _RECEIVED, _CUSTODY = (
    RowReader(SealedRevision),
    RowReader(SealedReceived),
    RowReader(SealedCustody),
)
_GLASS = RowReader(BrokenGlassRow)


class CaseView(CaseSummary):
    """A case with the moves that its reader may make. `linked`: how many persons who are linked with this one, because one
    depends on the other, are in an open case here.
    """

    linked: int = 0
    moves: Annotated[list[MoveView], Field(default_factory=list)]


async def case(tx: Transaction, case_id: UUID) -> CaseView:
    row = (await tx.execute(text(OF_CASES + "c.id = :id"), {"id": case_id, "now": tx.now})).first()
    if row is None:
        raise NotFound
    view = CaseView.model_validate(row, from_attributes=True)
    view.linked = (await dependants.here(tx, [case_id])).get(case_id, 0)
    return view


async def summaries(tx: Transaction, cases: Sequence[UUID]) -> dict[UUID, CaseSummary]:
    """Of cases that the actor may read, which whoever asks has looked at."""
    statement = text(OF_CASES + "c.id = any(cast(:ids as uuid[]))")
    rows = await tx.execute(statement, {"ids": list(cases), "now": tx.now})
    return {row.id: CaseSummary.model_validate(row, from_attributes=True) for row in rows}


_ROUTES: Mapping[CaseVerb, str] = {
    CaseVerb.ASSIGN: "assign_case",
    CaseVerb.RECORD: "record_fields",
    CaseVerb.SCREEN: "screen_case",
    CaseVerb.IDENTIFY: "identify_case",
}
"""The verbs that name no noun; any other is the name of its route."""
_OFFERED_ELSEWHERE = frozenset(
    {
        CaseVerb.LIFT_HOLD,
        *(CaseVerb.WRITE_NOTE, CaseVerb.CORRECT_NOTE, CaseVerb.STRIKE_NOTE),
        *(CaseVerb.RAISE_TASK, CaseVerb.CHANGE_TASK, CaseVerb.END_TASK),
        *(CaseVerb.LINK_DEPENDANT, CaseVerb.UNLINK_DEPENDANT),
        *(CaseVerb.CLOSE, CaseVerb.RESUME),
        *(CaseVerb.ATTACH_CALL, CaseVerb.DETACH_CALL),
        CaseVerb.TAKE_OVER,
    }
)
"""Holds, notes, tasks, calls and links are moved where they are read, and made where they are listed; a case is closed, and resumed,
where that which stands in the way is read. That of a suspended organisation is taken over by the service itself.
"""


def moves(view: CaseView, commands: Commands, permitted: Rights) -> list[MoveView]:
    """The moves that may be made with this case now."""
    state = CaseState(view.state)
    offers = [
        Offer(_ROUTES.get(verb, verb), ACTIONS[verb], passes(state, verb))
        for verb in CaseVerb
        if verb not in _OFFERED_ELSEWHERE
    ]
    offers.append(Offer("draft_screening", ACTIONS[CaseVerb.SCREEN], passes(state, CaseVerb.SCREEN)))
    return commands.open(offers, permitted, case_id=view.id)


async def field_revisions(
    tx: Transaction, actor: Actor, case_id: UUID, after: int, limit: int
) -> list[SealedRevision]:
    """One row a revision, with its sealed values as one object; oldest first. An own number is for those whose it was."""
    statement = text(
        f"""
        select revision, jsonb_object_agg(field, value) as values, min(reason) as reason, min(organisation) as organisation,
            min(by) as by, min(at) as at
        from intake.field_revisions where case_id = :id and revision > :after
            and (field <> '{OWN_NUMBER}' or organisation = :organisation)
        group by revision order by revision limit :limit
        """
    )
    asked = {"id": case_id, "organisation": actor.organisation, "after": after, "limit": limit}
    return _REVISIONS.all(await tx.execute(statement, asked))


class SubmissionRow(BaseModel):
    """A case as far as its submitter may see it."""

    id: UUID
    reference: ShownReference
    opened_at: datetime
    transfer_to: str | None
    transfer_state: str | None
    transfer_at: datetime | None


SUBMISSION = "submission.read"
_SUBMISSION = (
    f"select id, {reference_column('id')} as reference, opened_at, transfer_to, transfer_state, transfer_at from intake.cases"
    " where opened_by = :subject and organisation = :organisation and "
)


async def submissions(
    tx: Transaction, actor: Actor, *, after: Position | None, limit: int
) -> list[SubmissionRow]:
    """The actor's own submissions, newest first, whoever has the cases now."""
    at, row_id = after or (None, None)
    statement = text(
        f"{_SUBMISSION} (cast(:at as timestamptz) is null or (opened_at, id) < (:at, cast(:after as uuid)))"
        " order by opened_at desc, id desc limit :limit"
    )
    rows = await tx.execute(statement, {**_own(actor), "at": at, "after": row_id, "limit": limit})
    return [SubmissionRow.model_validate(row, from_attributes=True) for row in rows]


async def submission(tx: Transaction, actor: Actor, case_id: UUID) -> SubmissionRow:
    """The actor's own submission. Raises CaseRefused for another's: to try it is on record, as for any case."""
    row = (await tx.execute(text(_SUBMISSION + "id = :id"), {**_own(actor), "id": case_id})).first()
    if row is None:
        raise CaseRefused(actor, SUBMISSION, case_id, known=True)
    return SubmissionRow.model_validate(row, from_attributes=True)


def _own(actor: Actor) -> dict[str, str]:
    return {"subject": actor.subject, "organisation": actor.organisation}


async def received_fields(tx: Transaction, case_id: UUID) -> list[SealedReceived]:
    """Each disclosure of the case with its state, its grant, and its sealed fields as one object."""
    statement = text(
        """
        select d.id, d.state, d.closed_for, d.sender, d.sender_cell, d.organisation, d.purpose, coalesce(d.fields, '{}') as fields, d.valid_until, d.corrected,
            coalesce((select jsonb_object_agg(f.field, f.value) from intake.fields f where f.disclosure_id = d.id),
                     '{}') as values
        from intake.disclosures d where d.case_id = :id and d.valid_until is not null order by d.received_at, d.id
        """
    )
    return _RECEIVED.all(await tx.execute(statement, {"id": case_id}))


async def held_in_custody(tx: Transaction, case_id: UUID) -> list[SealedCustody]:
    """The fields that came with transfers accepted here, oldest first, sealed, as one object for each."""
    statement = text(
        """
        select d.id, coalesce(d.fields, '{}') as fields,
            coalesce((select jsonb_object_agg(f.field, f.value) from intake.fields f where f.disclosure_id = d.id),
                     '{}') as values
        from intake.disclosures d
        where d.case_id = :id and d.kind = 'transfer' and d.state = :accepted and d.valid_until > clock_timestamp()
        order by d.received_at, d.id
        """
    )
    return _CUSTODY.all(await tx.execute(statement, {"id": case_id, "accepted": ReceivedState.ACCEPTED}))


async def closed_by_now(tx: Transaction, disclosures: list[UUID]) -> dict[UUID, str | None]:
    """Of each disclosure that is here: the code of `reading_closed` where a recall has closed it or its time is over,
    else None.
    """
    statement = text(
        f"select id, case when state in {one_of(CLOSED)} then coalesce(closed_for, 'recalled')"
        " when valid_until <= clock_timestamp() then 'ended' end as code"
        " from intake.disclosures where id = any(cast(:ids as uuid[]))"
    )
    return {row.id: row.code for row in await tx.execute(statement, {"ids": disclosures})}


async def flags(tx: Transaction, case_id: UUID) -> str | None:
    sealed: str | None = (
        await tx.execute(text("select flags from intake.cases where id = :id"), {"id": case_id})
    ).scalar_one()
    return sealed


async def came_flags(tx: Transaction, case_id: UUID) -> str | None:
    """The urgent flags that came with her, sealed, as they were last said."""
    statement = text("select came_flags from intake.cases where id = :id")
    sealed: str | None = (await tx.execute(statement, {"id": case_id})).scalar_one_or_none()
    return sealed


async def broken_glass(
    tx: Transaction, actor: Actor, *, reviewed: bool | None, after: Position | None, limit: int
) -> list[BrokenGlassRow]:
    """Breakings on the cases that this person reviews, newest first."""
    condition, parameters = await visible_cases(tx, actor, "glass.review", column="g.case_id")
    at, row_id = after or (None, None)
    statement = text(
        f"select g.id, g.case_id, {reference_column('g.case_id')} as case_reference, g.by, g.organisation, g.at, g.review, g.reason, g.reviewed_at, g.reviewed_by, c.person_id from intake.broken_glass g"
        f" join intake.cases c on c.id = g.case_id where {condition}"
        " and (cast(:reviewed as boolean) is null or (g.review is not null) = :reviewed)"
        " and (cast(:at as timestamptz) is null or (g.at, g.id) < (:at, cast(:after as uuid)))"
        " order by g.at desc, g.id desc limit :limit"
    )
    asked = {"reviewed": reviewed, "at": at, "after": row_id, "limit": limit}
    return _GLASS.all(await tx.execute(statement, {**parameters, **asked}))
