"""The events of consent: records by their state, and disclosures that are authorised, refused, or must end."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event
from contracts.types import (
    AgreementId,
    CaseId,
    Cell,
    Code,
    Instant,
    NoticeVersion,
    OrganisationId,
    Pseudonym,
    Sha256,
)


class ConsentGivenV1(Event):
    type: ClassVar[str] = "consent.given.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    revision_hash: Sha256
    purposes: tuple[Annotated[str, Code("purpose")], ...]
    recipients: tuple[OrganisationId, ...]
    categories: tuple[Annotated[str, Code("data_category")], ...]
    back_categories: tuple[Annotated[str, Code("data_category")], ...]
    valid_until: Instant


class ConsentRequestedV1(Event):
    """A consent is recorded and permits nothing yet: a second person is to confirm who speaks for a child, or she is
    to be asked again because her age is now known to be another. Every disclosure under it is refused meanwhile,
    with the code in `awaits`.
    """

    type: ClassVar[str] = "consent.requested.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    awaits: Annotated[str, Code("disclosure_refusal")]


class ConsentNarrowedV1(Event):
    """She took a part back: a recipient, a purpose, a category. The terms that are left, whole. Protective."""

    type: ClassVar[str] = "consent.narrowed.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    revision_hash: Sha256
    purposes: tuple[Annotated[str, Code("purpose")], ...]
    recipients: tuple[OrganisationId, ...]
    categories: tuple[Annotated[str, Code("data_category")], ...]
    back_categories: tuple[Annotated[str, Code("data_category")], ...]
    valid_until: Instant


class ConsentRefusedV1(Event):
    type: ClassVar[str] = "consent.refused.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int


class ConsentWithdrawnV1(Event):
    """Withdrawn by the person. Protective. No decision about services may read it."""

    type: ClassVar[str] = "consent.withdrawn.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int


class ConsentExpiredV1(Event):
    type: ClassVar[str] = "consent.expired.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int


class ConsentEndingV1(Event):
    """A consent ends soon, by its time or because she comes of age: there is time to ask her again. Neither day is said."""

    type: ClassVar[str] = "consent.ending.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    reason: Annotated[str, Code("consent_ending")]


class ConsentRevokedV1(Event):
    """A consent was ended by another than the person, for instance because it had been given under pressure.
    Protective.
    """

    type: ClassVar[str] = "consent.revoked.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int


class ProtectionRequestedV1(Event):
    """Somebody asks for an immediate protection of one who cannot be asked. Nothing is disclosed before a second person
    has approved it, until `valid_until` at the latest. The reasons stand sealed in the revision of this hash.

    `approvers` are all who may approve it at this moment; nobody: the operators of the cell are told.
    """

    type: ClassVar[str] = "protection.requested.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    revision_hash: Sha256
    law: Annotated[str, Code("protection_law")]
    recipients: tuple[OrganisationId, ...]
    valid_until: Instant
    approvers: tuple[Pseudonym, ...] = ()


class ProtectionDeclinedV1(Event):
    """An immediate protection that was asked for is not given: a second person refused it, or whoever asked took that back.
    Nothing was disclosed. `asked_by` waits for it; null: they took it back.
    """

    type: ClassVar[str] = "protection.declined.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    asked_by: Pseudonym | None = None


class ProtectionLapsedV1(Event):
    """Nobody approved in time the immediate protection that `asked_by` waits for. Nothing was disclosed."""

    type: ClassVar[str] = "protection.lapsed.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    asked_by: Pseudonym | None = None


class ProtectionRecordedV1(Event):
    """She could not be asked, and a law allows her immediate protection: the least may be disclosed to these
    recipients, inside this country. The actor approved what another had asked for.

    A protection is no consent, and nothing that reads consents reads it as one.
    """

    type: ClassVar[str] = "protection.recorded.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    revision_hash: Sha256
    law: Annotated[str, Code("protection_law")]
    recipients: tuple[OrganisationId, ...]
    valid_until: Instant


class ProtectionReviewedV1(Event):
    """A third person looked at the reasons of a protection. One that is not upheld is revoked, which is said
    besides.
    """

    type: ClassVar[str] = "protection.reviewed.v1"
    case_id: CaseId
    consent_id: UUID
    revision: int
    upheld: bool


class ProtectionUnreviewedV1(Event):
    """Nobody of the organisation that recorded a protection looked at its reasons in time."""

    type: ClassVar[str] = "protection.unreviewed.v1"
    case_id: CaseId
    consent_id: UUID
    organisation: OrganisationId


class HandOverAskedV1(Event):
    """She agreed to be handed over, in one step with her answer: the transfer is to be drafted and sent."""

    type: ClassVar[str] = "hand_over.asked.v1"
    case_id: CaseId
    referral_id: UUID
    sender: OrganisationId
    recipient: OrganisationId
    recipient_cell: Cell
    recipient_role: Annotated[str, Code("recipient_role")]
    purpose: Annotated[str, Code("purpose")]
    service: Annotated[str, Code("service")]
    urgency: Annotated[str, Code("urgency")]
    fields: tuple[Annotated[str, Code("field")], ...]
    at: Instant


class WithheldField(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")
    field: Annotated[str, Code("field")]
    reason: Annotated[str, Code("withheld_reason")]


class DisclosureAuthorisedV1(Event):
    """The fields that may be sealed for one recipient, by name; never a value."""

    type: ClassVar[str] = "disclosure.authorised.v1"
    case_id: CaseId
    disclosure_id: UUID
    referral_id: UUID
    consent_id: UUID
    revision: int
    revision_hash: Sha256
    purpose: Annotated[str, Code("purpose")]
    sender: OrganisationId
    recipient: OrganisationId
    recipient_cell: Cell
    service: Annotated[str, Code("service")]
    urgency: Annotated[str, Code("urgency")]
    agreement_id: AgreementId
    agreement_version: int
    agreement_sha256: Sha256
    fields: tuple[Annotated[str, Code("field")], ...]
    fields_hash: Sha256
    withheld: tuple[WithheldField, ...]
    back_categories: tuple[Annotated[str, Code("data_category")], ...]
    valid_until: Instant
    kind: Annotated[str, Code("referral_kind")] = "referral"
    basis: Annotated[str, Code("disclosure_basis")] | None = None
    law: Annotated[str, Code("protection_law")] | None = None


class DisclosureRefusedV1(Event):
    type: ClassVar[str] = "disclosure.refused.v1"
    case_id: CaseId
    disclosure_id: UUID
    referral_id: UUID
    reason: Annotated[str, Code("disclosure_refusal")]


class DisclosureCorrectedV1(Event):
    """A value that this disclosure gave is another by now, and no newer disclosure follows: its grant has ended, or
    nothing may be sent under it. Names of fields, never a value. `revision` is the one of `fields.recorded`.
    """

    type: ClassVar[str] = "disclosure.corrected.v1"
    case_id: CaseId
    disclosure_id: UUID
    referral_id: UUID
    revision: int
    fields: tuple[Annotated[str, Code("field")], ...]


class DisclosureRecalledV1(Event):
    """A disclosure's authority ended after it was authorised: the consent, a part of it, or its referral. A
    disclosure not yet sealed never is; one that left is recalled. Protective.
    """

    type: ClassVar[str] = "disclosure.recalled.v1"
    case_id: CaseId
    disclosure_id: UUID
    referral_id: UUID
    reason: Annotated[str, Code("recall_reason")]


class NoticeChangedV1(Event):
    """The text that is explained before she is asked, in one language, was written, proposed, put in force by a second
    person, superseded or withdrawn; or, `withdrawal_asked`, the first of two people asked that it is withdrawn, and it stands
    where it stood, as it does once somebody said that it is kept. `sha256` is of its words. Stream `notices`.
    """

    type: ClassVar[str] = "notice.changed.v1"
    notice_version: NoticeVersion
    language: Annotated[str, Code("language")]
    state: Annotated[str, Code("notice_state")]
    revision: int
    sha256: Sha256
    withdrawal_asked: bool = False
