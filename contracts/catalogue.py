"""Every event: its class, topic, stream, retention, publisher, consumers, and whether it is protective."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from contracts import services
from contracts.envelope import Event
from contracts.events import (
    access,
    audit,
    casework,
    consent,
    directory,
    exchange,
    extracts,
    intake,
    notify,
    operations,
    referral,
    reports,
    returns,
)

DAY_MS = 86_400_000
RETENTION_MS = 30 * DAY_MS
PARTITIONS = 3
"""The partitions of a topic about cases: so many consumers of a service may share it. Each fetch names all that a service reads, which
costs both sides about as much as the records that it brings.
"""

SERVICES = services.NAMES
CASE = "case_id"
HOLDERS = ("consent", "referral", "returns", "exchange", "notify")
"""Services that hold cases besides intake: they follow `case.assigned` to know who may see one."""

FOLLOWERS = ("intake", "consent", "referral", "returns", "exchange", "interchange", "notify", "console")
"""Services that follow the directory: they know which organisations and which staff there are (`chassis.directory`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of the catalogue. `stream` names the body's field whose value is the stream, or a fixed stream."""

    event: type[Event]
    publisher: str
    consumers: tuple[str, ...]
    stream: str = CASE
    protective: bool = False
    sequenced: bool = True
    retention_ms: int = RETENTION_MS

    @property
    def type(self) -> str:
        return self.event.type

    @property
    def topic(self) -> str:
        return f"{self.publisher}.events" if self.sequenced else f"{self.publisher}.access"

    def stream_of(self, event: Event) -> str:
        """The stream that this event belongs to: a field's value, else the fixed stream itself."""
        if self.stream in type(event).model_fields:
            return str(getattr(event, self.stream))
        return self.stream


def _entry(
    event: type[Event], publisher: str, *consumers: str, protective: bool = False, stream: str = CASE
) -> Entry:
    """Audit consumes everything, so it is not repeated in the list below."""
    return Entry(event, publisher, (*consumers, "audit"), stream=stream, protective=protective)


CATALOGUE: tuple[Entry, ...] = (
    _entry(intake.CaseOpenedV1, "intake", *HOLDERS),
    _entry(intake.CaseReferencedV1, "intake", *HOLDERS),
    _entry(intake.CaseReopenedV1, "intake", *HOLDERS),
    _entry(intake.ErasureRequestedV1, "intake"),
    _entry(intake.ErasureCancelledV1, "intake"),
    _entry(intake.ErasureRefusedV1, "intake"),
    _entry(intake.ErasureConfirmedV1, "intake", *HOLDERS, "interchange", protective=True),
    _entry(intake.CaseErasedV1, "intake", *HOLDERS, "interchange"),
    _entry(intake.EpochEndedV1, "intake", stream="epochs"),
    _entry(intake.CaseAssignedV1, "intake", *HOLDERS),
    _entry(intake.CaseCoveredV1, "intake", *HOLDERS),
    _entry(intake.CaseTransferredV1, "intake", *HOLDERS, "interchange"),
    _entry(intake.AgeGroupChangingV1, "intake", "consent"),
    _entry(intake.CaseClosedV1, "intake", *HOLDERS),
    _entry(intake.CaseResumedV1, "intake", *HOLDERS),
    _entry(intake.AgeGroupKnownV1, "intake", "consent", "referral", "returns"),
    _entry(intake.FieldsRecordedV1, "intake", "consent"),
    _entry(intake.CaseUnattendedV1, "intake", "notify"),
    _entry(intake.CaseScreenedV1, "intake"),
    _entry(intake.DraftRaisedV1, "intake", "notify"),
    _entry(intake.DraftUnfinishedV1, "intake", "notify"),
    _entry(intake.DraftAbandonedV1, "intake"),
    _entry(intake.CaseIdentifiedV1, "intake"),
    _entry(intake.NeedsAssessedV1, "intake"),
    _entry(intake.FlagsRecordedV1, "intake", "returns", "notify"),
    _entry(intake.HoldPlacedV1, "intake", "returns", "notify", protective=True),
    _entry(intake.HoldLiftedV1, "intake", "returns", "notify"),
    _entry(intake.LimitPassedV1, "intake", "notify"),
    _entry(intake.GlassBrokenV1, "intake", "notify"),
    _entry(intake.GlassReviewedV1, "intake"),
    _entry(intake.DisclosureClosedV1, "intake", "exchange"),
    _entry(intake.PairDecidedV1, "intake"),
    _entry(intake.DependantsChangedV1, "intake", *HOLDERS),
    _entry(casework.NoteWrittenV1, "intake"),
    _entry(casework.NoteCorrectedV1, "intake"),
    _entry(casework.NoteStruckV1, "intake"),
    _entry(casework.TaskRaisedV1, "intake", "notify", stream="about_id"),
    _entry(casework.TaskChangedV1, "intake", "notify", stream="about_id"),
    _entry(casework.TaskCompletedV1, "intake", stream="about_id"),
    _entry(casework.TaskCancelledV1, "intake", stream="about_id"),
    _entry(casework.TaskReopenedV1, "intake", stream="about_id"),
    _entry(casework.TaskUnassignedV1, "intake", "notify", stream="about_id"),
    _entry(casework.TaskRemindedV1, "intake", "notify", stream="about_id"),
    _entry(casework.TaskOverdueV1, "intake", "notify", stream="about_id"),
    _entry(casework.LeavePlannedV1, "intake", "notify", stream="leave_id"),
    _entry(casework.LeaveBegunV1, "intake", "notify", stream="leave_id"),
    _entry(casework.LeaveEndedV1, "intake", "notify", stream="leave_id"),
    _entry(casework.CoverDecidedV1, "intake"),
    _entry(reports.CallStartedV1, "intake", stream="call_id"),
    _entry(reports.CallRaisedV1, "intake", "notify", stream="about_id"),
    _entry(reports.CallClosedV1, "intake", stream="call_id"),
    _entry(reports.CallReopenedV1, "intake", stream="call_id"),
    _entry(reports.CallAttachedV1, "intake"),
    _entry(reports.CallDetachedV1, "intake"),
    _entry(reports.CallClearedV1, "intake", stream="call_id"),
    _entry(reports.IncidentRecordedV1, "intake", stream="incident_id"),
    _entry(reports.IncidentCorrectedV1, "intake", stream="incident_id"),
    _entry(reports.IncidentWithdrawnV1, "intake", stream="incident_id"),
    _entry(reports.IncidentClearedV1, "intake", stream="incident_id"),
    Entry(access.CaseSearchedV1, "intake", ("audit",), stream="searches", sequenced=False),
    _entry(consent.ConsentGivenV1, "consent", "referral"),
    _entry(consent.ConsentRequestedV1, "consent", "notify"),
    _entry(consent.ConsentNarrowedV1, "consent", "notify", protective=True),
    _entry(consent.ConsentRefusedV1, "consent"),
    _entry(consent.ConsentWithdrawnV1, "consent", "notify", protective=True),
    _entry(consent.ConsentExpiredV1, "consent", "notify", protective=True),
    _entry(consent.ConsentEndingV1, "consent", "notify"),
    _entry(consent.ConsentRevokedV1, "consent", protective=True),
    _entry(consent.ProtectionRequestedV1, "consent", "notify"),
    _entry(consent.ProtectionDeclinedV1, "consent", "notify"),
    _entry(consent.ProtectionLapsedV1, "consent", "notify"),
    _entry(consent.ProtectionRecordedV1, "consent", "notify"),
    _entry(consent.ProtectionReviewedV1, "consent"),
    _entry(consent.ProtectionUnreviewedV1, "consent", "notify"),
    _entry(consent.HandOverAskedV1, "consent", "referral"),
    _entry(consent.DisclosureAuthorisedV1, "consent", "intake", "referral", "exchange"),
    _entry(consent.DisclosureRefusedV1, "consent", "referral", "notify"),
    _entry(consent.DisclosureRecalledV1, "consent", "intake", "referral", "exchange", protective=True),
    _entry(consent.DisclosureCorrectedV1, "consent", "exchange"),
    _entry(consent.NoticeChangedV1, "consent", stream="notices"),
    _entry(directory.DirectoryChangedV1, "directory", *FOLLOWERS, stream="directory"),
    _entry(directory.StaffChangedV1, "directory", *FOLLOWERS, stream="directory"),
    _entry(directory.ProposalMovedV1, "directory", stream="proposals"),
    _entry(referral.ReferralSentV1, "referral", "intake", "consent"),
    _entry(referral.TransferMovedV1, "referral", "intake"),
    _entry(referral.ReferralReceivedV1, "referral", "intake", "notify"),
    _entry(referral.ReferralAcceptedV1, "referral", "intake", "consent", "returns", "exchange", "notify"),
    _entry(referral.ReferralRejectedV1, "referral", "intake", "consent", "exchange", "notify"),
    _entry(referral.ReferralStartedV1, "referral", "intake", "consent", "exchange", "notify"),
    _entry(referral.ReferralHeldV1, "referral", "intake", "exchange", "notify"),
    _entry(referral.ReferralResumedV1, "referral", "intake", "exchange", "notify"),
    _entry(referral.ReferralCompletedV1, "referral", "intake", "consent", "returns", "exchange", "notify"),
    _entry(referral.ReferralFailedV1, "referral", "intake", "consent", "returns", "exchange", "notify"),
    _entry(referral.ReferralCancelledV1, "referral", "intake", "consent", "returns", "exchange", "notify"),
    _entry(referral.ReferralCorrectedV1, "referral", "intake", "consent", "returns", protective=True),
    _entry(referral.ReferralRevokedV1, "referral", "intake", "notify"),
    _entry(referral.ReferralRemindedV1, "referral", "notify"),
    _entry(referral.ReferralExpiredV1, "referral", "intake", "consent", "notify"),
    _entry(returns.ReturnRequestedV1, "returns", "intake"),
    _entry(returns.ReturnCounselledV1, "returns", "intake"),
    _entry(returns.ReturnDecidedV1, "returns", "intake"),
    _entry(returns.ReturnConfirmedV1, "returns"),
    _entry(returns.ReturnCheckedV1, "returns"),
    _entry(returns.ReturnAssessedV1, "returns", "intake"),
    _entry(returns.ReturnBlockedV1, "returns", "notify"),
    _entry(returns.ReturnClearedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnSuspendedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnResumedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnDepartedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnOverdueV1, "returns", "notify"),
    _entry(returns.ReturnMissedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnTurnedBackV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnArrivedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnClosedV1, "returns", "intake", "exchange", "notify"),
    _entry(returns.ReturnWithdrawnV1, "returns", "intake", "exchange", "notify"),
    _entry(exchange.DistrustMovedV1, "exchange", stream="distrusts"),
    _entry(exchange.TrustDocumentMovedV1, "exchange", stream="trust_documents"),
    _entry(exchange.AgreementChangedV1, "exchange", "consent", stream="agreement_id"),
    _entry(exchange.EnvelopeSealedV1, "exchange", "consent"),
    _entry(exchange.EnvelopeDeliveredV1, "exchange", "consent", "referral"),
    _entry(exchange.EnvelopeRefusedV1, "exchange", "consent", "referral", "notify"),
    _entry(exchange.DisclosureReceivedV1, "exchange", "intake", "consent", "referral"),
    _entry(exchange.ProcessReceivedV1, "exchange", "referral", "returns"),
    _entry(exchange.DirectoryReceivedV1, "exchange", "directory", stream="directory"),
    _entry(exchange.RecallReceivedV1, "exchange", "intake", "consent", "referral", "notify", protective=True),
    _entry(exchange.RecallAnsweredV1, "exchange", "intake", "consent", "notify"),
    _entry(exchange.CorrectionReceivedV1, "exchange", "intake", "notify"),
    _entry(notify.NotificationSentV1, "notify"),
    _entry(notify.NotificationFailedV1, "notify"),
    _entry(audit.DisclosureLoggedV1, "audit", "exchange"),
    _entry(extracts.ExtractRequestedV1, "audit", "exchange"),
    _entry(extracts.ExtractWithdrawnV1, "audit", "exchange"),
    _entry(extracts.ExtractReleasedV1, "audit"),
    _entry(extracts.ExtractPreparedV1, "audit", "exchange", stream="request_id"),
    _entry(extracts.ExtractRefusedV1, "audit", "exchange", stream="request_id"),
    _entry(extracts.ExtractAskedV1, "exchange", stream="request_id"),
    _entry(extracts.ExtractRetractedV1, "exchange", stream="request_id"),
    _entry(extracts.ExtractReceivedV1, "exchange", stream="request_id"),
    _entry(extracts.ExtractDeclinedV1, "exchange", stream="request_id"),
    *(Entry(access.AttemptRefusedV1, service, ("audit",), sequenced=False) for service in SERVICES),
    *(Entry(access.RecordReadV1, service, ("audit",), sequenced=False) for service in SERVICES),
    *(
        Entry(access.LogReadV1, service, ("audit",), stream="log", sequenced=False)
        for service in ("audit", "exchange", "intake")
    ),
    *(
        Entry(operations.OperationPerformedV1, service, ("audit",), stream="stream", sequenced=False)
        for service in SERVICES
    ),
)
"""A test holds this list against the wiring of the services."""


def consumed_by(service: str) -> tuple[Entry, ...]:
    return tuple(entry for entry in CATALOGUE if service in entry.consumers)


def topics_read_by(service: str) -> tuple[str, ...]:
    """The topics that a service subscribes to, and no other: its ACL is made from this."""
    return tuple(sorted({entry.topic for entry in consumed_by(service)}))


def topics_written_by(service: str) -> tuple[str, ...]:
    return tuple(sorted({entry.topic for entry in CATALOGUE if entry.publisher == service}))


def partitions_of(topic: str) -> int:
    """One where the streams are no cases, as in the directory, or where no order is kept, as of access records."""
    about_cases = any(e.topic == topic and e.sequenced and e.stream == CASE for e in CATALOGUE)
    return PARTITIONS if about_cases else 1


def entry_for(event: type[Event], publisher: str) -> Entry:
    """The catalogue's entry for an event of this publisher. Raises KeyError for an event that the publisher does not
    say.
    """
    for entry in CATALOGUE:
        if entry.event is event and entry.publisher == publisher:
            return entry
    raise KeyError(f"{publisher} does not say {event.__name__}")


_CLASSES: Mapping[str, type[Event]] = MappingProxyType({entry.type: entry.event for entry in CATALOGUE})


def event_class(type_: str) -> type[Event] | None:
    """The class that a `ce_type` names; None for an event that is not in this version's catalogue."""
    return _CLASSES.get(type_)
