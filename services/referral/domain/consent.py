"""That a consent was recorded, for the flag on the worklist. Whether it still permits is consent's to say."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Consent:
    id: UUID
    case_id: UUID
    revision: int
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    valid_until: datetime


@dataclass(slots=True)
class HeardConsent:
    """What a batch says of one consent: its last revision. What was heard before is not read, only replaced if older."""

    id: UUID
    latest: Consent | None = None

    def hear(self, consent: Consent) -> None:
        if self.latest is None or self.latest.revision < consent.revision:
            self.latest = consent
