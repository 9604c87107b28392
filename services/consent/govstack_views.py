"""Consents and notices in the members of the consent building block of GovStack (API 1.1). Nothing is decided by them."""

import json
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.codes import codes
from services.consent.domain.notice import Notice
from services.consent.domain.record import ConsentRecord, her_no
from services.consent.domain.states import State
from services.consent.queries import RevisionView, TermsView
from services.consent.receipt import SCHEMA

_SIGNATURES = {
    State.REQUESTED: "pending more signatures",
    State.DEFERRED: "unsigned",
    State.REFUSED: "unsigned",
}


class _GovStackModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True, validate_by_alias=True)


class GovStackPolicy(_GovStackModel):
    """A notice that is or was in force: the text that is explained before she is asked, in one language."""

    id: str
    name: str
    version: str
    url: str
    jurisdiction: str
    storage_location: str


class GovStackRevision(_GovStackModel):
    """`serializedHash` is SHA-256: of a notice, over the snapshot; of a consent, over the whole revision with the one before
    and a salt, so that it is told again by receipt and log and by nothing else.
    """

    id: str
    schema_name: str
    object_id: str
    serialized_snapshot: str
    serialized_hash: str
    timestamp: str
    authorized_by_other: str | None = None
    predecessor_hash: str | None = None


class GovStackController(_GovStackModel):
    id: str
    name: str
    url: str


class GovStackIndividual(_GovStackModel):
    """She, by the identifier of her case; no name and no other number."""

    id: str


class DataAgreement(_GovStackModel):
    """The terms that she was asked for: to these recipients, these categories. They are hers alone, so the agreement has the
    identifier of her consent.
    """

    id: str
    version: str
    purpose: str
    lawful_basis: str
    dpia: Annotated[str, Field(description="none is kept here: each country makes its own")] = ""
    active: bool
    forgettable: bool = False
    controller: GovStackController | None = None
    policy: GovStackPolicy | None = None


class GovStackConsentRecord(_GovStackModel):
    """`optIn` is true only while she agrees to something, false once she said no or took it back, and missing where neither
    is so: nobody has confirmed it, its time is over, or another ended it.
    """

    id: str
    data_agreement: DataAgreement
    data_agreement_revision: GovStackRevision | None = None
    data_agreement_revision_hash: str
    individual: GovStackIndividual
    opt_in: bool | None = None
    state: str


class PolicyListing(_GovStackModel):
    policies: list[GovStackPolicy]


class PolicyReading(_GovStackModel):
    policy: GovStackPolicy
    revision: GovStackRevision


class DataAgreementReading(_GovStackModel):
    data_agreement: DataAgreement
    revision: GovStackRevision


class ConsentRecordListing(_GovStackModel):
    consent_records: list[GovStackConsentRecord]


class ConsentRecordReading(_GovStackModel):
    consent_record: GovStackConsentRecord
    revision: GovStackRevision | None = None


def policy_of(notice: Notice, cell: str) -> GovStackPolicy:
    return GovStackPolicy(
        id=str(notice.id),
        name=notice.title,
        version=f"{notice.version}.{notice.language}",
        url=f"/consent/v1/notices/{notice.id}",
        jurisdiction=cell,
        storage_location=cell,
    )


def revision_of_policy(notice: Notice) -> GovStackRevision:
    """The words of the notice, over which its hash goes."""
    since = notice.in_force_since
    return GovStackRevision(
        id=f"{notice.id}.{notice.revision}",
        schema_name="Policy",
        object_id=str(notice.id),
        serialized_snapshot=notice.words,
        serialized_hash=notice.sha256,
        timestamp="" if since is None else since.isoformat(),
        authorized_by_other=notice.approved_by,
    )


def revision_of_consent(consent_id: UUID, revision: RevisionView) -> GovStackRevision:
    """The terms of a revision; names are kept under her key and are not among them."""
    return GovStackRevision(
        id=f"{consent_id}.{revision.number}",
        schema_name="DataAgreement",
        object_id=str(consent_id),
        serialized_snapshot=_json(revision.terms),
        serialized_hash=revision.hash,
        timestamp=revision.at.isoformat(),
        authorized_by_other=revision.by,
        predecessor_hash=revision.previous,
    )


def agreement_of(
    record: ConsentRecord,
    *,
    active: bool,
    controller: str | None = None,
    policy: GovStackPolicy | None = None,
) -> DataAgreement:
    return DataAgreement(
        id=str(record.id),
        version=SCHEMA,
        purpose=", ".join(codes("purpose")[code] for code in record.terms.purposes),
        lawful_basis=str(record.terms.legal_basis).replace("-", "_"),
        active=active,
        controller=None if controller is None else _controller(controller),
        policy=policy,
    )


def record_of(
    record: ConsentRecord, agreement: DataAgreement, last_by: str, revision: GovStackRevision | None = None
) -> GovStackConsentRecord:
    said_no = False if her_no(record.state, last_by, record.terms.capacity) else None
    return GovStackConsentRecord(
        id=str(record.id),
        data_agreement=agreement,
        data_agreement_revision=revision,
        data_agreement_revision_hash=record.head,
        individual=GovStackIndividual(id=str(record.case_id)),
        opt_in=True if agreement.active else said_no,
        state=_SIGNATURES.get(record.state, "signed"),
    )


def _controller(organisation: str) -> GovStackController:
    where = f"/directory/v1/organisations/{organisation}"
    return GovStackController(id=organisation, name=organisation, url=where)


def _json(terms: TermsView) -> str:
    told: dict[str, Any] = terms.model_dump(mode="json")
    return json.dumps(told, sort_keys=True, ensure_ascii=False)
