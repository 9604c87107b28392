"""The classification of every field of every event and of the case file. Only operational data travels in clear."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Classification(StrEnum):
    OPERATIONAL = "operational"
    """Opaque identifiers, codes about the process, instants. Travels in clear."""
    SENSITIVE = "sensitive"
    """Health, exploitation, formal status, needs, family: ciphertext under the person's key."""
    IDENTITY = "identity"
    """Identity and whereabouts of the person: ciphertext under the person's key."""


OPERATIONAL, SENSITIVE, IDENTITY = (
    Classification.OPERATIONAL,
    Classification.SENSITIVE,
    Classification.IDENTITY,
)

METADATA = frozenset(
    {
        "id", "source", "type", "time", "stream", "sequence", "actor", "organisation",
        "purpose", "policy", "causationid", "traceparent",
    }
)  # fmt: skip
"""The context attributes of every event; all operational."""

ALWAYS_OPERATIONAL = frozenset(
    {
        # identifiers
        "case_id", "person_id", "consent_id", "disclosure_id", "referral_id", "return_id", "screening_id",
        "assessment_id", "hold_id", "note_id", "task_id", "about_id", "notification_id", "item_id", "envelope_id", "subject_id", "resource_id",
        "agreement_id", "import_id", "erasure_id", "draft_id", "leave_id", "call_id", "incident_id", "request_id",
        # organisations, jurisdictions and workers' pseudonyms
        "organisation", "deciding_organisation", "workers", "worker", "covers", "cover", "told", "approvers", "asked_by", "sender", "recipient", "receiver", "cell", "cells",
        "sender_cell", "recipient_cell", "receiver_cell", "recipients", "recipient_role",
        # versions, hashes, positions, counts
        "revision", "version", "agreement_version", "consent_revision", "checklist_version", "revision_hash",
        "sha256", "agreement_sha256", "consent_sha256", "fields_hash", "chain_head", "entry", "envelope_seq", "epoch",
        "attempts", "retention_days",
        # instants
        "opened_at", "at", "until", "due_at", "valid_from", "valid_until", "sealed_at", "expected_at",
        # codes about the process, never about the person
        "channel", "urgency", "checklist", "purpose", "purposes", "categories", "back_categories", "service",
        "half", "kind", "recorded_by", "handover", "item_class", "template", "resource", "process_codes", "answer", "role",
        # flags
        "allowed", "first", "escorted",
    }
)  # fmt: skip
"""Body fields that mean the same in whichever event they stand. A name that could mean more is classified by event."""

_EXTRACTED: Mapping[str, Classification] = dict.fromkeys(
    (
        *("part", "parts", "withheld", "head", "head.entries", "head.hash", "head.root", "head.path"),
        *("entries", "entries.event", "entries.about", "entries.hash", "entries.path", "entries.code"),
    ),
    OPERATIONAL,
)
"""Everything that an auditor releases of the log: events by their names and hashes, and no content."""

