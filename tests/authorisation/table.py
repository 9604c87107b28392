"""Every route of every service, who may call it, and a right call of it. A route that does not stand here fails a test.

Written by hand from docs/access.md and not from the policies, so that the two check each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.catalogue import SERVICES
from contracts.disclosure import fields_hash
from contracts.internal import HELD_BY
from tests.authorisation.actors import AGENCY
from tests.consent.making import agreed, answer
from tests.intake.making import form as case_form
from tests.returns.making import RETURNING, departure

EXEMPT = frozenset({("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/openapi.json")})
"""What needs no token, in every service. This list only shrinks."""

OF_PAPERS = {service: frozenset({("GET", "/v1/papers/{code}")}) for service in ("consent", "intake")}
"""What needs no token because whoever holds a printed paper has none: `tests/consent/test_receipt_paper.py` says what it answers."""


@dataclass(frozen=True, slots=True)
class Row:
    """`subject` names what is made before the call (tests/authorisation/worlds.py); `{name}` is one of its identifiers."""

    service: str
    method: str
    path: str
    action: str
    allowed: frozenset[str]
    subject: str = "nothing"
    body: Mapping[str, Any] | None = None
    status: int = 200
    query: Mapping[str, str] | None = None
    file: bytes | None = None
    listed: str | None = None
    seen_by: frozenset[str] = frozenset()
    """For a worklist: the identifier that must stand on it for these, and for nobody else."""
    headers: Mapping[str, str] | None = None
    """Of the route's own."""
    seen: str = "*"
    """For If-Match: the version of the subject as it is made, where a command asks for that and for no other."""

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"


def _kinds(*names: str) -> frozenset[str]:
    return frozenset(names)


CARE = _kinds("worker", "supervisor")
INTAKE = CARE | {"officer"}
DECIDE = _kinds("officer", "supervisor")
TEAM = INTAKE | {"colleague"}
"""Whoever may open cases for the organisation: what one of them began, another takes up."""
SUPERVISOR = _kinds("supervisor")
SENT_HERE = _kinds("officer", "sending machine")
"""An officer sees what the agency's machine sent; the machine nothing that an officer sent."""
SUPERVISORS = SUPERVISOR | {"supervisor elsewhere"}
OFFICERS = _kinds("officer", "officer elsewhere")
CARE_DOOR = _kinds("worker", "colleague", "worker elsewhere", "supervisor", "supervisor elsewhere")
DOOR = CARE_DOOR | OFFICERS
BORDER = CARE_DOOR | {"auditor", "operator"}
PERSONNEL = DOOR | {"auditor", "operator"}
HOLDERS = _kinds("service:intake", "service:consent", "service:referral", "service:returns", "service:audit")
AUDITOR, OPERATOR = _kinds("auditor"), _kinds("operator")
SENDING, FETCHING = _kinds("sending machine"), _kinds("fetching machine")
MACHINES = SENDING | FETCHING
TAKE_MACHINES = ("intake", "interchange", "directory")
"""All other services refuse machines, whatever they ask for."""

CASE = "/v1/cases/{case_id}"
DRAFT = "/v1/drafts/{draft_id}"
TASKS = "/v1/tasks/{task_id}"
LEAVE = "/v1/leaves/{leave_id}"
CALLS = "/v1/calls/{call_id}"
INCIDENTS = "/v1/incidents/{incident_id}"
ERASURE = "/v1/erasures/{erasure_id}"
PAIR = f"{CASE}/duplicates/{{other_case_id}}"
REFERRAL = "/v1/referrals/{referral_id}"
RETURN = "/v1/returns/{return_id}"
EXTRACT = "/v1/extracts/{request_id}"
ORGANISATION = "/v1/organisations/{organisation}"
PROPOSAL = "/v1/proposals/{proposal_id}"
DISTRUST = "/v1/distrusts/{distrust_id}"
LOST_KEY, AGREED = "/v1/keys/{kid}/distrust", "/v1/agreements/{agreement_id}/suspend"
TICKET = {"ticket": "OPS-1042"}
TRUST_DOCUMENT = "/v1/trust-documents/{document_id}"
SIGNED = {**TICKET, "document": "{document}", "signatures": "{signatures}"}
KEY_LOST = {**TICKET, "since": "2026-01-01T00:00:00Z"}
EXPORTS = "/v1/exports"
CSV = b"cor_ExternalId,prs_First_Name,prs_Gender\n1,Sokha,Feminine\n"
GIVEN = {"case_ids": ["{case_id}"], "worker": "th.colleague"}
AWAY = {"cover": "th.worker-7", "first_day": "{day}", "last_day": "{day}"}
CALL_BACK = {"way": "telephone", "contact": "+66 81 000 0000", "safe": "After nine"}
INCIDENT = {
    "kind": "confinement",
    "province": "TH-21",
    "month": "2025-03",
    "certainty": "likely",
    "text": "A fenced house by the pier",
}
NAMED = {"reason": "person-named"}
CALL = {"kind": "tells", "text": "Three of us are locked in", "callback": CALL_BACK}
ATTACHED = {"case_id": "{case_id}", "agreed": "called-back"}
SEALED = ["cor_FullName", "cor_Needs", "prs_MobilePhone"]


