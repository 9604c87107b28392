"""Every state that a table keeps is an enum, with the moves that its gate lets through; no SQL writes one by hand."""

import ast
import re
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

import pytest

from chassis.own_tables import ParkedState, ReplayState, WorkState
from services.audit.domain.extract import ExtractState
from services.audit.domain.verification import State as VerificationState
from services.consent.domain.disclosure import Stage
from services.consent.domain.notice import NoticeState
from services.consent.domain.states import State as ConsentState
from services.directory.domain.proposal import ProposalState
from services.exchange.domain import received as exchange_received
from services.exchange.domain.disclosure import State as DisclosureState
from services.exchange.domain.distrust import DistrustState
from services.exchange.domain.sent import QueueState, SentState
from services.exchange.domain.trust_document import TrustDocumentState
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.received import ReceivedState
from services.intake.casefile.domain.undertaking import UndertakingState
from services.intake.casework.domain.leave import LeaveState
from services.intake.casework.domain.notes import NoteState
from services.intake.casework.domain.tasks import TaskState
from services.intake.drafts.domain.draft import DraftState
from services.intake.reports.domain.calls import CallState
from services.intake.reports.domain.incidents import IncidentState
from services.intake.rights.domain.erasure import ErasureState
from services.notify.domain.mail import MOVES, MailState, before
from services.referral.domain.states import State as ReferralState
from services.returns.domain.states import State as ReturnState
from tests.architecture.each import of_each, parsed
from tests.architecture.test_tables import WITH_TABLES, tables_of

ROOT = Path(__file__).parents[2]
STATES = MappingProxyType(
    {
        "chassis.parked.state": ParkedState,
        "chassis.replays.state": ReplayState,
        "chassis.work.state": WorkState,
        "audit.extracts.state": ExtractState,
        "audit.verifications.state": VerificationState,
        "consent.disclosures.stage": Stage,
        "consent.notices.state": NoticeState,
        "consent.records.state": ConsentState,
        "directory.proposals.state": ProposalState,
        "exchange.disclosures.state": DisclosureState,
        "exchange.distrusts.state": DistrustState,
        "exchange.trust_documents.state": TrustDocumentState,
        "exchange.envelope_items.state": SentState,
        "exchange.process_items.state": QueueState,
        "exchange.received.state": exchange_received.ReceivedState,
        "intake.cases.state": CaseState,
        "intake.cases.transfer_state": ReferralState,  # as referral said it; intake moves none
        "intake.disclosures.state": ReceivedState,
        "intake.notes.state": NoteState,
        "intake.tasks.state": TaskState,
        "intake.drafts.state": DraftState,
        "intake.calls.state": CallState,
        "intake.incidents.state": IncidentState,
        "intake.leaves.state": LeaveState,
        "intake.undertakings.state": UndertakingState,
        "intake.erasures.state": ErasureState,
        "notify.notifications.mail": MailState,
        "referral.referrals.state": ReferralState,
        "returns.returns.state": ReturnState,
    }
)
"""Column → the enum of what it holds."""
SQL = [
    path
    for room in ("chassis", "services")
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
]
BY_HAND = re.compile(r"\b(?:state|mail|stage)'?\s*(?:=|<>|!=|(?:not\s+)?in\s*\()\s*'[a-z_]")

UNFILLED = re.compile(r"\{(?:\w*State\.|one_of\()")
"""A text that was to be filled, and is not."""


def test_every_column_that_holds_a_state_is_known_by_its_enum() -> None:
    columns = {
        f"{table.fullname}.{column.name}"
        for service in WITH_TABLES
        for table in tables_of(service).values()
        for column in table.c
        if column.name in {"mail", "stage"} or column.name.endswith("state")
    }
    assert columns == set(STATES)
    assert all(issubclass(states, StrEnum) for states in STATES.values())


@pytest.mark.parametrize("service", WITH_TABLES)
def test_what_a_column_may_hold_is_what_its_enum_has(service: str) -> None:
    """Where a migration has a check of a state, it names the same codes, or a later one puts another in its place."""
    room = "chassis" if service == "chassis" else f"services/{service}"
    text = "\n".join(
        path.read_text() for path in sorted((ROOT / room / "migrations" / "versions").glob("*.py"))
    )
    later = {
        (table, column): listed
        for table, column, listed in re.findall(
            rf"alter table {service}\.(\w+) add constraint \1_(\w+)_check\s+check \(\2 in \(([^)]*)\)", text
        )
    }
    tables = re.split(rf"create table {service}\.", text)[1:]
    for table in tables:
        name = re.match(r"\w+", table)
        for column, listed in re.findall(r"\b(\w*state|mail) text[^,]*? check \(\1 in \(([^)]*)\)", table):
            present = later.get((name[0] if name else "", column), listed)
            states = STATES[f"{service}.{name[0] if name else ''}.{column}"]
            assert (column, set(re.findall(r"'(\w+)'", present))) == (
                column,
                {str(state) for state in states},
            )


@of_each("path", SQL, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_statement_has_a_state_that_was_written_by_hand(path: Path) -> None:
    """`{State.OPEN}`, `{one_of(READABLE)}`: whoever renames a state, or adds one to a set, finds every statement."""
    texts = [
        node.value
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    assert [found for text in texts for found in (*BY_HAND.findall(text), *UNFILLED.findall(text))] == []


@pytest.mark.parametrize(
    "states",
    [
        ConsentState,
        NoticeState,
        Stage,
        DisclosureState,
        DistrustState,
        QueueState,
        CaseState,
        MailState,
        NoteState,
        TaskState,
        CallState,
        IncidentState,
    ],
)
def test_a_table_of_moves_has_every_state(states: type[StrEnum]) -> None:
    """Of those whose moves are listed by the state from which they go."""
    module = import_module(states.__module__)
    moves = module.QUEUE if states is QueueState else module.MOVES
    assert set(moves) == set(states)


def test_a_mail_ends_once_and_is_tried_again_after_it_was_given_up() -> None:
    assert set(MOVES) == set(MailState)
    assert {to: set(before(to)) for to in MailState} == {
        MailState.NONE: {MailState.DUE, MailState.FAILED},
        MailState.DUE: set(),
        MailState.SENT: {MailState.DUE, MailState.FAILED},
        MailState.FAILED: {MailState.DUE},
    }
