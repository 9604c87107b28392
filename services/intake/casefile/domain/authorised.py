"""The disclosures of a case that consent has authorised: only their fields may ever leave intake, and only until they
are recalled.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(slots=True)
class AuthorisedDisclosure:
    """One disclosure as consent spoke of it. `case_id` is None until its authorisation has arrived."""

    id: UUID
    case_id: UUID | None = None
    fields: tuple[str, ...] = ()
    valid_until: datetime | None = None
    recalled: bool = False
    recalled_at: datetime | None = None
    """When intake first heard of the recall, which its recipient must answer."""
    answered_at: datetime | None = None
    changed: bool = False

    def authorise(self, case_id: UUID, fields: Iterable[str], valid_until: datetime) -> None:
        """Authorise. A disclosure that was recalled first stays recalled."""
        self.case_id, self.fields, self.valid_until = case_id, tuple(fields), valid_until
        self.changed = True

    def recall(self, now: datetime) -> None:
        """Recall. Protective: the recall may come before the authorisation itself."""
        self.recalled = self.changed = True
        self.recalled_at = self.recalled_at or now

    def answer(self, case_id: UUID, at: datetime) -> None:
        """The recipient answered the recall; another service says so, so that it may be heard before the recall is."""
        self.case_id, self.answered_at, self.changed = self.case_id or case_id, at, True

    def allows(self, case_id: UUID, now: datetime) -> bool:
        return (
            self.case_id == case_id
            and not self.recalled
            and self.valid_until is not None
            and now < self.valid_until
        )
