"""The events of referral: each move of each half of a referral."""

from typing import Annotated, ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.types import CaseId, Cell, Code, Instant, OrganisationId


class _ReferralMoved(Event):
    """Both halves share `referral_id`; `half` is `outgoing` in the sender's cell, `incoming` in the receiver's."""

    type: ClassVar[str] = ""
    case_id: CaseId
    referral_id: UUID
    half: Annotated[str, Code("half")]
    sender: OrganisationId
    recipient: OrganisationId
    at: Instant


class ReferralSentV1(Event):
    """A worker asks to refer: consent computes what may be disclosed. `fields` are those that the worker asked to
    send.

    A transfer hands the case over, with custody; a referral is access alone.
    """

    type: ClassVar[str] = "referral.sent.v1"
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
    kind: Annotated[str, Code("referral_kind")] = "referral"


class TransferMovedV1(Event):
    """The sender's half of a transfer moved. Accepted, the case is the recipient's; until then it is the sender's."""

    type: ClassVar[str] = "transfer.moved.v1"
    case_id: CaseId
    referral_id: UUID
    recipient: OrganisationId
    state: Annotated[str, Code("referral_state")]
    at: Instant


class ReferralReceivedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.received.v1"


class ReferralAcceptedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.accepted.v1"


class ReferralRejectedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.rejected.v1"
    reason: Annotated[str, Code("referral_rejection")]


class ReferralStartedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.started.v1"


class ReferralHeldV1(_ReferralMoved):
    type: ClassVar[str] = "referral.held.v1"
    reason: Annotated[str, Code("referral_hold")]


class ReferralResumedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.resumed.v1"


class ReferralCompletedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.completed.v1"
    outcome: Annotated[str, Code("referral_outcome")]


class ReferralFailedV1(_ReferralMoved):
    type: ClassVar[str] = "referral.failed.v1"
    reason: Annotated[str, Code("referral_failure")]


class ReferralCancelledV1(_ReferralMoved):
    type: ClassVar[str] = "referral.cancelled.v1"


class ReferralCorrectedV1(_ReferralMoved):
    """A referral was entered in error: nothing of it should ever have been sent. Said by the sender's half alone.
    Protective.
    """

    type: ClassVar[str] = "referral.corrected.v1"


class ReferralRevokedV1(_ReferralMoved):
    """Consent ended before the receiver accepted."""

    type: ClassVar[str] = "referral.revoked.v1"


class ReferralRemindedV1(_ReferralMoved):
    """Half of the time to answer has gone and nobody has answered."""

    type: ClassVar[str] = "referral.reminded.v1"


class ReferralExpiredV1(_ReferralMoved):
    type: ClassVar[str] = "referral.expired.v1"
