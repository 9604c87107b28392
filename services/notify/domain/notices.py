"""Which event is worth a notice to the organisation that holds the case. The default is no contact."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

ALWAYS: Final = ""

NOTICES: Final[Mapping[str, Mapping[str, str]]] = {
    "case.assigned.v1": {ALWAYS: "new_assignment"},
    "hold.placed.v1": {ALWAYS: "file_changed"},
    "hold.lifted.v1": {ALWAYS: "file_changed"},
    "consent.requested.v1": {ALWAYS: "act_now"},
    "consent.withdrawn.v1": {ALWAYS: "act_now"},
    "consent.expired.v1": {ALWAYS: "act_now"},
    "disclosure.refused.v1": {ALWAYS: "act_now"},
    "referral.received.v1": {"incoming": "new_request"},
    "referral.accepted.v1": {"outgoing": "answer"},
    "referral.rejected.v1": {"outgoing": "answer"},
    "referral.started.v1": {"outgoing": "answer"},
    "referral.held.v1": {"outgoing": "answer"},
    "referral.resumed.v1": {"outgoing": "answer"},
    "referral.completed.v1": {"outgoing": "answer"},
    "referral.failed.v1": {"outgoing": "act_now"},
    "referral.cancelled.v1": {"incoming": "answer"},
    "referral.revoked.v1": {"incoming": "answer", "outgoing": "answer"},
    "referral.expired.v1": {"outgoing": "act_now"},
    "return.blocked.v1": {"sending": "act_now"},
    "return.cleared.v1": {"receiving": "new_request"},
    "return.suspended.v1": {"receiving": "answer"},
    "return.resumed.v1": {"receiving": "answer"},
    "return.departed.v1": {"receiving": "act_now"},
    "return.overdue.v1": {"sending": "act_now", "receiving": "act_now"},
    "return.missed.v1": {"sending": "act_now", "receiving": "act_now"},
    "return.turned_back.v1": {"receiving": "act_now"},
    "return.arrived.v1": {"sending": "answer"},
    "return.closed.v1": {"sending": "answer", "receiving": "answer"},
    "return.withdrawn.v1": {"receiving": "answer"},
    "envelope.refused.v1": {ALWAYS: "act_now"},
    "recall.received.v1": {ALWAYS: "act_now"},
    "recall.answered.v1": {ALWAYS: "answer"},
}
"""Event type → half of the referral or return (or always) → template."""

MAILED: Final = frozenset({"act_now", "new_request"})
"""Templates that also go by mail where the organisation has given an address."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to one organisation: what kind, never about what."""

    case_id: str
    organisation: str
    template: str
    mailed: bool


def template_of(event_type: str, half: str) -> str | None:
    """What kind of notice an event is worth; None: no contact."""
    by_half = NOTICES.get(event_type, {})
    return by_half.get(ALWAYS) or by_half.get(half)


def notice(case_id: str, organisation: str, template: str) -> Notice:
    return Notice(case_id, organisation, template, template in MAILED)