def _intake() -> list[Row]:
    def row(method: str, path: str, action: str, allowed: frozenset[str], *args: Any, **more: Any) -> Row:
        return Row("intake", method, path, action, allowed, *args, **more)

    screening = {"checklist": "ilo-ec-labour-adult", "answers": {"exploitation.low_pay": "yes"}}
    status = {
        "status": "ActualVictimOfTrafficking",
        "deciding_organisation": "NGO",
        "reasons": "as she told it",
    }
    return [
        row("POST", "/v1/cases", "case.open", DOOR | SENDING, body=case_form(), status=201),
        row("GET", "/v1/cases", "case.read", DOOR, "case", listed="case_id", seen_by=INTAKE),
        row(
            "POST",
            "/v1/cases/search",
            "case.read",
            INTAKE,
            "case",
            {"case_id": "{case_id}"},
        ),
        row("GET", CASE, "case.read", INTAKE, "case"),
        row("POST", f"{CASE}/assignment", "case.assign", DECIDE, "case", {"organisation": AGENCY}),
        row("GET", f"{CASE}/duplicates", "case.read", INTAKE, "case"),
        row("GET", PAIR, "case.read", INTAKE, "two_cases"),
        row(
            "POST",
            f"{PAIR}/decision",
            "case.write",
            INTAKE,
            "two_cases",
            {"decision": "same-person", "reason": "papers"},
        ),
        row("GET", f"{CASE}/dependants", "case.read", INTAKE, "case"),
        row("POST", f"{CASE}/dependants", "case.write", INTAKE, "case", {"relation": "child"}, 201),
        row(
            "POST",
            f"{CASE}/dependants/link",
            "case.write",
            INTAKE,
            "two_cases",
            {"other_case_id": "{other_case_id}", "relation": "sibling"},
            201,
        ),
        row(
            "POST",
            f"{CASE}/dependants/{{link_id}}/unlink",
            "case.write",
            INTAKE,
            "dependant",
            {"reason": "danger"},
        ),
        row("GET", f"{CASE}/fields", "case.read", INTAKE, "case"),
        row(
            "PUT",
            f"{CASE}/fields",
            "case.write",
            INTAKE,
            "case",
            {"fields": {"cor_FullName": "Dara"}, "reason": "misheard"},
        ),
        row("GET", f"{CASE}/fields/history", "case.read", INTAKE, "case"),
        row("GET", "/v1/checklists", "case.read", DOOR),
        row("GET", "/v1/checklists/{checklist}/versions/{version}", "case.read", DOOR, "checklist"),
        row("GET", "/v1/forms", "case.read", DOOR),
        row("GET", "/v1/forms/{form}/versions/{version}", "case.read", DOOR, "form"),
        row("GET", f"{CASE}/form-answers", "case.read", INTAKE, "form_answers"),
        row("POST", f"{CASE}/screenings", "case.screen", INTAKE, "case", screening, 201),
        row("GET", f"{CASE}/screenings", "case.read", INTAKE, "screening"),
        row("GET", f"{CASE}/screenings/{{screening_id}}", "case.read", INTAKE, "screening"),
        row(
            "POST",
            f"{CASE}/screenings/{{screening_id}}/correct",
            "case.screen",
            INTAKE,
            "screening",
            {"answers": {"exploitation.low_pay": "no"}, "reason": "misheard"},
            201,
        ),
        row("POST", f"{CASE}/screening-drafts", "case.screen", INTAKE, "case", screening, 201),
        row("POST", "/v1/drafts", "draft.write", DOOR, body={"channel": "self-referral"}, status=201),
        row("GET", "/v1/drafts", "case.read", DOOR, "draft", listed="draft_id", seen_by=TEAM),
        row("GET", DRAFT, "draft.write", TEAM, "draft"),
        row("PATCH", DRAFT, "draft.write", TEAM, "draft", {"fields": {"cor_FullName": "Dara"}}),
        row("POST", f"{DRAFT}/take", "draft.write", TEAM, "draft"),
        row("POST", f"{DRAFT}/submit", "draft.write", TEAM, "draft"),
        row("POST", f"{DRAFT}/abandon", "draft.write", TEAM, "draft", {"reason": "ended"}),
        row("POST", f"{DRAFT}/resume", "draft.write", TEAM, "abandoned_draft"),
        row("POST", f"{CASE}/status", "case.identify", DECIDE, "case", status, 201),
        row("GET", f"{CASE}/status", "case.read", INTAKE, "status"),
        row("POST", f"{CASE}/age-assessment", "case.assess-age", DECIDE, "case", AGE, 201),
        row("GET", f"{CASE}/age-assessment", "case.read", INTAKE, "case"),
        row("POST", f"{CASE}/holds", "hold.place", INTAKE, "case", {}, 201),
        row("GET", f"{CASE}/holds", "case.read", INTAKE, "hold"),
        row("GET", f"{CASE}/holds/{{hold_id}}/paper", "case.read", INTAKE, "hold"),
        row("DELETE", f"{CASE}/holds/{{hold_id}}", "hold.lift", INTAKE, "hold"),
        row("POST", f"{CASE}/notes", "note.write", INTAKE, "case", NOTE, 201),
        row("GET", f"{CASE}/notes", "note.read", INTAKE, "note"),
        row("GET", f"{CASE}/notes/{{note_id}}", "note.read", INTAKE, "note"),
        row("PUT", f"{CASE}/notes/{{note_id}}", "note.mend", CARE, "note", CORRECTION),
        row("POST", f"{CASE}/notes/{{note_id}}/strike", "note.mend", CARE, "note", STRIKE),
        row("GET", "/v1/team", "team.read", SUPERVISORS),
        row("POST", "/v1/team/assign", "team.assign", SUPERVISORS, "case", GIVEN),
        row("POST", "/v1/leaves", "leave.plan", DOOR, "free_day", AWAY, 201),
        row(
            "GET", "/v1/leaves", "leave.plan", DOOR, "leave", listed="leave_id", seen_by=CARE | {"colleague"}
        ),
        row("POST", f"{LEAVE}/end", "leave.plan", CARE, "leave"),
        row("POST", f"{LEAVE}/exclude", "team.assign", SUPERVISOR, "leave", {"case_id": "{case_id}"}),
        row("POST", f"{LEAVE}/include", "team.assign", SUPERVISOR, "leave", {"case_id": "{case_id}"}),
        row("GET", f"{CASE}/closing", "case.read", INTAKE, "case"),
        row("POST", f"{CASE}/close", "case.close", INTAKE, "case", {"reason": "contact-lost"}),
        row("POST", f"{CASE}/resume", "case.close", INTAKE, "closed", {"reason": "contact-again"}),
        row("POST", "/v1/tasks", "task.write", INTAKE, "case", TASK, 201),
        row("GET", "/v1/tasks", "task.read", DOOR, "task", listed="task_id", seen_by=INTAKE),
        row("GET", TASKS, "task.read", INTAKE, "task"),
        row("GET", TASKS, "task.read", TEAM, "team_task"),
        row("PUT", TASKS, "task.write", INTAKE, "task", TASK_CHANGE),
        row("POST", f"{TASKS}/complete", "task.write", INTAKE, "task"),
        row("POST", f"{TASKS}/cancel", "task.write", INTAKE, "task", {"reason": "not-needed"}),
        row("POST", f"{TASKS}/reopen", "task.write", INTAKE, "completed_task"),
        row("POST", "/v1/calls", "call.write", DOOR, body=CALL, status=201),
        row("GET", "/v1/calls", "call.read", DOOR, "call", listed="call_id", seen_by=TEAM),
        row("GET", CALLS, "call.read", TEAM, "call"),
        row("GET", CALLS, "call.read", INTAKE, "attached_call"),
        row("PATCH", CALLS, "call.write", TEAM, "call", {"text": "Another word", "callback": CALL_BACK}),
        row("POST", f"{CALLS}/close", "call.write", TEAM, "call", {"reason": "referred"}),
        row("POST", f"{CALLS}/reopen", "call.write", TEAM, "closed_call"),
        row("POST", f"{CALLS}/attach", "call.write", TEAM, "call_and_case", ATTACHED),
        row("POST", f"{CALLS}/case", "call.write", TEAM, "call", {"agreed": "in-the-call"}, 201),
        row("POST", f"{CALLS}/detach", "call.write", INTAKE, "attached_call"),
        row("POST", "/v1/incidents", "incident.write", DOOR, body=INCIDENT, status=201),
        row("GET", "/v1/incidents", "incident.read", DOOR, "incident", listed="incident_id", seen_by=TEAM),
        row("GET", INCIDENTS, "incident.read", TEAM, "incident"),
        row("GET", INCIDENTS, "incident.read", DOOR, "shared_incident"),
        row("PUT", INCIDENTS, "incident.write", TEAM, "incident", {**INCIDENT, "reason": "more-known"}),
        row("POST", f"{INCIDENTS}/withdraw", "incident.write", TEAM, "shared_incident", NAMED),
        row("GET", "/v1/incidents/trends/{month}", "trend.read", DOOR | AUDITOR, "settled"),
        row("GET", "/v1/provinces", "codes.read", PERSONNEL | MACHINES),
        row("POST", f"{CASE}/needs", "case.assess", INTAKE, "case", NEEDS, 201),
        row("GET", f"{CASE}/needs", "case.read", INTAKE, "needs"),
        row(
            "GET",
            "/v1/submissions",
            "submission.read",
            OFFICERS | SENDING,
            "case",
            listed="id",
            seen_by=_kinds("officer"),
        ),
        row(
            "POST",
            f"{CASE}/received/{{disclosure_id}}/retain",
            "disclosure.retain",
            SUPERVISOR,
            "recalled",
            {"law": "th-archives"},
        ),
        row("GET", "/v1/statistics/{month}", "statistics.read", AUDITOR, "settled"),
        row("GET", "/v1/exports/ctdc/{year}", "statistics.read", AUDITOR, "settled"),
        row("GET", "/v1/submissions/{case_id}", "submission.read", _kinds("officer"), "case"),
        row("GET", "/v1/submissions/{case_id}", "submission.read", SENDING, "case_of_machine"),
        row("POST", f"{CASE}/break-glass", "glass.break", CARE_DOOR, "case", EMERGENCY, 201),
        row("GET", f"{CASE}/emergency", "glass.read", _kinds("worker elsewhere"), "broken_glass"),
        row(
            "GET",
            "/v1/break-glass",
            "glass.review",
            _kinds("supervisor", "supervisor elsewhere"),
            "broken_glass",
            listed="glass_id",
            seen_by=SUPERVISOR,
        ),
        row(
            "POST",
            "/v1/break-glass/{glass_id}/review",
            "glass.review",
            SUPERVISOR,
            "broken_glass",
            {"result": "upheld"},
        ),
        row("POST", f"{CASE}/erasures", "erasure.request", CARE, "case", {"reason": "she asked"}, 201),
        row("GET", f"{CASE}/erasures", "erasure.read", CARE, "erasure"),
        row("GET", f"{CASE}/access-report", "report.read", CARE, "case"),
        row("GET", f"{CASE}/access-report/paper", "report.read", CARE, "case"),
        row("GET", f"{CASE}/erasure-preview", "erasure.read", CARE, "case"),
        row("POST", f"{ERASURE}/confirm", "erasure.confirm", SUPERVISOR, "erasure"),
        row("POST", f"{ERASURE}/refuse", "erasure.confirm", SUPERVISOR, "erasure", {"law": "th-archives"}),
        row("POST", f"{ERASURE}/cancel", "erasure.request", CARE, "erasure"),
        row(
            "POST",
            "/internal/v1/cases/{case_id}/standing",
            "internal.standing",
            HOLDERS,
            "case",
            STANDING,
        ),
        row(
            "POST",
            "/internal/v1/cases/{case_id}/disclosable",
            "internal.disclosable",
            _kinds("service:exchange"),
            "authorised",
            {"disclosure_id": "{disclosure_id}", "fields": ["cor_FullName"]},
        ),
        row(
            "POST",
            "/internal/v1/file-rows/known",
            "internal.open-rows",
            _kinds("service:interchange"),
            body={**ASKED_FOR, "rows": [ROW]},
        ),
        row(
            "POST",
            "/internal/v1/imports/{import_id}/rows",
            "internal.open-rows",
            _kinds("service:interchange"),
            "file",
            FILE_ROWS,
        ),
        row(
            "POST",
            "/internal/v1/exports/{export_id}/cases",
            "internal.export-rows",
            _kinds("service:interchange"),
            "exporting",
            ASKED_FOR,
        ),
        row(
            "POST",
            "/internal/v1/exports/{export_id}/rows",
            "internal.export-rows",
            _kinds("service:interchange"),
            "exporting",
            {"organisation": AGENCY, "rows": [{**ROW, "case_id": "{case_id}"}]},
        ),
    ]


