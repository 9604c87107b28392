"""Routes of the persons who depend on somebody: each has a case of its own, with consent, needs and flags, linked with hers.

Who reads both cases is shown both and how they are related. Who reads one is shown that somebody is linked with it and whether that one is
here, and nothing of who it is: the other may be kept from knowing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from chassis.identity.access import Rights, require, require_case, rights_in
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.web.http import Done, Listing, Tx, Who, done
from chassis.web.moves import MoveView, Offer
from contracts.form import Form
from contracts.types import Code, KnownCode
from services.intake.casefile import queries, use_cases
from services.intake.casefile.api.cases import PersonForm, person_of, sealed_case
from services.intake.casefile.api.prepared import case_to_write, checked_fields
from services.intake.casefile.domain.case import CaseVerb, passes
from services.intake.casefile.domain.dependant import NewLink, channel_beside
from services.intake.casefile.domain.field_classes import LINK_ENDED, RELATION
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Running
from services.intake.casefile.store import cases, dependants
from services.intake.casefile.store.cases import ACTIONS
from services.intake.casefile.store.dependants import LinkRow
from services.intake.casefile.use_cases import NewCase
from services.intake.casefile.worklist_queries import CaseSummary

router = APIRouter(prefix="/v1/cases/{case_id}/dependants", tags=["dependants"])
READ, LINK, UNLINK = "case.read", CaseVerb.LINK_DEPENDANT, CaseVerb.UNLINK_DEPENDANT


class LinkForm(Form):
    """A case that is here already, of somebody who depends on the person of the case in the path. Who speaks for a child is another
    thing, and stands in a consent.
    """

    other_case_id: UUID
    relation: Annotated[str, KnownCode("dependant_relation")]


class DependantForm(PersonForm):
    """Somebody who depends on the person of the case in the path, and came by the same channel."""

    relation: Annotated[str, KnownCode("dependant_relation")]
    same_workers: Annotated[
        bool,
        Field(description="whoever works on her case works on this one too, until it is assigned otherwise"),
    ] = True


@dataclass(frozen=True, slots=True)
class _NewDependant:
    case: NewCase
    link: NewLink


async def _prepare(
    case_id: UUID, body: DependantForm, request: Request, actor: Who, service: Running
) -> _NewDependant:
    """The dependant's key first, under identifiers that a retry of the same command finds again."""
    require(actor, "case.open", organisation=actor.organisation)
    her = await case_to_write(service, actor, LINK, case_id)
    fields = checked_fields(service, body.all_fields())
    key = request.headers.get("idempotency-key")
    new_id = await service.own_key.identifier("dependant", actor.issuer, actor.subject, key)
    async with service.database.transaction(actor.origin()) as tx:
        channel = channel_beside((await queries.case(tx, case_id)).channel)
    await service.vault.create(person_of(new_id))
    new = await sealed_case(service, actor.organisation, body, fields, new_id, channel)
    return _NewDependant(new, await _sealed(service, her.person_id, uuid5(new_id, "link"), body.relation))


async def _sealed(service: Service, person_id: UUID, link_id: UUID, relation: str) -> NewLink:
    return NewLink(link_id, await service.vault.seal(person_id, RELATION, link_id, relation))


@router.post("", status_code=201, summary="Open the case of somebody who depends on her, linked with hers")
async def open_dependant(
    case_id: UUID,
    body: DependantForm,
    actor: Who,
    prepared: Annotated[_NewDependant, Depends(_prepare)],
    tx: Tx,
    service: Running,
    response: Response,
) -> Done:
    case = await use_cases.open_dependant(
        tx, actor, case_id, prepared.case, prepared.link, service.today(), hers=body.same_workers
    )
    return done(tx, response, case.id, case.version, status=201, location=f"/v1/cases/{case.id}")


async def _prepare_link(case_id: UUID, body: LinkForm, actor: Who, service: Running) -> NewLink:
    her = await case_to_write(service, actor, LINK, case_id)
    await case_to_write(service, actor, LINK, body.other_case_id)
    return await _sealed(service, her.person_id, uuid4(), body.relation)


@router.post(
    "/link",
    status_code=201,
    summary="Say that the person of another case depends on the person of this one",
)
async def link_dependant(
    case_id: UUID,
    body: LinkForm,
    actor: Who,
    prepared: Annotated[NewLink, Depends(_prepare_link)],
    tx: Tx,
    response: Response,
) -> Done:
    await use_cases.link_dependant(tx, actor, case_id, body.other_case_id, prepared)
    return done(tx, response, prepared.id, status=201, location=f"/v1/cases/{case_id}/dependants")


class EndingForm(Form):
    """Why the link ends. It is sealed: that somebody is a danger says something about both."""

    reason: Annotated[str, KnownCode("dependant_ending")]


