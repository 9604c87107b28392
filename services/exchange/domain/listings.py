"""The organisations of this cell, as its partners are told of them: at each change, and all of them again by the clock."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from contracts.border.items import Listing
from services.exchange.domain.facts import ControlDue


@dataclass(slots=True)
class OwnListing:
    """The newest listing of one organisation; `listing` is None for another cell's, and before the directory said
    anything.
    """

    organisation: str
    listing: Listing | None = None
    changed: bool = False

    def hear(self, listing: Listing) -> bool:
        """Take a listing. True where it is newer than the one known."""
        if self.listing is not None and listing.version <= self.listing.version:
            return False
        self.listing, self.changed = listing, True
        return True


def told(listing: Listing, partner: str, again: str | None = None) -> ControlDue:
    """The listing as an item for a partner. `again` names the occasion on which it is told once more. A partner that
    has this version already passes it over.
    """
    said = f"urn:corridor:listing:{listing.organisation}:{listing.version}:{partner}"
    item_id = uuid5(NAMESPACE_URL, said if again is None else f"{said}:{again}")
    return ControlDue(item_id, partner, listing)
