"""The checks that a departure needs besides her decision and the risk assessment: each was recorded by somebody."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

FITNESS, ESCORT = "fitness", "escort"
BEST_INTERESTS, GUARDIAN = "best-interests", "guardian-agreement"
FAMILY = ("family-traced", "family-assessed")
LINKED = "linked-settled"
DOCUMENTS = ("passport", "emergency-travel-document", "border-pass")
"""Codes of the list `return_check`."""
LONGEST = timedelta(days=20 * 366)
"""No travel document counts for longer. A later day is a typing error or of another era: 2567 was 2024 where it was written."""


@dataclass(frozen=True, slots=True)
class Check:
    """The newest of its kind: `standing` is false where it was taken back. `grounds` is ciphertext under her key.

    For fitness the ciphertext is the whole assessment. `valid_until` is a day, and the last on which it counts.
    """

    standing: bool
    at: datetime
    by: str
    valid_until: date | None = None
    grounds: str | None = None

    def holds(self, until: date) -> bool:
        end = self.valid_until
        return self.standing and (end is None or until <= end <= until + LONGEST)
