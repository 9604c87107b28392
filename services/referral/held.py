"""The tables from which referral tells what it holds about the person of a case: how each referral went, without a value."""

from chassis.held import HeldTable
from services.referral.store import tables

HELD = (
    HeldTable(
        tables.REFERRALS,
        "referral",
        (
            "at=created_at",
            "half:half",
            "sender",
            "recipient",
            "country=recipient_cell:country",
            "service:service",
            "purpose:purpose",
            "urgency:urgency",
            "fields=asked:field",
            "state:referral_state",
            "reason:reason",
            "outcome:referral_outcome",
            "ended_at",
        ),
        "statistics",
    ),
)
