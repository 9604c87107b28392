"""The events of audit: a disclosure was logged before it was sealed, with the chain head as proof."""

from typing import ClassVar
from uuid import UUID

from contracts.envelope import Event
from contracts.types import CaseId, Sha256


class DisclosureLoggedV1(Event):
    type: ClassVar[str] = "disclosure.logged.v1"
    case_id: CaseId
    disclosure_id: UUID
    entry: int
    chain_head: Sha256