ROW = {"line": 2, "key": "a" * 64, "content": "b" * 64}
ASKED_FOR = {
    "subject": "th.worker",
    "organisation": AGENCY,
    "roles": ["case_worker"],
    "purpose": "case-management",
}
FILE_ROWS = {
    **ASKED_FOR,
    "policy": "0123456789abcdef",
    "rows": [{**ROW, "fields": {"cor_FullName": "Sokha"}}],
}
STANDING = {
    "action": "consent.record",
    "subject": "somebody",
    "organisation": AGENCY,
    "roles": ["case_worker"],
    "purpose": "case-management",
}
NOTICE = "/v1/notices/{notice_id}"
WORDS = {"title": "Before you decide", "paragraphs": ["You decide whether we may tell them."]}
OF_NOTICE = {"version": "{version}", "language": "en"}
PROTECTION = {"recipient": "th-shelter", "law": "th-personal-data-26-1", "reasons": "unconscious"}
EMERGENCY = {"emergency": "medical", "reason": "She lies in our emergency room and nobody answers"}
AGE = {"result": "adult", "basis": "document", "reasons": "her passport was seen"}
NOTE = {"category": "call", "text": "She asked for her sister to be told"}
STRIKE = {"reason": "it was about somebody else"}
CORRECTION = {"text": "She asked that nobody be told", "reason": "misheard"}
TASK = {"case_id": "{case_id}", "kind": "call", "worker": "th.worker", "text": "Call her aunt"}
TASK_CHANGE = {"kind": "visit", "worker": "th.worker", "text": "Visit her aunt"}
NEEDS = {"urgency": "urgent", "needs": ["shelter"], "note": "a quiet room"}