async def _prepare_ending(
    case_id: UUID, link_id: UUID, body: EndingForm, actor: Who, service: Running
) -> str:
    async with service.database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, ACTIONS[UNLINK], case_id)
        person_id = await dependants.person_of(tx, case_id, link_id)
    return await service.vault.seal(person_id, LINK_ENDED, link_id, body.reason)


@router.post("/{link_id}/unlink", summary="End a link, from either of both cases")
async def unlink_dependant(
    case_id: UUID,
    link_id: UUID,
    actor: Who,
    sealed: Annotated[str, Depends(_prepare_ending)],
    tx: Tx,
    response: Response,
) -> Done:
    await use_cases.unlink_dependant(tx, actor, case_id, link_id, sealed)
    return done(tx, response, link_id)


class DependantView(BaseModel):
    """A link, from the side of the person of the case in the path. `other`, `relation`, `depends`, `linked_by` and `reason` are null for whoever may not read
    both cases; of them a link that was ended is not shown either.
    """

    id: UUID
    case_id: Annotated[
        UUID,
        Field(
            description="the case that has the link, and where it is ended: this one, or one merged with it"
        ),
    ]
    here: Annotated[bool, Field(description="the other one is in an open case of this organisation")]
    depends: Annotated[bool | None, Field(description="true: the other depends on the person of this case")]
    relation: Annotated[
        Annotated[str, Code("dependant_relation")] | None,
        Field(description="of the one who depends to the one on whom"),
    ]
    other: CaseSummary | None
    linked_at: datetime
    linked_by: str | None
    ended_at: datetime | None
    reason: Annotated[str, Code("dependant_ending")] | None
    moves: list[MoveView]


@router.get(
    "", summary="Who is linked with this case because one depends on the other; the reading is logged"
)
async def list_dependants(
    case_id: UUID, actor: Who, service: Running, response: Response
) -> Listing[DependantView]:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, READ, case_id)
        permitted = await rights_in(tx, actor, case_id)
        rows = await dependants.of_case(tx, case_id)
        asked = {one for row in rows for one in (row.own_id, row.other_id)}
        readable = {case_id, *await cases.readable(tx, actor, asked)}
        both = [row for row in rows if {row.own_id, row.other_id} <= readable]
        others = await queries.summaries(tx, list({row.other_id for row in both}))
        hers = {case_id, *(row.own_id for row in both)}
        tx.say(
            *(record_read(one, "dependants") for one in sorted(hers)),
            *(record_read(one, "case") for one in others),
        )
    words = await _words(service, both)
    named = {row.link.id: others[row.other_id] for row in both}
    shown = [row for row in rows if row.link.id in named or row.link.ended_at is None]
    ends = Offer(UNLINK, ACTIONS[UNLINK], passes(case.state, UNLINK))
    response.headers["Cache-Control"] = "no-store"
    return Listing(
        items=[
            _view(row, named.get(row.link.id), words, _moves(service, permitted, row, case_id, ends))
            for row in shown
        ],
        moves=service.commands.open(
            [Offer(verb, ACTIONS[LINK], passes(case.state, LINK)) for verb in ("open_dependant", LINK)],
            permitted,
            case_id=case_id,
        ),
    )


def _moves(service: Service, permitted: Rights, row: LinkRow, case_id: UUID, ends: Offer) -> list[MoveView]:
    offers = [ends] if row.link.ended_at is None and row.own_id == case_id else []
    return service.commands.open(offers, permitted, case_id=case_id, link_id=row.link.id)


async def _words(service: Service, rows: list[LinkRow]) -> dict[tuple[UUID, str], str | None]:
    """Link and class → what is sealed of it; None where her key was destroyed."""
    sealed = [
        Sealing(row.person_id, kind, row.link.id, text)
        for row in rows
        for kind, text in ((RELATION, row.link.relation), (LINK_ENDED, row.link.reason))
        if text is not None
    ]
    opened = await service.vault.open_many(sealed)
    return {
        (UUID(str(one.record_id)), one.field_class): text for one, text in zip(sealed, opened, strict=True)
    }


def _view(
    row: LinkRow,
    other: CaseSummary | None,
    words: dict[tuple[UUID, str], str | None],
    moves: list[MoveView],
) -> DependantView:
    link, both = row.link, other is not None
    return DependantView(
        id=link.id,
        case_id=row.own_id,
        here=row.here,
        depends=link.case_id == row.own_id if both else None,
        relation=words.get((link.id, RELATION)),
        other=other,
        linked_at=link.linked_at,
        linked_by=link.linked_by if both else None,
        ended_at=link.ended_at,
        reason=words.get((link.id, LINK_ENDED)),
        moves=moves,
    )
