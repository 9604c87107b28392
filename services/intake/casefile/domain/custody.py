"""The custody of a person's case, as its transfers to other organisations go."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.intake.casefile.domain import facts
from services.intake.casefile.domain.case import GONE, CaseState
from services.intake.casefile.domain.facts import CaseFact

ACCEPTED = "accepted"
OFFERED = ("requested", "received")
"""The states of a transfer (`referral_state`) in which its recipient still may accept it."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """The last transfer that was heard of: to whom, and a code of `referral_state`."""

    referral_id: UUID
    recipient: str
    state: str
    at: datetime


@dataclass(slots=True)
class Custody:
    """The organisation that has a case; None for a case that is not here."""

    case_id: UUID
    organisation: str | None = None
    state: CaseState = CaseState.OPEN
    transfer: Transfer | None = None
    changed: bool = False

    def hear(self, transfer: Transfer) -> list[CaseFact]:
        """Follow a transfer. The sender has the case until the recipient has accepted it. Then the case is closed
        here, for good or until it comes back.
        """
        if self.organisation is None or self.state in GONE:
            return []
        self.transfer, self.changed = transfer, True
        if transfer.state != ACCEPTED:
            return []
        self.state = CaseState.HANDED_OVER
        handed_over = facts.CaseTransferred(
            self.case_id, transfer.referral_id, self.organisation, transfer.recipient, transfer.at
        )
        return [
            handed_over,
            facts.HoldsDue(self.case_id, transfer.referral_id),
            facts.TasksDue(self.case_id, str(transfer.referral_id)),
        ]