def _consent() -> list[Row]:
    def row(method: str, path: str, action: str, allowed: frozenset[str], *args: Any, **more: Any) -> Row:
        return Row("consent", method, path, action, allowed, *args, **more)

    consent, internal = "/v1/consents/{consent_id}", "/internal/v1"
    protection, govstack = "/v1/protections/{consent_id}", "/v1/govstack"
    preview = {
        "case_id": "{case_id}",
        "purpose": "return-and-reintegration",
        "recipient": "kh-reintegration-agency",
        "recipient_cell": "KH",
        "recipient_role": "reintegration",
        "fields": ["cor_FullName"],
    }
    token = {"recipient": "kh-reintegration-agency", "revision": 1, "fields_hash": fields_hash(SEALED)}
    asking = _kinds("service:intake", "service:referral", "service:returns")
    names = {"witness": "Malee", "interpreter": "Dara", "interpreter_undertaking": True}
    return [
        row("POST", f"{CASE}/consents", "consent.record", INTAKE, "case", answer(**names), 201),
        row("GET", f"{CASE}/consents", "consent.inspect", INTAKE | AUDITOR, "consent"),
        row("GET", "/v1/consents", "consent.read", CARE_DOOR, "consent", listed="consent_id", seen_by=CARE),
        row("GET", consent, "consent.inspect", INTAKE | AUDITOR, "consent"),
        row("POST", f"{consent}/renew", "consent.record", INTAKE, "consent", agreed(**names)),
        row("POST", f"{consent}/withdraw", "consent.withdraw", INTAKE, "consent"),
        row("POST", f"{CASE}/hand-overs/preview", "case.hand-over", INTAKE, "case", HAND_OVER),
        row("POST", f"{CASE}/hand-overs", "case.hand-over", INTAKE, "case", HAND_OVER, 201),
        row(
            "POST",
            "/v1/grants/{disclosure_id}/withdraw",
            "consent.withdraw",
            INTAKE,
            "granted_here",
            status=202,
        ),
        row("GET", f"{consent}/guardian", "consent.read", INTAKE, "guarded"),
        row(
            "POST",
            f"{consent}/confirm-guardian",
            "consent.confirm",
            CARE,
            "guarded",
            {"not_involved": True},
            seen='"1"',
        ),
        row(
            "POST",
            f"{consent}/withdraw-part",
            "consent.withdraw",
            INTAKE,
            "consent",
            {"categories": ["contact"]},
        ),
        row("POST", f"{CASE}/protections", "protection.request", INTAKE, "case", PROTECTION, 201),
        row(
            "GET",
            "/v1/protections",
            "protection.approve",
            CARE_DOOR,
            "requested",
            listed="consent_id",
            seen_by=CARE,
        ),
        row(
            "POST",
            f"{protection}/approve",
            "protection.approve",
            CARE,
            "requested_by_colleague",
            seen=f'"1.{fields_hash(("cor_FullName", "cor_Needs"))}"',
        ),
        row(
            "POST",
            f"{protection}/decline",
            "protection.approve",
            CARE,
            "requested_by_colleague",
            {"reasons": "she can be asked"},
        ),
        row("GET", protection, "protection.review", SUPERVISOR, "protected"),
        row(
            "POST",
            f"{protection}/review",
            "protection.review",
            SUPERVISOR,
            "protected",
            {"upheld": True, "reasons": "seen with the doctor"},
        ),
        row("POST", f"{consent}/revoke", "consent.revoke", SUPERVISOR, "consent"),
        row("GET", f"{consent}/receipt", "consent.inspect", INTAKE | AUDITOR, "consent"),
        row("GET", f"{consent}/receipt/paper", "consent.read", INTAKE, "consent"),
        row("GET", "/v1/notices", "notice.read", DOOR | AUDITOR, "notice"),
        row("GET", NOTICE, "notice.read", DOOR | AUDITOR, "notice"),
        row("POST", "/v1/notices", "notice.write", SUPERVISORS, "next_notice", {**WORDS, **OF_NOTICE}, 201),
        row("PUT", NOTICE, "notice.write", SUPERVISORS, "notice", WORDS),
        row("POST", f"{NOTICE}/propose", "notice.write", SUPERVISORS, "notice"),
        row("POST", f"{NOTICE}/approve", "notice.write", SUPERVISORS, "proposed_notice", seen='"2"'),
        row("POST", f"{NOTICE}/withdraw", "notice.write", SUPERVISORS, "notice"),
        row("POST", f"{NOTICE}/decline-withdrawal", "notice.write", SUPERVISORS, "asked_withdrawal"),
        row("GET", f"{govstack}/config/policies/", "notice.read", DOOR | AUDITOR, "notice_in_force"),
        row(
            "GET",
            f"{govstack}/service/policy/{{notice_id}}/",
            "notice.read",
            DOOR | AUDITOR,
            "notice_in_force",
        ),
        *(
            row("GET", f"{govstack}/{path}/{{consent_id}}/", "consent.inspect", INTAKE | AUDITOR, "consent")
            for path in (
                "service/data-agreement",
                "service/verification/consent-record",
                "audit/consent-record",
            )
        ),
        row(
            "GET",
            f"{govstack}/service/individual/record/consent-record/",
            "consent.inspect",
            INTAKE | AUDITOR,
            "consent",
            headers={"X-ConsentBB-IndividualId": "{case_id}"},
        ),
        row("GET", f"{CASE}/ledger", "consent.inspect", INTAKE | AUDITOR, "disclosure"),
        row("GET", f"{CASE}/grants", "consent.inspect", INTAKE | AUDITOR, "granted"),
        row(
            "POST", f"{internal}/preview", "internal.preview", _kinds("service:referral"), "consent", preview
        ),
        row(
            "POST",
            f"{internal}/disclosures/{{disclosure_id}}/seal-token",
            "internal.seal-token",
            _kinds("service:exchange"),
            "disclosure",
            token,
        ),
        row("GET", f"{internal}/grants/{{disclosure_id}}", "internal.granted", asking, "granted"),
    ]


