"""What every writing route does with the version that the caller saw. A route that stands in no class fails a test."""

from enum import StrEnum
from types import MappingProxyType

from tests.authorisation.table import OPERATIONS, Row


class Change(StrEnum):
    """Why If-Match is needed, or why not."""

    REPLACES = "takes the place of what another may have written: 428 without If-Match, 412 with an old one"
    MOVES = "the present state allows it or not; If-Match is not needed, an old one is 412 where it is read"
    PROTECTS = "takes back, holds or warns: a page that is old never stands in the way"
    ADDS = "makes something new beside what is there"
    ASKS = "changes nothing of a case: a preview, a question between services, what an operator does to the pipeline"


_OF = {
    Change.REPLACES: """
        intake POST /v1/cases/{case_id}/assignment
        intake PUT /v1/cases/{case_id}/fields
        intake PATCH /v1/drafts/{draft_id}
        intake PATCH /v1/calls/{call_id}
        intake PUT /v1/incidents/{incident_id}
        intake POST /v1/cases/{case_id}/status
        intake POST /v1/cases/{case_id}/age-assessment
        intake POST /v1/cases/{case_id}/needs
        intake PUT /v1/cases/{case_id}/notes/{note_id}
        intake PUT /v1/tasks/{task_id}
        consent POST /v1/consents/{consent_id}/renew
        consent POST /v1/consents/{consent_id}/confirm-guardian
        consent PUT /v1/notices/{notice_id}
        consent POST /v1/notices/{notice_id}/approve
        directory POST /v1/proposals/{proposal_id}/confirm
        exchange POST /v1/distrusts/{distrust_id}/confirm
        exchange POST /v1/trust-documents/{document_id}/confirm
        consent POST /v1/protections/{consent_id}/approve
        directory PUT /v1/organisations/{organisation}
        directory PUT /v1/organisations/{organisation}/services/{service}
    """,
    Change.MOVES: """
        intake POST /v1/cases/{case_id}/duplicates/{other_case_id}/decision
        intake POST /v1/cases/{case_id}/received/{disclosure_id}/retain
        intake POST /v1/break-glass/{glass_id}/review
        intake POST /v1/drafts/{draft_id}/take
        intake POST /v1/drafts/{draft_id}/submit
        intake POST /v1/drafts/{draft_id}/abandon
        intake POST /v1/drafts/{draft_id}/resume
        intake POST /v1/erasures/{erasure_id}/confirm
        intake POST /v1/erasures/{erasure_id}/refuse
        intake POST /v1/erasures/{erasure_id}/cancel
        intake DELETE /v1/cases/{case_id}/holds/{hold_id}
        intake POST /v1/cases/{case_id}/notes/{note_id}/strike
        intake POST /v1/tasks/{task_id}/complete
        intake POST /v1/cases/{case_id}/close
        intake POST /v1/cases/{case_id}/resume
        intake POST /v1/incidents/{incident_id}/withdraw
        intake POST /v1/calls/{call_id}/close
        intake POST /v1/calls/{call_id}/reopen
        intake POST /v1/calls/{call_id}/attach
        intake POST /v1/calls/{call_id}/case
        intake POST /v1/calls/{call_id}/detach
        intake POST /v1/tasks/{task_id}/cancel
        intake POST /v1/tasks/{task_id}/reopen
        intake POST /v1/leaves/{leave_id}/end
        intake POST /v1/leaves/{leave_id}/include
        consent POST /v1/protections/{consent_id}/review
        consent POST /v1/notices/{notice_id}/propose
        consent POST /v1/notices/{notice_id}/withdraw
        consent POST /v1/notices/{notice_id}/decline-withdrawal
        directory POST /v1/proposals/{proposal_id}/withdraw
        exchange POST /v1/distrusts/{distrust_id}/withdraw
        exchange POST /v1/trust-documents/{document_id}/withdraw
        referral POST /v1/referrals/{referral_id}/send
        referral POST /v1/referrals/{referral_id}/accept
        referral POST /v1/referrals/{referral_id}/start
        referral POST /v1/referrals/{referral_id}/resume
        referral POST /v1/referrals/{referral_id}/complete
        referral POST /v1/referrals/{referral_id}/fail
        returns POST /v1/returns/{return_id}/counsel
        returns POST /v1/returns/{return_id}/decide
        returns POST /v1/returns/{return_id}/confirm
        returns POST /v1/returns/{return_id}/assess
        returns POST /v1/returns/{return_id}/fitness
        returns POST /v1/returns/{return_id}/checks
        returns POST /v1/returns/{return_id}/clear
        returns POST /v1/returns/{return_id}/resume
        returns POST /v1/returns/{return_id}/depart
        returns POST /v1/returns/{return_id}/arrive
        returns POST /v1/returns/{return_id}/close
        audit POST /v1/extracts/{request_id}/release
        audit POST /v1/extracts/{request_id}/refuse
        audit POST /v1/extracts/{request_id}/withdraw
        notify POST /v1/inbox/read
        notify POST /v1/inbox/{notification_id}/read
    """,
    Change.PROTECTS: """
        interchange DELETE /v1/exports/{export_id}
        intake POST /v1/cases/{case_id}/holds
        intake POST /v1/cases/{case_id}/dependants/{link_id}/unlink
        intake POST /v1/leaves/{leave_id}/exclude
        consent POST /v1/consents/{consent_id}/withdraw
        consent POST /v1/consents/{consent_id}/withdraw-part
        consent POST /v1/consents/{consent_id}/revoke
        consent POST /v1/protections/{consent_id}/decline
        consent POST /v1/grants/{disclosure_id}/withdraw
        directory POST /v1/organisations/{organisation}/suspend
        exchange POST /v1/keys/{kid}/distrust
        exchange POST /v1/agreements/{agreement_id}/suspend
        referral POST /v1/referrals/{referral_id}/reject
        referral POST /v1/referrals/{referral_id}/hold
        referral POST /v1/referrals/{referral_id}/cancel
        referral POST /v1/referrals/{referral_id}/correct
        returns POST /v1/returns/{return_id}/suspend
        returns POST /v1/returns/{return_id}/turn-back
        returns POST /v1/returns/{return_id}/miss
        returns POST /v1/returns/{return_id}/withdraw
        exchange POST /internal/v1/disclosures/{disclosure_id}/fence
    """,
    Change.ADDS: """
        intake POST /v1/cases/{case_id}/break-glass
        intake POST /v1/cases
        intake POST /v1/cases/{case_id}/erasures
        intake POST /v1/cases/{case_id}/dependants
        intake POST /v1/cases/{case_id}/dependants/link
        intake POST /v1/cases/{case_id}/screenings
        intake POST /v1/cases/{case_id}/screenings/{screening_id}/correct
        intake POST /v1/cases/{case_id}/screening-drafts
        intake POST /v1/drafts
        intake POST /v1/cases/{case_id}/notes
        intake POST /v1/tasks
        intake POST /v1/calls
        intake POST /v1/incidents
        intake POST /v1/team/assign
        intake POST /v1/leaves
        interchange POST /v1/imports
        interchange POST /v1/exports
        intake POST /internal/v1/imports/{import_id}/rows
        consent POST /v1/cases/{case_id}/consents
        consent POST /v1/cases/{case_id}/hand-overs
        consent POST /v1/cases/{case_id}/protections
        consent POST /v1/notices
        directory POST /v1/proposals
        exchange POST /v1/trust-documents
        consent POST /internal/v1/disclosures/{disclosure_id}/seal-token
        referral POST /v1/referrals
        returns POST /v1/returns
        audit POST /v1/chain/verifications
        audit POST /v1/extracts
    """,
    Change.ASKS: """
        intake POST /internal/v1/exports/{export_id}/cases
        intake POST /internal/v1/exports/{export_id}/rows
        intake POST /v1/cases/search
        intake POST /internal/v1/cases/{case_id}/standing
        intake POST /internal/v1/cases/{case_id}/disclosable
        intake POST /internal/v1/file-rows/known
        consent POST /v1/cases/{case_id}/hand-overs/preview
        consent POST /internal/v1/preview
        exchange POST /internal/v1/cases/{case_id}/standing
    """,
}

CHANGES = MappingProxyType(
    {line.strip(): kind for kind, text in _OF.items() for line in text.strip().split("\n")}
)


def change_of(row: Row) -> Change | None:
    """None for a route that nobody has thought about yet."""
    return Change.ASKS if row.path in OPERATIONS else CHANGES.get(str(row))
