"""Routes: the fields of the person. Own fields, and received ones as long as their grant is in force."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from chassis.identity.access import Rights, rights_in
from chassis.identity.auth import Actor
from chassis.identity.references import reference_of_case
from chassis.service import Service
from chassis.vault.vault import Vault
from chassis.web.http import Done, Seen, Tx, Who, done, etag
from chassis.web.moves import MoveView, Offer
from contracts.casefile.buddhist_era import buddhist_era
from contracts.casefile.fields import FIELDS, FieldValue, from_text
from contracts.casefile.own_number import OwnNumber
from contracts.casefile.partial_date import PartialDate
from contracts.casefile.reference import ShownReference
from contracts.casefile.text import Paragraph
from contracts.casefile.urgent import FLAGS, URGENT_FIELDS, flags_in
from contracts.form import Form
from contracts.types import Code
from services.intake.casefile import queries, use_cases
from services.intake.casefile.age import evidence_of
from services.intake.casefile.api.cases import FieldsForm, Flag
from services.intake.casefile.api.prepared import case_to_write, checked_fields, flag_fields
from services.intake.casefile.domain.age import BIRTHDATE, AgeEvidence
from services.intake.casefile.domain.case import Case, CaseVerb
from services.intake.casefile.domain.field_classes import CHANGE_REASON, FLAGS_CLASS, OWN_NUMBER
from services.intake.casefile.domain.index_texts import INDEXED
from services.intake.casefile.domain.received import READABLE, RETAINABLE
from services.intake.casefile.grants import RECALLED
from services.intake.casefile.indexing import index_of
from services.intake.casefile.numbering import sealed_number
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Running
from services.intake.casefile.received_flags import standing_flags
from services.intake.casefile.sealed_rows import SealedReceived
from services.intake.casefile.sealing import open_fields, seal_fields, seal_json
from services.intake.casefile.store import cases, own_numbers, records
from services.intake.casefile.use_cases import RETAIN, SealedFields

router = APIRouter(tags=["fields"])


class ReceivedView(BaseModel):
    """One disclosure from elsewhere. `closed` says why its fields are not shown, `changed` which of them its sender
    has corrected since without sending the new value.
    """

    disclosure_id: UUID
    sender: str
    sender_cell: str
    purpose: str
    valid_until: datetime
    closed: Annotated[str, Code("reading_closed")] | None
    fields: dict[str, FieldValue]
    changed: list[Annotated[str, Code("field")]]
    moves: list[MoveView] = []


class FieldsView(BaseModel):
    """`fields` and `flags` were recorded here, and `own_number` is what the organisation itself calls the case; `received` came from
    elsewhere. `standing_flags`: those recorded here, else those in what is shown of `received`. `buddhist_era`: the dates of `fields` once
    more, where the country counts by it.
    """

    case_id: UUID
    case_reference: ShownReference
    own_number: str | None
    fields: dict[str, FieldValue]
    buddhist_era: dict[str, str]
    flags: list[str]
    standing_flags: list[str]
    received: list[ReceivedView]


@dataclass(frozen=True, slots=True)
class _SealedFields:
    case: Case
    reference: str | None
    own: Mapping[str, str]
    flags: str | None
    number: str | None
    received: Sequence[SealedReceived]


@router.get("/v1/cases/{case_id}/fields", summary="What is known of the person, opened for you and logged")
async def get_fields(case_id: UUID, actor: Who, service: Running, response: Response) -> FieldsView:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "case.read", case_id)
        own, flags = await records.own_fields(tx, case_id), await queries.flags(tx, case_id)
        own = {name: value for name, value in own.items() if name not in URGENT_FIELDS}  # `flags` has them
        reference = await reference_of_case(tx, case_id)
        number = await own_numbers.value(tx, case_id, actor.organisation)
        found = _SealedFields(case, reference, own, flags, number, await queries.received_fields(tx, case_id))
    asked = [row.id for row in found.received if _closed(row, actor, service) is None]
    closed = await service.parts.grants.closed(asked)
    granted = frozenset(one for one, why in closed.items() if why is None)
    opened = await _opened(service, found, granted)
    async with service.database.transaction(actor.origin()) as tx:
        await cases.get(tx, actor, "case.read", case_id)  # still allowed, now that it is shown
        now = await queries.closed_by_now(tx, list(granted))
        view = _view(
            found, opened, {**closed, **{one: now.get(one, RECALLED) for one in granted}}, actor, service
        )
        tx.say(record_read(case_id, "case-fields", fields=tuple(view.fields)))
        _offer(found, view, service, await rights_in(tx, actor, case_id))
        for part in view.received:
            names = tuple(part.fields)
            shown = part.closed is None
            tx.say(record_read(case_id, "received-fields", part.disclosure_id, names, allowed=shown))
    response.headers["ETag"] = etag(case.version)
    response.headers["Cache-Control"] = "no-store"
    return view


def _closed(row: SealedReceived, actor: Actor, service: Service) -> str | None:
    """The reason why the fields of this disclosure are not shown, as far as is known here."""
    if row.state not in READABLE:
        return row.closed_for or RECALLED
    if row.valid_until <= service.clock():
        return "ended"
    return None if row.organisation == actor.organisation else "elsewhere"


async def _opened(
    service: Service, found: _SealedFields, granted: frozenset[UUID]
) -> dict[UUID | None, dict[str, str]]:
    """Disclosure → field → text; own fields, flags and number stand under None."""
    vault, person_id, case_id = service.vault, found.case.person_id, found.case.id
    own = await open_fields(vault, person_id, case_id, found.own)
    more = {FLAGS_CLASS: found.flags, OWN_NUMBER: found.number}
    sealed = {name: value for name, value in more.items() if value is not None}
    own |= await open_fields(vault, person_id, case_id, sealed)
    opened: dict[UUID | None, dict[str, str]] = {None: own}
    for row in found.received:
        if row.id in granted:
            values = {name: value for name, value in row.values.items() if name in row.fields}
            opened[row.id] = await open_fields(vault, person_id, row.id, values)
    return opened


def _view(
    found: _SealedFields,
    opened: Mapping[UUID | None, Mapping[str, str]],
    asked: Mapping[UUID, str | None],
    actor: Actor,
    service: Service,
) -> FieldsView:
    own = dict(opened[None])
    flags, number = json.loads(own.pop(FLAGS_CLASS, "[]")), own.pop(OWN_NUMBER, None)
    received = []
    for row in found.received:
        closed = _closed(row, actor, service) or asked[row.id]
        received.append(
            ReceivedView(
                disclosure_id=row.id,
                sender=row.sender,
                sender_cell=row.sender_cell,
                purpose=row.purpose,
                valid_until=row.valid_until,
                closed=closed,
                fields=_values(opened[row.id]) if closed is None else {},
                changed=list(row.corrected) if row.organisation == actor.organisation else [],
            )
        )
    return FieldsView(
        case_id=found.case.id,
        case_reference=found.reference,
        own_number=number,
        fields=_values(own),
        buddhist_era=_dates(own) if service.settings.country.buddhist_era else {},
        flags=flags,
        standing_flags=flags if found.flags is not None else sorted(_came(received)),
        received=received,
    )


def _came(received: Sequence[ReceivedView]) -> frozenset[str]:
    """The urgent flags in what is shown of what came."""
    return frozenset[str]().union(*(flags_in(part.fields) for part in received))


def _offer(found: _SealedFields, view: FieldsView, service: Service, permitted: Rights) -> None:
    """The moves of each disclosure that came."""
    for row, part in zip(found.received, view.received, strict=True):
        retain = Offer("retain_disclosure", RETAIN, row.state in RETAINABLE)
        places = {"case_id": view.case_id, "disclosure_id": row.id}
        part.moves = service.commands.open([retain], permitted, **places)


def _values(texts: Mapping[str, str]) -> dict[str, FieldValue]:
    return {name: from_text(name, text) for name, text in texts.items()}


def _dates(texts: Mapping[str, str]) -> dict[str, str]:
    return {
        name: buddhist_era(PartialDate.parse(text))
        for name, text in texts.items()
        if FIELDS[name].kind == "date"
    }


class RecordForm(Form):
    """The fields to record. Named ones are replaced; null removes one; those that are not named stay."""

    fields: FieldsForm = {}
    flags: Annotated[list[Flag] | None, Field(max_length=len(FLAGS))] = None
    own_number: Annotated[
        OwnNumber | None, Field(description="null takes it away; where it is not named, it stays")
    ] = None
    reason: Annotated[
        Paragraph | None,
        Field(
            description="why something is changed; needed where a value on record is replaced or removed; kept sealed with the revision"
        ),
    ] = None


async def _prepare(case_id: UUID, body: RecordForm, actor: Who, service: Running) -> SealedFields:
    case = await case_to_write(service, actor, CaseVerb.RECORD, case_id)
    fields = checked_fields(service, body.fields)
    vault = service.vault
    flags = None if body.flags is None else sorted(set(body.flags))
    if flags is not None:
        fields |= flag_fields(flags)
    kept = {name: value for name, value in fields.items() if value is not None}
    sealed = await seal_fields(vault, case.person_id, case_id, kept)
    indexed = not INDEXED.isdisjoint(fields)
    before = await _on_record(service, actor, case, {*fields, *(INDEXED if indexed else ())})
    evidence = await _evidence(service, actor, case, fields, flags)
    return SealedFields(
        values={name: sealed.get(name) for name in fields},
        index=await _index(service, case, {**before, **fields}) if indexed else None,
        flags=None if flags is None else frozenset(flags),
        flags_before=frozenset()
        if flags is None
        else await standing_flags(service, actor.origin(), case_id, case.person_id),
        sealed_flags=None
        if flags is None
        else await seal_json(vault, case.person_id, FLAGS_CLASS, case_id, flags),
        replaced=any(before[name] != fields[name] for name in before.keys() & fields.keys() - URGENT_FIELDS),
        evidence=evidence,
        numbered="own_number" in body.model_fields_set,
        number=None
        if body.own_number is None
        else await sealed_number(service, case.organisation, case.person_id, case_id, body.own_number),
        reason=None if body.reason is None else await _reason(vault, case, body.reason),
        version=case.version,
    )


async def _reason(vault: Vault, case: Case, reason: str) -> str:
    return await vault.seal(case.person_id, CHANGE_REASON, case.id, reason)


async def _evidence(
    service: Service, actor: Actor, case: Case, fields: Mapping[str, str | None], flags: list[str] | None
) -> AgeEvidence | None:
    """The evidence about her age after this change; None where the change concerns none of it."""
    if BIRTHDATE not in fields and flags is None:
        return None
    before = await evidence_of(service, actor.origin(), case.id)
    after = before.changed(fields, flags)
    return None if after == before else after


async def _on_record(service: Service, actor: Actor, case: Case, names: Collection[str]) -> dict[str, str]:
    """The values that are recorded here under these names, to be compared with what is sent and shown to nobody."""
    async with service.database.transaction(actor.origin()) as tx:
        own = await records.own_fields(tx, case.id)
    asked = {name: value for name, value in own.items() if name in names}
    return await open_fields(service.vault, case.person_id, case.id, asked)


async def _index(service: Service, case: Case, after: Mapping[str, str | None]) -> list[bytes]:
    kept = {name: value for name, value in after.items() if value is not None}
    return (await index_of(service, case.organisation, [kept]))[0]


@router.put("/v1/cases/{case_id}/fields", summary="Record or remove fields of the person")
async def record_fields(
    case_id: UUID,
    actor: Who,
    prepared: Annotated[SealedFields, Depends(_prepare)],
    tx: Tx,
    seen: Seen,
    service: Running,
    response: Response,
) -> Done:
    case = await use_cases.record_fields(tx, actor, case_id, prepared, seen, service.today())
    return done(tx, response, case_id, case.version)