HAND_OVER = {
    "answer": agreed(
        recipients=[{"organisation": "th-shelter", "country": "TH"}],
        witness="Malee",
    ),
    "transfer": {
        "recipient": "th-shelter",
        "service": "shelter",
        "purpose": "return-and-reintegration",
        "urgency": "immediate",
        "fields": ["cor_FullName"],
    },
}


def _referral() -> list[Row]:
    def row(method: str, path: str, action: str, allowed: frozenset[str], *args: Any, **more: Any) -> Row:
        return Row("referral", method, path, action, allowed, *args, **more)

    draft = {
        "case_id": "{case_id}",
        "recipient": "kh-reintegration-agency",
        "service": "reintegration",
        "purpose": "return-and-reintegration",
        "urgency": "urgent",
        "fields": ["cor_FullName", "cor_Needs"],
    }
    return [
        row("POST", "/v1/referrals", "referral.draft", CARE, "case", draft, 201),
        row("GET", "/v1/referrals", "referral.read", CARE_DOOR, "draft", listed="referral_id", seen_by=CARE),
        row("GET", REFERRAL, "referral.read", CARE, "draft"),
        row("GET", f"{REFERRAL}/preview", "disclosure.preview", CARE, "draft"),
        row("POST", f"{REFERRAL}/send", "referral.send", CARE, "draft"),
        row("POST", f"{REFERRAL}/accept", "referral.accept", CARE, "received"),
        row("POST", f"{REFERRAL}/reject", "referral.reject", CARE, "received", {"reason": "no-capacity"}),
        row("POST", f"{REFERRAL}/start", "referral.start", CARE, "accepted"),
        row("POST", f"{REFERRAL}/hold", "referral.hold", CARE, "started", {"reason": "awaiting-person"}),
        row("POST", f"{REFERRAL}/resume", "referral.resume", CARE, "held"),
        row(
            "POST",
            f"{REFERRAL}/complete",
            "referral.complete",
            CARE,
            "started",
            {"outcome": "service-delivered"},
        ),
        row("POST", f"{REFERRAL}/fail", "referral.fail", CARE, "started", {"reason": "moved-away"}),
        row("POST", f"{REFERRAL}/cancel", "referral.cancel", CARE, "sent"),
        row("POST", f"{REFERRAL}/correct", "referral.correct", CARE, "sent"),
    ]


