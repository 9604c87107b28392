"""How the organisations of this cell stand, as its partners are told: at each change, and all of it again by the clock."""

from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

from contracts.border.items import Listing
from services.exchange.domain.facts import ControlDue


@dataclass(slots=True)
class OwnListing:
    """The newest of one organisation; `listing` is None for another cell's, and before anything was heard."""

    organisation: str
    listing: Listing | None = None
    changed: bool = False

    def hear(self, listing: Listing) -> bool:
        """Whether it is newer than what is known."""
        if self.listing is not None and listing.version <= self.listing.version:
            return False
        self.listing, self.changed = listing, True
        return True


def told(listing: Listing, partner: str, again: str | None = None) -> ControlDue:
    """`again` names the occasion on which it is told once more. Whoever has this version already passes it over."""
    said = f"urn:corridor:listing:{listing.organisation}:{listing.version}:{partner}"
    item_id = uuid5(NAMESPACE_URL, said if again is None else f"{said}:{again}")
    return ControlDue(item_id, partner, listing)