BY_EVENT: Mapping[str, Mapping[str, Classification]] = MappingProxyType(
    {
        "attempt.refused.v1": {"action": OPERATIONAL, "count": OPERATIONAL},
        "case.searched.v1": {"found": OPERATIONAL},
        "pair.decided.v1": {
            "other_case_id": OPERATIONAL,
            "decision": OPERATIONAL,
            "pair_reason": OPERATIONAL,
            "leads": OPERATIONAL,
        },
        "dependants.changed.v1": {
            "link_id": OPERATIONAL,
            "change": OPERATIONAL,
            "linked_here": OPERATIONAL,
        },
        "limit.passed.v1": {"limit": OPERATIONAL},
        "glass.broken.v1": {"glass_id": OPERATIONAL},
        "glass.reviewed.v1": {"glass_id": OPERATIONAL, "upheld": OPERATIONAL},
        "record.read.v1": {"fields": OPERATIONAL},
        "log.read.v1": {
            "view": OPERATIONAL,
            "sought_case": OPERATIONAL,
            "sought_actor": OPERATIONAL,
            "sought_organisation": OPERATIONAL,
            "sought_cell": OPERATIONAL,
            "sought_purpose": OPERATIONAL,
            "sought_type": OPERATIONAL,
            "sought_id": OPERATIONAL,
            "since": OPERATIONAL,
            "position": OPERATIONAL,
        },
        "operation.performed.v1": {
            "operation": OPERATIONAL,
            "operation_reason": OPERATIONAL,
            "ticket": OPERATIONAL,
            "stream": OPERATIONAL,
            "publisher": OPERATIONAL,
            "topic": OPERATIONAL,
            "partition": OPERATIONAL,
            "position": OPERATIONAL,
            "moved_to": OPERATIONAL,
            "target_id": OPERATIONAL,
            "streams": OPERATIONAL,
        },
        "case.referenced.v1": {"reference": OPERATIONAL},
        "age_group.known.v1": {"age_group": OPERATIONAL, "basis": OPERATIONAL},
        "flags.recorded.v1": {"flags": SENSITIVE, "raised": OPERATIONAL, "added": OPERATIONAL},
        "fields.recorded.v1": {"fields": OPERATIONAL, "removed": OPERATIONAL},
        "task.cancelled.v1": {"reason": OPERATIONAL},
        "leave.ended.v1": {"reason": OPERATIONAL},
        "cover.decided.v1": {"left_out": OPERATIONAL},
        "call.closed.v1": {"reason": OPERATIONAL},
        "call.attached.v1": {"agreed": OPERATIONAL},
        "incident.corrected.v1": {"reason": OPERATIONAL},
        "incident.withdrawn.v1": {"reason": OPERATIONAL},
        "case.unattended.v1": {"reason": OPERATIONAL, "since": OPERATIONAL},
        "case.screened.v1": {"result": SENSITIVE, "corrects": OPERATIONAL},
        "draft.unfinished.v1": {"since": OPERATIONAL},
        "case.identified.v1": {"status": SENSITIVE},
        "needs.assessed.v1": {"needs": SENSITIVE},
        "consent.ending.v1": {"reason": OPERATIONAL},
        "consent.requested.v1": {"awaits": OPERATIONAL},
        "protection.requested.v1": {"law": OPERATIONAL},
        "protection.recorded.v1": {"law": OPERATIONAL},
        "protection.reviewed.v1": {"upheld": OPERATIONAL},
        "notice.changed.v1": {
            "notice_version": OPERATIONAL,
            "language": OPERATIONAL,
            "state": OPERATIONAL,
            "withdrawal_asked": OPERATIONAL,
        },
        "disclosure.closed.v1": {"law": OPERATIONAL},
        "erasure.refused.v1": {"law": OPERATIONAL},
        "epoch.ended.v1": {"erasures": OPERATIONAL},
        "disclosure.authorised.v1": {
            "fields": OPERATIONAL,
            "withheld": OPERATIONAL,
            "withheld.field": OPERATIONAL,
            "withheld.reason": OPERATIONAL,
            "basis": OPERATIONAL,
            "law": OPERATIONAL,
        },
        "hand_over.asked.v1": {"fields": OPERATIONAL},
        "disclosure.refused.v1": {"reason": OPERATIONAL},
        "disclosure.recalled.v1": {"reason": OPERATIONAL},
        "disclosure.corrected.v1": {"fields": OPERATIONAL},
        "correction.received.v1": {"fields": OPERATIONAL},
        "recall.received.v1": {"reason": OPERATIONAL},
        "directory.changed.v1": {
            "status": OPERATIONAL,
            "org_type": OPERATIONAL,
            "services": OPERATIONAL,
            "services.service_id": OPERATIONAL,
            "services.status": OPERATIONAL,
            "services.capacity": OPERATIONAL,
            "suspended": OPERATIONAL,
            "cases_to": OPERATIONAL,
            "cases_to_organisation": OPERATIONAL,
            "services.minimum_age": OPERATIONAL,
            "services.maximum_age": OPERATIONAL,
        },
        "directory.received.v1": {
            "status": OPERATIONAL,
            "org_type": OPERATIONAL,
            "services": OPERATIONAL,
            "services.service_id": OPERATIONAL,
            "services.status": OPERATIONAL,
            "services.capacity": OPERATIONAL,
        },
        "distrust.moved.v1": {
            "distrust_id": OPERATIONAL,
            "state": OPERATIONAL,
            "key": OPERATIONAL,
            "since": OPERATIONAL,
        },
        "trust_document.moved.v1": {"document_id": OPERATIONAL, "state": OPERATIONAL, "number": OPERATIONAL},
        "proposal.moved.v1": {
            "proposal_id": OPERATIONAL,
            "change": OPERATIONAL,
            "state": OPERATIONAL,
            "staff_role": OPERATIONAL,
            "org_type": OPERATIONAL,
            "status": OPERATIONAL,
            "cases_to": OPERATIONAL,
            "cases_to_organisation": OPERATIONAL,
        },
        "staff.changed.v1": {"staff": OPERATIONAL, "staff.roles": OPERATIONAL},
        "referral.sent.v1": {"fields": OPERATIONAL},
        "transfer.moved.v1": {"state": OPERATIONAL},
        "referral.rejected.v1": {"reason": OPERATIONAL},
        "referral.held.v1": {"reason": OPERATIONAL},
        "referral.completed.v1": {"outcome": OPERATIONAL},
        "referral.failed.v1": {"reason": OPERATIONAL},
        "return.assessed.v1": {"result": OPERATIONAL, "grounds": SENSITIVE},
        "return.blocked.v1": {"reason": OPERATIONAL, "reasons": OPERATIONAL},
        "return.checked.v1": {"check": OPERATIONAL, "standing": OPERATIONAL, "grounds": SENSITIVE},
        "return.cleared.v1": {"result": OPERATIONAL},
        "return.suspended.v1": {"reason": OPERATIONAL},
        "return.closed.v1": {"outcome": OPERATIONAL},
        "agreement.changed.v1": {"fields": OPERATIONAL, "extract_reasons": OPERATIONAL},
        "envelope.refused.v1": {"code": OPERATIONAL},
        "disclosure.received.v1": {
            "grant": OPERATIONAL,
            "grant.fields": OPERATIONAL,
            "grant.basis": OPERATIONAL,
            "grant.law": OPERATIONAL,
            "fields": OPERATIONAL,
            "fields.field": OPERATIONAL,
            "fields.value": IDENTITY,  # any field of the case file, so the strictest
        },
        "process.received.v1": {"code": OPERATIONAL, "reason": OPERATIONAL},
        "recall.answered.v1": {"law": OPERATIONAL},
        "extract.requested.v1": {"about": OPERATIONAL, "reason": OPERATIONAL},
        "extract.withdrawn.v1": {"about": OPERATIONAL, "reason": OPERATIONAL},
        "extract.released.v1": {"entries": OPERATIONAL},
        "extract.refused.v1": {"reason": OPERATIONAL},
        "extract.asked.v1": {"about": OPERATIONAL, "reason": OPERATIONAL},
        "extract.retracted.v1": {"about": OPERATIONAL, "reason": OPERATIONAL},
        "extract.declined.v1": {"reason": OPERATIONAL},
        "extract.prepared.v1": {"about": OPERATIONAL, "reason": OPERATIONAL, **_EXTRACTED},
        "extract.received.v1": _EXTRACTED,
    }
)
"""`fields` are names of case-file fields, never values. A dotted path is a field of a nested object."""