def _interchange() -> list[Row]:
    def row(method: str, path: str, action: str, allowed: frozenset[str], *args: Any, **more: Any) -> Row:
        return Row("interchange", method, path, action, allowed, *args, **more)

    return [
        row("POST", "/v1/imports", "case.import", OFFICERS | SENDING, file=CSV, status=202),
        row(
            "GET",
            "/v1/imports",
            "case.import",
            OFFICERS | SENDING,
            "imported",
            listed="import_id",
            seen_by=_kinds("officer"),
        ),
        row("POST", EXPORTS, "case.export", CARE_DOOR | FETCHING, body={"format": "csv"}, status=202),
        row(
            "GET",
            EXPORTS,
            "case.export",
            CARE_DOOR | FETCHING,
            "exported",
            listed="export_id",
            seen_by=_kinds("worker"),
        ),
        row("GET", f"{EXPORTS}/{{export_id}}", "case.export", FETCHING, "exported_by_machine"),
        row("GET", f"{EXPORTS}/{{export_id}}/file", "case.export", FETCHING, "ready_for_machine"),
        row("DELETE", f"{EXPORTS}/{{export_id}}", "case.export", FETCHING, "exported_by_machine"),
        row("GET", f"{EXPORTS}/{{export_id}}", "case.export", _kinds("worker"), "exported"),
        row("GET", f"{EXPORTS}/{{export_id}}/file", "case.export", _kinds("worker"), "ready"),
        row("DELETE", f"{EXPORTS}/{{export_id}}", "case.export", _kinds("worker"), "exported"),
        row("GET", "/v1/imports/{import_id}", "case.import", _kinds("officer"), "imported"),
        row("GET", "/v1/imports/{import_id}/errors", "case.import", _kinds("officer"), "imported"),
        row("GET", "/v1/imports/{import_id}/rows", "case.import", _kinds("officer"), "imported"),
        *(
            row("GET", f"/v1/imports/{{import_id}}{part}", "case.import", SENT_HERE, "imported_by_machine")
            for part in ("", "/errors", "/rows")
        ),
    ]


def _directory() -> list[Row]:
    def row(method: str, path: str, action: str, allowed: frozenset[str], *args: Any, **more: Any) -> Row:
        return Row("directory", method, path, action, allowed, *args, **more)

    return [
        row("GET", "/v1/organisations", "directory.read", PERSONNEL | MACHINES, "listed"),
        row("GET", ORGANISATION, "directory.read", PERSONNEL | MACHINES, "listed"),
        row(
            "GET",
            "/v1/machines",
            "machine.read",
            SUPERVISORS | OPERATOR,
            "machines",
            listed="machine",
            seen_by=SUPERVISOR | OPERATOR,
        ),
        row("GET", "/v1/proposals", "directory.operate", OPERATOR, "proposed"),
        row("GET", PROPOSAL, "directory.operate", OPERATOR, "proposed"),
        row("POST", "/v1/proposals", "directory.operate", OPERATOR, "another", SUSPENSION, 201),
        row("POST", f"{PROPOSAL}/confirm", "directory.operate", OPERATOR, "proposed", seen='"1"'),
        row("POST", f"{PROPOSAL}/withdraw", "directory.operate", OPERATOR, "proposed"),
        row("POST", f"{ORGANISATION}/suspend", "directory.operate", OPERATOR, "another", CARETAKER, 201),
        row("PUT", ORGANISATION, "directory.write", SUPERVISOR, "listed", ORGANISATION_FORM),
        row(
            "PUT",
            f"{ORGANISATION}/services/{{service}}",
            "directory.write",
            SUPERVISOR,
            "listed",
            SERVICE_FORM,
        ),
    ]


CARETAKER = {"cases_to": "th.supervisor", "cases_to_organisation": "th-care-agency", "ticket": "OPS-12"}
SUSPENSION = {"change": "suspend-organisation", "organisation": "{organisation}", **CARETAKER}
ORGANISATION_FORM = {"name": "Care Agency", "role": "shelter", "languages": ["th"], "email": "desk@care.test"}
SERVICE_FORM = {
    "name": "Beds",
    "service": "shelter",
    "minimum_age": 18,
    "schedules": [{"byday": ["MO"], "opens_at": "09:00", "closes_at": "17:00"}],
}


