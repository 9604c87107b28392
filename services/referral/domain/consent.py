"""The record that a consent exists, for the flag on the worklist. Whether it still permits is consent's to say."""

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
    """The last revision of one consent in a batch. The revision heard before is not read, only replaced if older."""

    id: UUID
    latest: Consent | None = None

    def hear(self, consent: Consent) -> None:
        if self.latest is None or self.latest.revision < consent.revision:
            self.latest = consent
