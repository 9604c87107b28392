"""Routes that read consents and notices under the names of the consent building block of GovStack. They change nothing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query

from chassis.database import Transaction
from chassis.identity.access import require, require_case
from chassis.identity.auth import Actor
from chassis.problems import NotFound
from chassis.web.http import Tx, Who
from contracts.events.access import RecordReadV1
from services.consent import publishing, queries
from services.consent.domain.record import ConsentRecord
from services.consent.govstack_views import (
    ConsentRecordListing,
    ConsentRecordReading,
    DataAgreementReading,
    GovStackPolicy,
    PolicyListing,
    PolicyReading,
    agreement_of,
    policy_of,
    record_of,
    revision_of_consent,
    revision_of_policy,
)
from services.consent.store import notices, records

router = APIRouter(prefix="/v1/govstack", tags=["GovStack consent building block"])

INSPECT = "consent.inspect"
Individual = Annotated[
    UUID, Header(alias="X-ConsentBB-IndividualId", description="the identifier of her case, here")
]
Offset = Annotated[int, Query(ge=0, le=100_000, description="rows to pass over")]
Limit = Annotated[int, Query(ge=1, le=200, description="rows to show")]


@router.get(
    "/config/policies/",
    response_model_exclude_none=True,
    summary="configPolicyList: the texts that are or were explained before anybody is asked",
)
async def list_policies(actor: Who, tx: Tx, offset: Offset = 0, limit: Limit = 50) -> PolicyListing:
    require(actor, publishing.READ)
    found = await notices.published(tx, offset, limit)
    return PolicyListing(policies=[policy_of(notice, actor.cell) for notice in found])


@router.get(
    "/service/policy/{notice_id}/",
    response_model_exclude_none=True,
    summary="servicePolicyRead: one such text with its words",
)
async def get_policy(notice_id: UUID, actor: Who, tx: Tx) -> PolicyReading:
    require(actor, publishing.READ)
    notice = await notices.get(tx, notice_id)
    if notice.in_force_since is None:
        raise NotFound
    return PolicyReading(policy=policy_of(notice, actor.cell), revision=revision_of_policy(notice))


async def _hers(tx: Transaction, actor: Actor, consent_id: UUID) -> ConsentRecord:
    """A consent whose case this actor may inspect. Raises NotFound, also for what stands in place of a consent: it is none."""
    case_id = await records.case_for(tx, actor, INSPECT, consent_id)
    record = await records.record_of(tx, consent_id)
    if record.terms.protects:
        raise NotFound
    tx.say(RecordReadV1(case_id=case_id, resource="consent", resource_id=consent_id))
    return record


async def _policy(tx: Transaction, record: ConsentRecord, cell: str) -> GovStackPolicy | None:
    """The text that was explained to her; none where she refused without one."""
    version, language = record.terms.notice_version, record.terms.read_in
    if version is None or language is None:
        return None
    notice = await notices.find(tx, version, language)
    return None if notice is None else policy_of(notice, cell)


async def _agreement(tx: Tx, actor: Who, consent_id: UUID) -> tuple[ConsentRecord, DataAgreementReading]:
    record = await _hers(tx, actor, consent_id)
    view = await queries.consent(tx, consent_id)
    agreement = agreement_of(
        record,
        active=record.permits(await tx.clock()),
        controller=view.controller,
        policy=await _policy(tx, record, actor.cell),
    )
    revision = revision_of_consent(consent_id, view.revisions[-1])
    return record, DataAgreementReading(data_agreement=agreement, revision=revision)


Agreement = Annotated[tuple[ConsentRecord, DataAgreementReading], Depends(_agreement, scope="function")]


@router.get(
    "/service/data-agreement/{consent_id}/",
    response_model_exclude_none=True,
    summary="serviceDataAgreementRead: the terms that she was asked for, which are hers alone",
)
async def get_data_agreement(consent_id: UUID, found: Agreement) -> DataAgreementReading:  # noqa: ARG001
    return found[1]


@router.get(
    "/service/verification/consent-record/{consent_id}/",
    response_model_exclude_none=True,
    summary="serviceVerificationConsentRecordRead: whether she agrees now, and to which terms",
)
async def get_verified_record(consent_id: UUID, found: Agreement) -> ConsentRecordReading:  # noqa: ARG001
    return _reading(*found)


@router.get(
    "/audit/consent-record/{consent_id}/",
    response_model_exclude_none=True,
    summary="auditConsentRecordRead: the same for an auditor",
)
async def get_audited_record(consent_id: UUID, found: Agreement) -> ConsentRecordReading:  # noqa: ARG001
    return _reading(*found)


def _reading(record: ConsentRecord, agreed: DataAgreementReading) -> ConsentRecordReading:
    by = agreed.revision.authorized_by_other or ""
    shown = record_of(record, agreed.data_agreement, by, agreed.revision)
    return ConsentRecordReading(consent_record=shown, revision=agreed.revision)


@router.get(
    "/service/individual/record/consent-record/",
    response_model_exclude_none=True,
    summary="serviceIndividualConsentRecordList: the consent records of one person, whose case is named in the header",
)
async def list_individual_records(
    individual: Individual, actor: Who, tx: Tx, offset: Offset = 0, limit: Limit = 50
) -> ConsentRecordListing:
    await require_case(tx, actor, INSPECT, individual)
    now = await tx.clock()
    consents = [one for one in await records.records_of(tx, individual) if not one.terms.protects]
    tx.say(RecordReadV1(case_id=individual, resource="consent"))
    last_by = await records.last_by(tx, individual)
    shown = [record_of(one, agreement_of(one, active=one.permits(now)), last_by[one.id]) for one in consents]
    return ConsentRecordListing(consent_records=shown[offset : offset + limit])