CASE_FILE: Mapping[str, Classification] = MappingProxyType(
    {
        "cor_FullName": IDENTITY,
        "prs_FirstName": IDENTITY,
        "prs_MiddleName": IDENTITY,
        "prs_SecondName": IDENTITY,
        "prs_Salutation": IDENTITY,
        "prs_Title": IDENTITY,
        "prs_Birthdate": IDENTITY,
        "prs_Deceased": SENSITIVE,
        "prs_IdentityNumber": IDENTITY,
        "cor_TravelDocumentNumber": IDENTITY,
        "prs_Email": IDENTITY,
        "prs_HomePhone": IDENTITY,
        "prs_MobilePhone": IDENTITY,
        "prs_MailingCity": IDENTITY,
        "prs_MailingCountry": IDENTITY,
        "prs_MailingState": IDENTITY,
        "prs_MailingStreet": IDENTITY,
        "prs_MailingPostalCode": IDENTITY,
        "prs_MailingLongitude": IDENTITY,
        "prs_MailingLatitude": IDENTITY,
        "prs_Gender": IDENTITY,
        "prs_Citizenship": IDENTITY,
        "prs_PrimaryLanguage": IDENTITY,
        "prs_SecondaryLanguage": IDENTITY,
        "prs_HighestLevelOfEducation": SENSITIVE,
        "prs_MaritalStatus": SENSITIVE,
        "prs_NumberOfChildren": SENSITIVE,
        "cor_Dependants": SENSITIVE,
        "cor_FamilyContact": IDENTITY,
        "vic_TraffickingStatus": SENSITIVE,
        "vic_TraffickingStatusDecisionMakingOrg": SENSITIVE,
        "vic_RelationshipToTrafficker": SENSITIVE,
        "vic_AgeWhenTrafficked": SENSITIVE,
        "vic_RecruitmentWebsitesAndApps": SENSITIVE,
        "vic_ExploitationWebsitesAndApps": SENSITIVE,
        "vic_MethodOfRecruitment": SENSITIVE,
        "vic_LocationOfRecruitment": SENSITIVE,
        "vic_MethodsOfControl": SENSITIVE,
        "vic_TypeOfExploitation": SENSITIVE,
        "vic_ForcedLabourIndustry": SENSITIVE,
        "vic_TypeOfSexExploitation": SENSITIVE,
        "vic_LocationOfExploitation": SENSITIVE,
        "cor_Needs": SENSITIVE,
        "cor_UrgentProtection": SENSITIVE,
        "cor_UrgentHealth": SENSITIVE,
        "cor_Health": SENSITIVE,
        "cor_Pregnancy": SENSITIVE,
        "cor_Outcome": SENSITIVE,
    }
)
"""The fields that forms and files ask for. None is operational: a case file is about a person."""


def classify(event_type: str, path: str) -> Classification | None:
    """The class of one body field; None for a field that nobody has classified."""
    own = BY_EVENT.get(event_type, {}).get(path)
    if own is not None:
        return own
    return OPERATIONAL if path.rpartition(".")[2] in ALWAYS_OPERATIONAL else None