def _returns() -> list[Row]:
    def row(method: str, path: str, action: str, allowed: frozenset[str], *args: Any, **more: Any) -> Row:
        return Row("returns", method, path, action, allowed, *args, **more)

    asked = {"case_id": "{case_id}", "receiver": "kh-reintegration-agency", "receiver_cell": "KH"}
    assessed = {"result": "safe", "grounds": "her aunt takes her in"}
    departing = departure()
    return [
        row("POST", "/v1/returns", "return.request", CARE, "case", asked, 201),
        row("GET", "/v1/returns", "return.read", CARE_DOOR, "requested", listed="return_id", seen_by=CARE),
        row("GET", RETURN, "return.read", CARE, "requested"),
        row("GET", f"{RETURN}/assessment", "return.read", CARE, "assessed"),
        row("GET", f"{RETURN}/checks", "return.read", CARE, "assessed"),
        row("POST", f"{RETURN}/counsel", "return.counsel", CARE, "requested"),
        row("POST", f"{RETURN}/decide", "return.decide", CARE, "counselled", RETURNING["decide"]),
        row("POST", f"{RETURN}/confirm", "return.confirm", CARE, "decided", RETURNING["confirm"]),
        row("POST", f"{RETURN}/assess", "return.assess", CARE, "decided", assessed),
        row("POST", f"{RETURN}/fitness", "return.prepare", CARE, "decided", RETURNING["fitness"]),
        row("POST", f"{RETURN}/checks", "return.prepare", CARE, "decided", RETURNING["checks"]),
        row("POST", f"{RETURN}/clear", "return.clear", CARE, "assessed"),
        row("POST", f"{RETURN}/suspend", "return.suspend", CARE, "cleared", {"reason": "safety-concern"}),
        row("POST", f"{RETURN}/resume", "return.resume", CARE, "suspended"),
        row("POST", f"{RETURN}/depart", "return.depart", CARE, "cleared", departing),
        row("POST", f"{RETURN}/turn-back", "return.turn-back", CARE, "departed"),
        row("POST", f"{RETURN}/miss", "return.miss", CARE, "departed"),
        row("POST", f"{RETURN}/withdraw", "return.withdraw", CARE, "cleared"),
        row("POST", f"{RETURN}/arrive", "return.arrive", CARE, "expected"),
        row("POST", f"{RETURN}/close", "return.close", CARE, "arrived", {"outcome": "reintegrated"}),
    ]


def _others() -> list[Row]:
    inbox = "/v1/inbox"
    return [
        Row("exchange", "GET", "/v1/agreements", "agreement.read", BORDER),
        Row("exchange", "GET", "/v1/agreements/{agreement_id}", "agreement.read", BORDER, "agreement"),
        Row("exchange", "GET", "/v1/partners", "agreement.read", BORDER),
        Row("exchange", "GET", "/v1/envelopes", "envelope.read", OPERATOR | AUDITOR, "sealed"),
        Row(
            "exchange",
            "GET",
            "/v1/items/{item_id}/receipts",
            "envelope.read",
            OPERATOR | AUDITOR,
            "sealed",
        ),
        Row("exchange", "GET", EXTRACT, "extract.request", AUDITOR, "extract_kept"),
        Row("exchange", "GET", "/v1/keys", "agreement.read", BORDER, "key"),
        Row("exchange", "POST", LOST_KEY, "border.distrust", OPERATOR, "key", KEY_LOST, 201),
        Row("exchange", "POST", AGREED, "border.distrust", OPERATOR, "another_agreement", TICKET, 201),
        Row("exchange", "GET", "/v1/distrusts", "border.distrust", OPERATOR, "distrusted"),
        Row("exchange", "GET", DISTRUST, "border.distrust", OPERATOR, "distrusted"),
        Row("exchange", "GET", f"{DISTRUST}/envelopes", "border.distrust", OPERATOR, "distrusted"),
        Row("exchange", "POST", f"{DISTRUST}/confirm", "border.distrust", OPERATOR, "distrusted", seen='"1"'),
        Row("exchange", "POST", f"{DISTRUST}/withdraw", "border.distrust", OPERATOR, "distrusted"),
        Row("exchange", "GET", "/v1/trust-documents", "border.trust", OPERATOR, "put_in"),
        Row("exchange", "POST", "/v1/trust-documents", "border.trust", OPERATOR, "signed", SIGNED, 201),
        Row("exchange", "GET", TRUST_DOCUMENT, "border.trust", OPERATOR, "put_in"),
        Row("exchange", "POST", f"{TRUST_DOCUMENT}/confirm", "border.trust", OPERATOR, "put_in", seen='"1"'),
        Row("exchange", "POST", f"{TRUST_DOCUMENT}/withdraw", "border.trust", OPERATOR, "put_in"),
        Row(
            "exchange",
            "POST",
            "/internal/v1/cases/{case_id}/standing",
            "internal.standing",
            HOLDERS,
            "sealed",
            STANDING,
        ),
        Row(
            "exchange",
            "POST",
            "/internal/v1/disclosures/{disclosure_id}/fence",
            "internal.fence",
            _kinds("service:consent"),
            "sealed",
            {"case_id": "{case_id}", "referral_id": "{referral_id}", "reason": "withdrawn"},
        ),
        Row(
            "notify",
            "GET",
            inbox,
            "inbox.read",
            DOOR | OPERATOR,
            "noticed",
            listed="notification_id",
            seen_by=SUPERVISOR,
        ),
        Row("notify", "POST", f"{inbox}/read", "inbox.read", DOOR | OPERATOR, "noticed"),
        Row("notify", "POST", f"{inbox}/{{notification_id}}/read", "inbox.read", SUPERVISOR, "noticed"),
        Row("audit", "GET", "/v1/entries", "trail.read", AUDITOR, "logged"),
        Row("audit", "GET", "/v1/trails/{case_id}", "trail.read", AUDITOR, "logged"),
        *(
            Row("audit", "GET", f"/v1/trails/{{case_id}}/{part}", "trail.read", AUDITOR, "logged")
            for part in ("account", "consents", "disclosures", "readings", "attempts", "halves")
        ),
        Row(
            "audit",
            "GET",
            "/v1/exports/entries",
            "trail.read",
            AUDITOR,
            "logged",
            query={"case_id": "{case_id}"},
        ),
        Row("audit", "GET", "/v1/recalls", "trail.read", AUDITOR, "logged"),
        Row("audit", "GET", "/v1/extracts", "trail.read", AUDITOR, "extract_asked"),
        Row(
            "audit",
            "POST",
            "/v1/extracts",
            "extract.request",
            AUDITOR,
            "crossed",
            {"case_id": "{case_id}", "reason": "complaint"},
            201,
        ),
        Row("audit", "GET", EXTRACT, "trail.read", AUDITOR, "extract_asked"),
        Row(
            "audit",
            "POST",
            f"{EXTRACT}/release",
            "extract.answer",
            AUDITOR,
            "extract_asked",
            {"position": "{position}"},
        ),
        Row(
            "audit",
            "POST",
            f"{EXTRACT}/refuse",
            "extract.answer",
            AUDITOR,
            "extract_asked",
            {"reason": "own-inquiry"},
        ),
        Row("audit", "POST", f"{EXTRACT}/withdraw", "extract.request", AUDITOR, "extract_own"),
        Row("audit", "GET", f"{CASE}/timeline", "timeline.read", CARE, "case"),
        Row("audit", "GET", f"{CASE}/readings", "seen.read", SUPERVISOR, "case"),
        Row("audit", "GET", "/v1/statistics/{month}/{recipient_cell}", "statistics.read", AUDITOR, "settled"),
        Row("audit", "GET", "/v1/operations", "trail.read", AUDITOR, "logged"),
        Row("audit", "GET", "/v1/chain", "trail.read", AUDITOR, "logged"),
        Row("audit", "GET", "/v1/chain/verifications", "trail.read", AUDITOR, "verifying"),
        Row("audit", "POST", "/v1/chain/verifications", "trail.read", AUDITOR, "logged", status=201),
        Row("audit", "GET", "/v1/chain/verifications/{verification_id}", "trail.read", AUDITOR, "verifying"),
    ]


