"""Every page and every form of the console, and who finds it. One that does not stand here fails a test.

Written by hand from docs/console.md and docs/access.md, and not from `moves`, so that the two check each other.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from services.console.commands import COMMANDS
from services.console.commands.form import whole as whole_view
from tests.console.whole.making import MAKERS
from tests.console.whole.things import PEOPLE, Whole
from tests.referral.making import RECIPIENT

EVERYBODY = frozenset(PEOPLE)
WORKER, SUPERVISOR = frozenset({"th.worker"}), frozenset({"th.supervisor"})
CASE = WORKER | SUPERVISOR
"""Whoever may read the case."""
WORKERS = CASE | {"th.other-worker"}
"""Whoever works on cases, here or elsewhere."""
OFFICER, AUDITOR = frozenset({"th.officer"}), frozenset({"th.auditor"})
OPERATORS = frozenset({"th.operator", "th.other-operator"})


@dataclass(frozen=True, slots=True)
class Row:
    """One page: its address, with the names of what was made, and who finds it."""

    address: str
    found_by: frozenset[str]

    def at(self, whole: Whole) -> str:
        return "/console" + self.address.format(**whole.made)

    async def anew(self, whole: Whole) -> str:
        """The address of another thing of the same kind, where one can be made."""
        made = {name: await whole.make(name) for name in MAKERS if f"{{{name}}}" in self.address}
        return "/console" + self.address.format(**{**whole.made, **made})


PAGES: Mapping[str, Row] = {
    "/": Row("/", EVERYBODY),
    "/cases": Row("/cases", OFFICER | WORKERS),
    "/cases/{case_id}": Row("/cases/{case_id}", CASE),
    "/cases/{case_id}/consents": Row("/cases/{case_id}/consents", CASE | AUDITOR),
    "/cases/{case_id}/record_consent": Row("/cases/{case_id}/record_consent", CASE),
    "/cases/{case_id}/hand_over_case": Row("/cases/{case_id}/hand_over_case", CASE),
    "/cases/{case_id}/readings": Row("/cases/{case_id}/readings", SUPERVISOR),
    "/consents/{consent_id}": Row("/consents/{consent_id}", CASE | AUDITOR),
    "/consents/{consent_id}/receipt": Row("/consents/{consent_id}/receipt", CASE),
    "/referrals": Row("/referrals", WORKERS),
    "/referrals/{referral_id}": Row("/referrals/{referral_id}", CASE),
    "/drafts": Row("/drafts", OFFICER | WORKERS),
    "/drafts/{draft_id}": Row("/drafts/{draft_id}", OFFICER),
    "/drafts/{draft_id}/{number}": Row("/drafts/{draft_id}/5", OFFICER),
    "/submissions": Row("/submissions", OFFICER),
    "/submissions/{case_id}": Row("/submissions/{submitted_id}", OFFICER),
    "/team": Row("/team", SUPERVISOR),
    "/team/cases": Row("/team/cases", SUPERVISOR),
    "/leaves": Row("/leaves", OFFICER | WORKERS),
    "/audit": Row("/audit", AUDITOR),
    "/audit/search": Row("/audit/search", AUDITOR),
    "/audit/export": Row("/audit/export", AUDITOR),
    "/audit/cases/{case_id}": Row("/audit/cases/{case_id}", AUDITOR),
    "/audit/cases/{case_id}/{part}": Row("/audit/cases/{case_id}/consents", AUDITOR),
    "/consents/{consent_id}/renew_consent": Row("/consents/{consent_id}/renew_consent", CASE),
    "/protections": Row("/protections", WORKERS),
    "/protections/{consent_id}": Row("/protections/{protection_id}", CASE),
    "/returns": Row("/returns", WORKERS),
    "/returns/blocked": Row("/returns/blocked", WORKERS),
    "/returns/{return_id}": Row("/returns/{assessed_id}", CASE),
    "/cases/{case_id}/refer": Row("/cases/{unreferred_id}/refer", CASE),
    "/calls": Row("/calls", OFFICER | WORKERS),
    "/calls/{call_id}": Row("/calls/{call_id}", CASE),
    "/incidents": Row("/incidents", OFFICER | WORKERS),
    "/incidents/trends": Row("/incidents/trends", OFFICER | WORKERS | AUDITOR),
    "/incidents/{incident_id}": Row("/incidents/{incident_id}", CASE),
    "/imports": Row("/imports", OFFICER),
    "/imports/ours/start_import": Row("/imports/ours/start_import", OFFICER),
    "/imports/{import_id}": Row("/imports/{import_id}", OFFICER),
    "/exports": Row("/exports", WORKERS),
    "/exports/{export_id}": Row("/exports/{export_id}", WORKER),
    "/exports/{export_id}/file": Row("/exports/{export_id}/file", WORKER),
    "/interface": Row("/interface", EVERYBODY),
    "/codes": Row("/codes", EVERYBODY),
    "/codes/find": Row("/codes/find", EVERYBODY),
    "/codes/{name}": Row("/codes/urgency", EVERYBODY),
    "/extracts": Row("/extracts", AUDITOR),
    "/extracts/{request_id}": Row("/extracts/{asked_extract_id}", AUDITOR),
    "/services": Row("/services", OPERATORS),
    "/border": Row("/border", WORKERS | AUDITOR | OPERATORS),
    "/proposals": Row("/proposals", OPERATORS),
    "/parked/{service}": Row("/parked/intake", OPERATORS),
    "/envelopes": Row("/envelopes", OPERATORS | AUDITOR),
    "/search": Row("/search", OFFICER | WORKERS),
    "/cases/{case_id}/duplicates": Row("/cases/{alike_id}/duplicates", CASE),
    "/cases/{case_id}/access-report": Row("/cases/{case_id}/access-report", CASE),
    "/pairs/{case_id}.{other_case_id}": Row("/pairs/{pair}", CASE),
    "/cases/{case_id}/erasures": Row("/cases/{erasing_id}/erasures", CASE),
    "/cases/{case_id}/fields": Row("/cases/{case_id}/fields", CASE),
    "/cases/{case_id}/fields/{number}": Row("/cases/{case_id}/fields/1", CASE),
    "/cases/{case_id}/flags": Row("/cases/{case_id}/flags", CASE),
    "/cases/{case_id}/screenings": Row("/cases/{case_id}/screenings", CASE),
    "/screenings/{case_id}.{screening_id}": Row("/screenings/{screening}", CASE),
    "/screenings/{case_id}.{screening_id}/{number}": Row("/screenings/{screening}/1", CASE),
    "/tasks/ours/raise_task": Row("/tasks/ours/raise_task", OFFICER | WORKERS),
    "/cases/{case_id}/notes": Row("/cases/{case_id}/notes", CASE),
    "/holds/{case_id}.{hold_id}/paper": Row("/holds/{hold}/paper", CASE),
    "/tasks": Row("/tasks", OFFICER | WORKERS),
    "/tasks/{task_id}": Row("/tasks/{task_id}", CASE),
}
"""The pages that are read, by their route."""
OPEN = frozenset({"/sign-in", "/sign-in/begin", "/signed-in"})
"""The pages of whoever is not signed in: tests/console/test_signing_in.py."""
FORMS: Mapping[str, Row] = {
    "write_note": Row("/cases/{case_id}/write_note", CASE),
    "assign_case": Row("/cases/{case_id}/assign_case", SUPERVISOR),
    "draft_screening": Row("/cases/{case_id}/draft_screening", CASE),
    "draft_referral": Row("/cases/{unreferred_id}/draft_referral", CASE),
    "withdraw_consent": Row("/consents/{consent_id}/withdraw_consent", CASE),
    "withdraw_part": Row("/consents/{consent_id}/withdraw_part", CASE),
    "confirm_guardian": Row("/consents/{guarded_id}/confirm_guardian", SUPERVISOR),
    "draft_case": Row("/drafts/ours/draft_case", OFFICER | WORKERS),
    "submit_draft": Row("/drafts/{draft_id}/submit_draft", OFFICER),
    "take_draft": Row("/drafts/{screening_draft_id}/take_draft", CASE),
    "abandon_draft": Row("/drafts/{draft_id}/abandon_draft", OFFICER),
    "resume_draft": Row("/drafts/{abandoned_id}/resume_draft", OFFICER),
    "send_referral": Row("/referrals/{referral_id}/send_referral", CASE),
    "cancel_referral": Row("/referrals/{referral_id}/cancel_referral", CASE),
    "correct_referral": Row("/referrals/{referral_id}/correct_referral", CASE),
    "accept_referral": Row("/referrals/{arrived_id}/accept_referral", CASE),
    "reject_referral": Row("/referrals/{arrived_id}/reject_referral", CASE),
    "start_referral": Row("/referrals/{accepted_id}/start_referral", CASE),
    "fail_referral": Row("/referrals/{started_id}/fail_referral", CASE),
    "hold_referral": Row("/referrals/{started_id}/hold_referral", CASE),
    "complete_referral": Row("/referrals/{started_id}/complete_referral", CASE),
    "resume_referral": Row("/referrals/{paused_id}/resume_referral", CASE),
    "open_dependant": Row("/cases/{case_id}/open_dependant", CASE),
    "link_dependant": Row("/cases/{case_id}/link_dependant", CASE),
    "unlink_dependant": Row("/links/{link}/unlink_dependant", CASE),
    "revoke_consent": Row("/consents/{consent_id}/revoke_consent", SUPERVISOR),
    "withdraw_grant": Row("/grants/{grant}/withdraw_grant", CASE),
    "request_protection": Row("/cases/{unasked_id}/request_protection", CASE),
    "approve_protection": Row("/protections/{protection_id}/approve_protection", SUPERVISOR),
    "decline_protection": Row("/protections/{protection_id}/decline_protection", CASE),
    "review_protection": Row("/protections/{protected_id}/review_protection", SUPERVISOR),
    "start_call": Row("/calls/ours/start_call", OFFICER | WORKERS),
    "save_call": Row("/calls/{call_id}/save_call", CASE),
    "close_call": Row("/calls/{call_id}/close_call", CASE),
    "attach_call": Row("/calls/{call_id}/attach_call", CASE),
    "open_call_case": Row("/calls/{call_id}/open_call_case", CASE),
    "reopen_call": Row("/calls/{closed_call_id}/reopen_call", CASE),
    "detach_call": Row("/calls/{attached_call_id}/detach_call", CASE),
    "record_incident": Row("/incidents/ours/record_incident", OFFICER | WORKERS),
    "correct_incident": Row("/incidents/{incident_id}/correct_incident", CASE),
    "withdraw_incident": Row("/incidents/{incident_id}/withdraw_incident", CASE),
    "start_export": Row("/exports/ours/start_export", WORKERS),
    "discard_export": Row("/exports/{export_id}/discard_export", WORKER),
    "request_return": Row("/cases/{returnable_id}/request_return", CASE),
    "counsel_return": Row("/returns/{return_id}/counsel_return", CASE),
    "decide_return": Row("/returns/{counselled_id}/decide_return", CASE),
    "confirm_return": Row("/returns/{decided_id}/confirm_return", CASE),
    "assess_return": Row("/returns/{decided_id}/assess_return", CASE),
    "assess_fitness": Row("/returns/{decided_id}/assess_fitness", CASE),
    "record_check": Row("/returns/{decided_id}/record_check", CASE),
    "clear_return": Row("/returns/{assessed_id}/clear_return", CASE),
    "suspend_return": Row("/returns/{assessed_id}/suspend_return", CASE),
    "resume_return": Row("/returns/{suspended_id}/resume_return", CASE),
    "depart_return": Row("/returns/{cleared_id}/depart_return", CASE),
    "turn_back_return": Row("/returns/{departed_id}/turn_back_return", CASE),
    "close_return": Row("/returns/{turned_back_id}/close_return", CASE),
    "arrive_return": Row("/returns/{coming_id}/arrive_return", CASE),
    "miss_return": Row("/returns/{coming_id}/miss_return", CASE),
    "withdraw_return": Row("/returns/{decided_id}/withdraw_return", CASE),
    "assign_cases": Row("/team/ours/assign_cases", SUPERVISOR),
    "plan_leave": Row("/leaves/ours/plan_leave", OFFICER | WORKERS),
    "end_leave": Row("/leaves/{leave_id}/end_leave", CASE),
    "exclude_case": Row("/leaves/{leave_id}/exclude_case", SUPERVISOR),
    "include_case": Row("/leaves/{left_out_id}/include_case", SUPERVISOR),
    "start_verification": Row("/audit/ours/start_verification", AUDITOR),
    "request_extract": Row("/extracts/ours/request_extract", AUDITOR),
    "withdraw_extract": Row("/extracts/{extract_id}/withdraw_extract", AUDITOR),
    "release_extract": Row("/extracts/{asked_extract_id}/release_extract", AUDITOR),
    "refuse_extract": Row("/extracts/{asked_extract_id}/refuse_extract", AUDITOR),
    "propose_change": Row("/proposals/ours/propose_change", OPERATORS),
    "retry_work": Row("/failed-work/intake.{work_id}/retry_work", OPERATORS),
    "start_replay": Row("/causes/intake.{cause}/start_replay", OPERATORS),
    "discard_parked_event": Row("/parked-events/intake.{parked}/discard_parked_event", OPERATORS),
    "suspend_agreement": Row("/agreements/{agreement_id}/suspend_agreement", OPERATORS),
    "confirm_proposal": Row("/proposals/{proposal_id}/confirm_proposal", frozenset({"th.operator"})),
    "withdraw_proposal": Row("/proposals/{proposal_id}/withdraw_proposal", OPERATORS),
    "decide_pair": Row("/pairs/{pair}/decide_pair", CASE),
    "request_erasure": Row("/cases/{free_id}/request_erasure", CASE),
    "cancel_erasure": Row("/erasures/{erasure}/cancel_erasure", CASE),
    "confirm_erasure": Row("/erasures/{erasure}/confirm_erasure", SUPERVISOR),
    "refuse_erasure": Row("/erasures/{erasure}/refuse_erasure", SUPERVISOR),
    "raise_task": Row("/cases/{case_id}/raise_task", CASE),
    "change_task": Row("/tasks/{task_id}/change_task", CASE),
    "complete_task": Row("/tasks/{task_id}/complete_task", CASE),
    "cancel_task": Row("/tasks/{task_id}/cancel_task", CASE),
    "reopen_task": Row("/tasks/{done_task_id}/reopen_task", CASE),
    "correct_note": Row("/notes/{note}/correct_note", CASE),
    "strike_note": Row("/notes/{note}/strike_note", CASE),
    "assess_needs": Row("/cases/{case_id}/assess_needs", CASE),
    "assess_age": Row("/cases/{case_id}/assess_age", SUPERVISOR),
    "identify_case": Row("/cases/{case_id}/identify_case", SUPERVISOR),
    "place_hold": Row("/cases/{free_id}/place_hold", CASE),
    "lift_hold": Row("/holds/{hold}/lift_hold", CASE),
    "record_fields": Row("/cases/{case_id}/record_fields", CASE),
    "close_case": Row("/cases/{free_id}/close_case", CASE),
    "resume_case": Row("/cases/{closed_id}/resume_case", CASE),
    "read_notices": Row("/inbox/ours/read_notices", OFFICER | WORKERS | OPERATORS),
    "distrust_key": Row("/keys/{kid}/distrust_key", OPERATORS),
    "confirm_distrust": Row("/distrusts/{distrust_id}/confirm_distrust", frozenset({"th.operator"})),
    "withdraw_distrust": Row("/distrusts/{distrust_id}/withdraw_distrust", frozenset({"th.operator"})),
}
"""The forms, by their verb."""
FORM = "/{folder}/{subject_id}/{verb}"
SENT: Mapping[str, Row] = {
    "/cases/find": Row("/cases/find", OFFICER | WORKERS),
    "/search": Row("/search", OFFICER | WORKERS),
    "/cases/{case_id}/refer": Row("/cases/{unreferred_id}/refer", CASE),
    "/team/cases": Row("/team/cases", SUPERVISOR),
    "/codes/find": Row("/codes/find", EVERYBODY),
    "/envelopes": Row("/envelopes", OPERATORS | AUDITOR),
    "/audit/search": Row("/audit/search", AUDITOR),
    "/audit/export": Row("/audit/export", AUDITOR),
    "/cases/{case_id}/record_consent": Row("/cases/{case_id}/record_consent", CASE),
    "/cases/{case_id}/hand_over_case": Row("/cases/{case_id}/hand_over_case", CASE),
    "/consents/{consent_id}/renew_consent": Row("/consents/{consent_id}/renew_consent", CASE),
    "/imports/ours/start_import": Row("/imports/ours/start_import", OFFICER),
    "/drafts/{draft_id}/{number}": Row("/drafts/{draft_id}/5", OFFICER),
    "/cases/{case_id}/fields/{number}": Row("/cases/{case_id}/fields/1", CASE),
    "/cases/{case_id}/flags": Row("/cases/{case_id}/flags", CASE),
    "/screenings/{case_id}.{screening_id}/{number}": Row("/screenings/{screening}/1", CASE),
    "/tasks/ours/raise_task": Row("/tasks/ours/raise_task", OFFICER | WORKERS),
    "/drafts/{draft_id}/submit_draft": Row("/drafts/{draft_id}/submit_draft", OFFICER),
}
"""What is sent besides the forms, by its route."""


async def form_of(browser, verb: str, address: str):
    """The form of a verb at an address; a referral is drafted after somebody was looked for who offers what she needs."""
    page = await browser.get(address)
    if verb == "draft_referral":
        page = await browser.send(page.form("/refer"), service="reintegration", recipient=RECIPIENT)
    return page.form(verb)


BUTTONS = frozenset({"/sign-out", "/exit", "/language"})
"""What everybody may press, on every page."""
EVERY_PAGE = {**PAGES, **FORMS}


def kind_of(verb: str) -> tuple[object, ...]:
    """What the console does otherwise for one form than for another: whom it asks, what it finds, what it keeps, and what comes next."""
    one = COMMANDS[verb]
    found = one.part is whole_view, one.pins, bool(one.subject.place), bool(one.fields)
    return one.order.service, *found, bool(one.makes), bool(one.then or one.outcome)


OF_EACH_KIND = {kind_of(verb): verb for verb in sorted(FORMS, reverse=True)}.values()
"""One form of each kind, for what the console does alike with all of a kind."""
