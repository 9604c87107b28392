"""The events of exchange: agreements, and items that crossed the border, were refused there, or came in."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.envelope import Event, Sealed
from contracts.events.directory import OfferedService
from contracts.grant import Grant
from contracts.types import (
    AgreementId,
    CaseId,
    Cell,
    Code,
    Instant,
    LawReference,
    OrganisationId,
    Sha256,
    Thumbprint,
)


class AgreementChangedV1(Event):
    """An agreement in force between two cells (or within one), whole. Stream: the agreement."""

    type: ClassVar[str] = "agreement.changed.v1"
    agreement_id: AgreementId
    version: int
    sha256: Sha256
    cells: tuple[Cell, ...]
    purposes: tuple[Annotated[str, Code("purpose")], ...]
    fields: tuple[Annotated[str, Code("field")], ...]
    process_codes: tuple[Annotated[str, Code("process")], ...]
    valid_from: Instant
    valid_until: Instant
    retention_days: int = 0
    """The days that the recipient may read on after the end of a referral; none: reading ends at once."""
    extract_reasons: tuple[Annotated[str, Code("extract_reason")], ...] = ()
    """The reasons for which an auditor may ask the partner's for an extract of the log; without one, for none."""


class DistrustMovedV1(Event):
    """A key that was lost, or a version of an agreement that is suspended, counts no more in this cell: by the word of one operator, then
    confirmed or lifted by another. The attribute `actor` is who did it. Stream `distrusts`.
    """

    type: ClassVar[str] = "distrust.moved.v1"
    distrust_id: UUID
    kind: Annotated[str, Code("distrust_kind")]
    state: Annotated[str, Code("proposal_state")]
    key: Thumbprint | None = None
    organisation: OrganisationId | None = None
    agreement_id: AgreementId | None = None
    agreement_version: int | None = None
    since: Instant


class TrustDocumentMovedV1(Event):
    """A trust list, or a version of an agreement, that governance signed was put in by one operator, and confirmed by another or withdrawn.
    Without `agreement_id` it is the trust list. The attribute `actor` is who did it. Stream `trust_documents`.
    """

    type: ClassVar[str] = "trust_document.moved.v1"
    document_id: UUID
    state: Annotated[str, Code("proposal_state")]
    agreement_id: AgreementId | None = None
    number: int
    sha256: Sha256


class EnvelopeSealedV1(Event):
    type: ClassVar[str] = "envelope.sealed.v1"
    case_id: CaseId
    item_id: UUID
    item_class: Annotated[str, Code("item_class")]
    disclosure_id: UUID | None = None
    referral_id: UUID | None = None
    recipient_cell: Cell
    envelope_id: UUID
    envelope_seq: int
    sealed_at: Instant


class EnvelopeDeliveredV1(Event):
    """The recipient's signed receipt says accepted."""

    type: ClassVar[str] = "envelope.delivered.v1"
    case_id: CaseId
    item_id: UUID
    item_class: Annotated[str, Code("item_class")]
    disclosure_id: UUID | None = None
    referral_id: UUID | None = None
    recipient_cell: Cell
    at: Instant


class EnvelopeRefusedV1(Event):
    """The recipient refused an item of ours, or the border refused to seal it; the code says why."""

    type: ClassVar[str] = "envelope.refused.v1"
    case_id: CaseId
    item_id: UUID
    item_class: Annotated[str, Code("item_class")]
    disclosure_id: UUID | None = None
    referral_id: UUID | None = None
    recipient_cell: Cell
    code: Annotated[str, Code("border_refusal")]
    at: Instant


class ReceivedField(BaseModel):
    """One field from abroad: its name, and its value under the person's key in this cell."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    field: Annotated[str, Code("field")]
    # bound in the vault to the person, the field's name as class, and `disclosure_id` as record: exchange seals the text
    # of `contracts.casefile.fields.to_text`, and intake opens it
    value: Sealed


class DisclosureReceivedV1(Event):
    """A disclosure came in. `case_id` and `person_id` are of this cell; `first` says that this disclosure opened the
    case here.
    """

    type: ClassVar[str] = "disclosure.received.v1"
    case_id: CaseId
    person_id: UUID
    first: bool
    disclosure_id: UUID
    referral_id: UUID
    sender: OrganisationId
    sender_cell: Cell
    recipient: OrganisationId
    service: Annotated[str, Code("service")]
    urgency: Annotated[str, Code("urgency")]
    grant: Grant
    fields: tuple[ReceivedField, ...]
    at: Instant
    kind: Annotated[str, Code("referral_kind")] = "referral"


class ProcessReceivedV1(Event):
    """A process code from the partner about the other half of a referral or return; the last three with a departure."""

    type: ClassVar[str] = "process.received.v1"
    case_id: CaseId
    code: Annotated[str, Code("process")]
    subject_id: UUID
    sender: OrganisationId
    sender_cell: Cell
    recipient: OrganisationId
    reason: Annotated[str, Code("reason")] | None = None
    at: Instant
    expected_at: Instant | None = None
    handover: Annotated[str, Code("handover_point")] | None = None
    escorted: bool | None = None


class DirectoryReceivedV1(Event):
    """A partner says how one of its organisations now stands. Stream `directory`."""

    type: ClassVar[str] = "directory.received.v1"
    organisation: OrganisationId
    sender_cell: Cell
    role: Annotated[str, Code("recipient_role")]
    version: int
    status: Annotated[str, Code("directory_status")]
    org_type: Annotated[str, Code("org_Type")] | None = None
    services: tuple[OfferedService, ...]


class RecallReceivedV1(Event):
    """The sender takes a disclosure back. Protective."""

    type: ClassVar[str] = "recall.received.v1"
    case_id: CaseId
    disclosure_id: UUID
    referral_id: UUID
    sender_cell: Cell
    reason: Annotated[str, Code("recall_reason")] | None = None
    at: Instant


class CorrectionReceivedV1(Event):
    """The sender tells that fields of a disclosure have other values by now. Names, never a value."""

    type: ClassVar[str] = "correction.received.v1"
    case_id: CaseId
    disclosure_id: UUID
    referral_id: UUID
    sender_cell: Cell
    fields: tuple[Annotated[str, Code("field")], ...]
    at: Instant


class RecallAnsweredV1(Event):
    """The recipient's answer to our recall, or `never_received` where nothing was sealed."""

    type: ClassVar[str] = "recall.answered.v1"
    case_id: CaseId
    disclosure_id: UUID
    answer: Annotated[str, Code("recall_answer")]
    law: LawReference | None = None
    at: Instant