def _operations(service: str) -> list[Row]:
    """What every service has from the chassis. Nothing is moved in a table of offsets while Kafka does not answer."""

    def row(method: str, path: str, action: str, *args: Any, **more: Any) -> Row:
        return Row(service, method, path, action, OPERATOR, *args, **more)

    readers = PERSONNEL | (MACHINES if service in TAKE_MACHINES else frozenset())
    why = {"reason": "accepted", "ticket": "OPS-7"}
    stream = {**why, "source": "{source}", "stream": "{stream}"}
    given_up = {**stream, "sequence": "{sequence}", "expected": "{cause}"}
    offset = {**why, "topic": "somewhere", "partition": 0, "expected": 0, "to": 0}
    return [
        Row(service, "GET", "/v1/codes", "codes.read", readers),
        Row(service, "GET", "/v1/codes/{name}", "codes.read", readers, "code_list"),
        Row(service, "GET", "/v1/asyncapi", "codes.read", readers),
        row("GET", "/v1/parked", "parked.read", "parked"),
        row("GET", "/v1/parked/causes", "parked.read", "parked"),
        row("GET", "/v1/parked/causes/{cause_id}", "parked.read", "parked"),
        row("POST", "/v1/parked/replay", "parked.replay", "parked", stream),
        row("POST", "/v1/parked/discard", "parked.discard", "parked", given_up),
        row("GET", "/v1/replays", "parked.read", "replaying"),
        row("POST", "/v1/replays", "parked.replay", "parked_for", {**why, "cause": "{cause}"}, 201),
        row("GET", "/v1/replays/{replay_id}", "parked.read", "replaying"),
        row("POST", "/v1/replays/{replay_id}/stop", "parked.replay", "replaying", why),
        row("GET", "/v1/offsets", "parked.read", "read_from"),
        row("POST", "/v1/offsets", "offset.move", "read_from", offset, 503),
        row("GET", "/v1/consumer", "parked.read", "stopped"),
        row("POST", "/v1/stops/{stop_id}/end", "stop.end", "stopped", why),
        row("GET", "/v1/work", "work.read", "failed_work"),
        row("POST", "/v1/work/{work_id}/retry", "work.retry", "failed_work", why),
    ]


OPERATIONS = frozenset(row.path for row in _operations("any"))
"""Paths of what every service has from the chassis."""
STANDS_FOR_ALL = "audit"
"""What these routes take and refuse is tried in this service: `test_coverage.py` finds the same functions behind them in all."""


def rows() -> list[Row]:
    """All of them, a service after the other, so that each service is started once."""
    own = [*_intake(), *_consent(), *_directory(), *_referral(), *_returns(), *_interchange(), *_others()]
    own += [
        Row(
            peer,
            "GET",
            "/internal/v1/cases/{case_id}/held",
            "internal.held",
            _kinds("service:intake"),
            "case",
        )
        for peer in HELD_BY
    ]
    return [row for name in SERVICES for row in (*(r for r in own if r.service == name), *_operations(name))]


def each_route() -> list[Row]:
    """A row of each route that has code of its own: what every service has from the chassis stands once."""
    return [row for row in rows() if row.path not in OPERATIONS or row.service == STANDS_FOR_ALL]
