"""The services that organisations offer, as the directory says, and whether one makes sense for a person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.organisations import ACTIVE

CHILD, OF_AGE = "child", 18


@dataclass(frozen=True, slots=True)
class Offer:
    """One service of an organisation; `code` is of the list `service`, ages are in years."""

    service_id: str
    code: str
    status: str
    minimum_age: int | None = None
    maximum_age: int | None = None

    def takes(self, age_group: str) -> bool:
        """True where somebody who is a `child`, or an `adult`, may fit its ages."""
        if age_group == CHILD:
            return self.minimum_age is None or self.minimum_age < OF_AGE
        return self.maximum_age is None or self.maximum_age >= OF_AGE


class ServiceNotOffered(Exception):
    """The recipient offers no active service of this kind."""


class AgeNotTaken(Exception):
    """The service is for another age than hers."""


@dataclass(slots=True)
class Offers:
    """The services of an organisation, by the last event of a batch."""

    organisation: str
    services: tuple[Offer, ...] = ()

    def hear(self, status: str, services: Iterable[Offer]) -> None:
        """Take an event of the directory. An organisation that is closed offers nothing, and no service that is
        closed is offered.
        """
        self.services = tuple(s for s in services if status == s.status == ACTIVE)


def check_offer(offered: Sequence[Offer], age_group: str | None = None) -> None:
    """Check an offer before it is sent. `age_group` is None where nothing is known of her age: then the receiver
    judges.

    Capacity does not stop it: the receiver answers, and may have a waiting list.
    """
    if not offered:
        raise ServiceNotOffered
    if age_group is not None and not any(s.takes(age_group) for s in offered):
        raise AgeNotTaken
