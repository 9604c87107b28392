"""An organisation of the directory with its services, and whether an offer to it makes sense before it is sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.organisations import ACTIVE


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    organisation: str
    cell: str
    role: str
    version: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What an organisation says of itself. `details` are the HSDS fields that nobody searches by."""

    cell: str
    role: str
    name: str
    status: str
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """One service; `code` is of the list `service`, `capacity` a Gravity capacity code."""

    id: str
    code: str
    name: str
    status: str
    capacity: str
    details: Mapping[str, Any]


class RecipientNotListed(Exception):
    """Not in the directory, or no longer active."""


class ServiceNotOffered(Exception):
    """The recipient offers no active service of this kind."""


@dataclass(slots=True)
class Organisation:
    """`stored` is the version that the database has; 0 when new. `seeded` is the hash of the file entry last taken."""

    id: str
    profile: Profile
    services: dict[str, Service] = field(default_factory=dict)
    version: int = 0
    stored: int = 0
    seeded: str | None = None
    touched: set[str] = field(default_factory=set)

    def describe(self, profile: Profile) -> list[DirectoryChanged]:
        """Saying the same again changes nothing and is said to nobody."""
        if self.version and profile == self.profile:
            return []
        self.profile = profile
        return [self._changed()]

    def offer(self, service: Service) -> list[DirectoryChanged]:
        if self.services.get(service.id) == service:
            return []
        self.services[service.id] = service
        self.touched.add(service.id)
        return [self._changed()]

    def check_offer(self, service: str) -> None:
        """Before an offer is sent. Capacity does not stop it: the receiver answers, and may have a waiting list."""
        if not self.version or self.profile.status != ACTIVE:
            raise RecipientNotListed
        if not any(s.code == service and s.status == ACTIVE for s in self.services.values()):
            raise ServiceNotOffered

    def _changed(self) -> DirectoryChanged:
        self.version += 1
        return DirectoryChanged(self.id, self.profile.cell, self.profile.role, self.version)
