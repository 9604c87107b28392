"""Routes: open a case, one case, its assignment."""

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, Field

from chassis.identity.access import require, require_case, rights_in
from chassis.service import Running, Service
from chassis.web.http import Done, Seen, Tx, Who, done, etag
from contracts.casefile.own_number import OwnNumber
from contracts.casefile.urgent import FLAGS
from contracts.form import Form
from contracts.types import KnownCode, OrganisationId, Pseudonym
from services.intake.casefile import queries, use_cases
from services.intake.casefile.api.prepared import checked_fields, flag_fields
from services.intake.casefile.domain.age import AgeEvidence
from services.intake.casefile.domain.case import MOST_WORKERS
from services.intake.casefile.domain.field_classes import FLAGS_CLASS
from services.intake.casefile.domain.received import RECEIVED_CHANNEL
from services.intake.casefile.indexing import index_of
from services.intake.casefile.numbering import sealed_number
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.sealing import seal_fields, seal_json
from services.intake.casefile.store import attention
from services.intake.casefile.use_cases import NewCase, SealedFields

router = APIRouter(tags=["cases"])

"""Namespace of the identifiers that a command with an Idempotency-Key fixes."""

Flag = Annotated[str, Field(pattern=f"^({'|'.join(FLAGS)})$")]
FieldsForm = Annotated[
    dict[str, str | list[str] | None],
    Field(max_length=80, description="case-file fields by their HTCDS names (code list `field`)"),
]


def _of_a_door(channel: str) -> str:
    if channel == RECEIVED_CHANNEL:
        raise ValueError("no case that is opened here came through the exchange")
    return channel


OpenedBy = Annotated[
    str,
    KnownCode("channel"),
    AfterValidator(_of_a_door),
    Field(json_schema_extra={"not": {"const": RECEIVED_CHANNEL}}),
]
"""The channel by which somebody came whose case is opened here."""


class PersonForm(Form):
    """Somebody whose case is opened. Everything about the person is optional: a single name is a name, and a case may be
    anonymous.
    """

    urgency: Annotated[str, KnownCode("urgency")] = "routine"
    fields: FieldsForm = {}
    languages: Annotated[
        list[Annotated[str, KnownCode("language")]],
        Field(max_length=2, description="the person's languages, the best understood first"),
    ] = []
    flags: Annotated[
        list[Flag], Field(max_length=len(FLAGS), description="urgent flags; any makes the case immediate")
    ] = []
    own_number: OwnNumber | None = None

    def all_fields(self) -> dict[str, str | list[str] | None]:
        spoken = dict(zip(("prs_PrimaryLanguage", "prs_SecondaryLanguage"), self.languages, strict=False))
        return {**spoken, **self.fields}


class OpenForm(PersonForm):
    """The form of a new case."""

    channel: OpenedBy


async def _prepare(body: OpenForm, request: Request, actor: Who, service: Running) -> NewCase:
    """The person's key first, under identifiers that a retry of the same command finds again."""
    require(actor, "case.open", organisation=actor.organisation)
    fields = checked_fields(service, body.all_fields())
    key = request.headers.get("idempotency-key")
    case_id = await service.own_key.identifier("case", actor.issuer, actor.subject, key)
    await service.vault.create(person_of(case_id))
    return await sealed_case(service, actor.organisation, body, fields, case_id, body.channel)


def person_of(case_id: UUID) -> UUID:
    """The person of a case that is opened here."""
    return uuid5(case_id, "person")


async def sealed_case(
    service: Service,
    organisation: str,
    body: PersonForm,
    checked: Mapping[str, str | None],
    case_id: UUID,
    channel: str,
) -> NewCase:
    """A new case with its fields, which are checked, sealed under the key of its person, which is made."""
    fields = {name: value for name, value in checked.items() if value is not None}
    person_id, vault = person_of(case_id), service.vault
    flags, number = sorted(set(body.flags)), body.own_number
    sealed = SealedFields(
        values=await seal_fields(vault, person_id, case_id, fields | (flag_fields(flags) if flags else {})),
        index=(await index_of(service, organisation, [fields]))[0],
        flags=frozenset(flags) or None,
        sealed_flags=await seal_json(vault, person_id, FLAGS_CLASS, case_id, flags) if flags else None,
        evidence=AgeEvidence().changed(fields, flags),
        numbered=number is not None,
        number=None
        if number is None
        else await sealed_number(service, organisation, person_id, case_id, number),
    )
    return NewCase(case_id, person_id, channel, body.urgency, sealed)


@router.post("/v1/cases", status_code=201, summary="Open a case for your organisation")
async def open_case(
    actor: Who, new: Annotated[NewCase, Depends(_prepare)], tx: Tx, service: Running, response: Response
) -> Done:
    case = await use_cases.open_case(tx, actor, new, service.today())
    return done(tx, response, case.id, case.version, status=201, location=f"/v1/cases/{case.id}")


@router.get("/v1/cases/{case_id}", summary="A case, without anything about the person")
async def get_case(
    case_id: UUID, actor: Who, tx: Tx, service: Running, response: Response
) -> queries.CaseView:
    await require_case(tx, actor, "case.read", case_id)
    await attention.opened(tx, actor, case_id)
    view = await queries.case(tx, case_id)
    tx.say(record_read(case_id, "case"))
    response.headers["ETag"] = etag(view.version)
    view.moves = queries.moves(view, service.commands, await rights_in(tx, actor, case_id))
    return view


class AssignmentForm(Form):
    """The whole assignment; it replaces the one before. Without workers, everybody of the organisation sees the case.

    `organisation` is the one that has the case. Another one gets it by transfer, which is a disclosure.
    """

    organisation: OrganisationId
    workers: Annotated[list[Pseudonym], Field(max_length=MOST_WORKERS)] = []


@router.post("/v1/cases/{case_id}/assignment", summary="Assign a case to workers of your organisation")
async def assign_case(
    case_id: UUID, body: AssignmentForm, actor: Who, tx: Tx, seen: Seen, response: Response
) -> Done:
    case = await use_cases.assign_case(tx, actor, case_id, seen, body.organisation, tuple(body.workers))
    return done(tx, response, case_id, case.version)
