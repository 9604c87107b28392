"""The report of her data is compared with every table of every service: each is in it, or stands here with the reason why not."""

from importlib import import_module

import pytest

from contracts.codes import codes
from contracts.internal import HELD_BY
from services.audit.held import HELD as AUDIT
from services.consent.held import HELD as CONSENT
from services.exchange.held import HELD as EXCHANGE
from services.intake.rights.held import HELD as INTAKE
from services.notify.held import HELD as NOTIFY
from services.referral.held import HELD as REFERRAL
from services.returns.held import HELD as RETURNS
from tests.architecture.test_tables import WITH_TABLES, tables_of

REPORTED = {
    "intake": INTAKE,
    "consent": CONSENT,
    "referral": REFERRAL,
    "returns": RETURNS,
    "exchange": EXCHANGE,
    "notify": NOTIFY,
    "audit": AUDIT,
}
NOBODYS = "about no person: organisations, agreements, partners, the pipeline"
COPY = "a copy of what another service reports"
PASSING = "kept for days, until the work or the message is done"
LEFT_OUT = {
    "chassis.case_access": COPY,
    "chassis.case_references": "the name of the case, which stands on every page and paper of hers",
    "chassis.attempts": "refused attempts of this minute, which audit reports",
    "chassis.outbox": PASSING,
    "chassis.parked": PASSING,
    "chassis.work": PASSING,
    "chassis.idempotency": "a keyed command and the identifier that it answered, for a week",
    "chassis.marks": NOBODYS,
    "chassis.streams": NOBODYS,
    "chassis.relay": NOBODYS,
    "chassis.offsets": NOBODYS,
    "chassis.stops": NOBODYS,
    "chassis.replays": NOBODYS,
    "chassis.organisations": NOBODYS,
    "chassis.staff": NOBODYS,
    "chassis.own_keys": NOBODYS,
    "chassis.papers": "which papers were printed, by hash; what they say is reported",
    "intake.listed_cases": "on whose worklist the case stands, of the same as the case itself",
    "intake.listed_due": "when something is due in the case, of the same as hold, task and case themselves",
    "intake.statistics": "counts without a person",
    "audit.statistics": "counts without a person",
    "intake.attention": "by when somebody is to open the case; what came of it stands in the log",
    "intake.accepted_referrals": COPY,
    "intake.authorised": COPY,
    "intake.undertakings": COPY,
    "intake.leaves": "about members of staff",
    "intake.left_out": "about members of staff: a case that one of them does not see while another is away; it goes with her",
    "intake.blind_index": "keyed hashes of her name, by which nobody can read it",
    "intake.incidents": "about no person",
    "intake.opened_cases": "how many cases a member of staff opened today; who read hers is reported",
    "intake.limits_passed": "about members of staff",
    "intake.file_rows": "keyed hashes of the row of a file that her case was opened from",
    "consent.ages": COPY,
    "consent.sent_in_error": COPY,
    "consent.agreements": NOBODYS,
    "consent.notices": NOBODYS,
    "consent.reminders": "when somebody was reminded of a consent that is reported",
    "referral.consents": COPY,
    "referral.age_groups": COPY,
    "referral.offered": NOBODYS,
    "interchange.exports": "about files",
    "interchange.export_parts": "a file that an organisation made of its cases, sealed under a key of its own, for half an hour or until she is erased",
    "interchange.imports": "about files",
    "interchange.chunks": "a file while it is read, sealed under a key of its own",
    "console.unsent": "a form that a member of staff sent too late, sealed under a key that only the browser has, for as long as the session would have been at most",
    "console.sessions": "about members of staff: who is signed in, sealed under a key that only the browser has",
    "interchange.results": "which line of a file her case was opened from, without a value",
    "notify.unaddressed": PASSING,
    "notify.readings": "which member of staff has seen a notice",
    "audit.head": NOBODYS,
    "audit.verifications": NOBODYS,
    "audit.extracts": "a question of auditors to those of a partner, which is in the log; those who are audited do not learn of it",
    "audit.extract_parts": "hashes and codes of the partner's log, without a value",
    "directory.organisations": NOBODYS,
    "directory.proposals": "about organisations and members of staff",
    "directory.services": NOBODYS,
    "directory.staff": NOBODYS,
    "exchange.agreements": NOBODYS,
    "exchange.trust": NOBODYS,
    "exchange.distrusts": "about keys and agreements, and the operators who trust them no more",
    "exchange.trust_documents": "what governance signed, and the operators who put it in",
    "exchange.listed_keys": NOBODYS,
    "exchange.partners": NOBODYS,
    "exchange.listings": NOBODYS,
    "exchange.outgoing_chains": NOBODYS,
    "exchange.incoming_chains": NOBODYS,
    "exchange.gaps": NOBODYS,
    "exchange.offsets": NOBODYS,
    "exchange.envelopes": "number and hash of an envelope, whose items are reported",
    "exchange.incoming_envelopes": "the same",
    "exchange.extract_evidence": "the partner's signature on such hashes and codes",
    "exchange.receipts": "the partner's signature on an item that is reported",
    "exchange.inbox": "raw envelopes that are not taken in yet, for whoever has the organisation's key",
    "exchange.quarantine": "raw envelopes that were refused, for whoever has the organisation's key",
}


def test_every_table_is_in_the_report_of_her_data_or_is_left_out_for_a_reason():
    tables = {table.fullname for service in WITH_TABLES for table in tables_of(service).values()}
    reported = {held.table.fullname for tables in REPORTED.values() for held in tables}
    assert tables == reported | LEFT_OUT.keys(), (
        "put it into `held.py` of its service, or here with the reason"
    )
    assert reported & LEFT_OUT.keys() == set()
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize("service", REPORTED)
def test_whatever_is_reported_has_labels_and_columns_that_are_there(service):
    for held in REPORTED[service]:
        assert held.section in codes("held_section")
        assert held.kept_for is None or held.kept_for in codes("kept_reason")
        for one in held.shows:
            name, _, source = one.partition("=")
            column, _, code_list = (source or name).partition(":")
            assert column in held.table.c, (held.table.fullname, one)
            assert name.partition(":")[0] in codes("held_detail"), one
            assert code_list == "" or codes(code_list)


def test_no_section_of_the_list_is_anybody_elses():
    used = {held.section for tables in REPORTED.values() for held in tables}
    assert used == set(codes("held_section"))
    assert {held.kept_for for tables in REPORTED.values() for held in tables} - {None} == set(
        codes("kept_reason")
    )


def test_intake_asks_every_other_service_that_holds_something():
    assert HELD_BY.keys() | {"intake"} == REPORTED.keys()
    for name in HELD_BY:
        assert import_module(f"services.{name}.app")
