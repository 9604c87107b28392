"""The tables from which notify tells what it holds about the person of a case: that somebody was told to look, without a word about her."""

from chassis.held import HeldTable
from services.notify.store import tables

HELD = (
    HeldTable(
        tables.NOTIFICATIONS,
        "notice",
        ("at=created_at", "organisation", "notice=template:notification_template"),
        "accountability",
    ),
)
