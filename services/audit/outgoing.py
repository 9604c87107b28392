"""The event that audit says about an entry that it wrote."""

from typing import Any

from contracts.events.audit import DisclosureLoggedV1
from contracts.events.consent import DisclosureAuthorisedV1


def logged(event: Any, entry: int, head: str) -> DisclosureLoggedV1 | None:
    """The proof that a disclosure stood in the log before it was sealed; None for every other event."""
    if not isinstance(event, DisclosureAuthorisedV1):
        return None
    return DisclosureLoggedV1(
        case_id=event.case_id, disclosure_id=event.disclosure_id, entry=entry, chain_head=head
    )
