"""The tables from which exchange tells what it holds about the person of a case: that something crossed, and never what."""

from chassis.held import HeldTable
from services.exchange.store import tables

BORDER = "border-evidence"
HELD = (
    HeldTable(
        tables.RELATIONS,
        "relation",
        ("organisation=own", "recipient=other", "country=other_cell:country"),
        BORDER,
    ),
    HeldTable(
        tables.DISCLOSURES,
        "sent",
        (
            "sender",
            "recipient",
            "country=recipient_cell:country",
            "reason=recall_reason:recall_reason",
            "answer:recall_answer",
            "result=code",
        ),
        BORDER,
    ),
    HeldTable(
        tables.PROCESS_ITEMS,
        "told",
        ("at", "organisation=own", "recipient=other", "process=code:process"),
        BORDER,
    ),
    HeldTable(
        tables.ENVELOPE_ITEMS, "envelope", ("item_class:item_class", "country=cell:country", "state"), BORDER
    ),
    HeldTable(
        tables.INCOMING_ITEMS,
        "incoming",
        ("at", "item_class:item_class", "country=cell:country", "result=outcome"),
        BORDER,
    ),
    HeldTable(
        tables.RECEIVED,
        "taken_in",
        ("at", "sender", "country=sender_cell:country", "recipient", "until=valid_until"),
        BORDER,
    ),
)
