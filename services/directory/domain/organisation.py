"""An organisation of the directory with its services, as its own people, a file or its own cell describe it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

DEFUNCT = "defunct"
"""A service that its organisation no longer names."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The profile that an organisation gives itself. `details` are the HSDS fields that nobody searches by."""

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


@dataclass(frozen=True, slots=True)
class Caretaker:
    """The supervisor to whom the cases of a suspended organisation go."""

    organisation: str
    worker: str


@dataclass(frozen=True, slots=True)
class DirectoryChanged:
    """An organisation and all its services as they now stand."""

    organisation: str
    version: int
    profile: Profile
    services: tuple[Service, ...]
    suspended: bool = False
    caretaker: Caretaker | None = None


class ByTwoPeople(Exception):
    """The organisation's supervisor alone may not change this: two operators do. `member` names it."""

    def __init__(self, member: str) -> None:
        super().__init__(member)
        self.member = member


class WrongStanding(Exception):
    """The organisation is not suspended, or is suspended already."""


@dataclass(slots=True)
class Organisation:
    """An organisation. `stored` is the version that the database has; 0 when new. `seeded` is the hash of the file
    entry last taken.
    """

    id: str
    profile: Profile
    services: dict[str, Service] = field(default_factory=dict)
    version: int = 0
    stored: int = 0
    seeded: str | None = None
    touched: set[str] = field(default_factory=set)
    told: int = 0
    """The newest version that the organisation's own cell has told of."""
    suspended: bool = False
    caretaker: Caretaker | None = None

    def hear(self, profile: Profile, services: Sequence[Service], version: int) -> list[DirectoryChanged]:
        """Take the word of the organisation's own cell. Our own knowledge beside it stays: names, hours, languages; a
        service that the cell no longer names is closed.
        """
        if version <= self.told:
            return []
        self.told = version
        kept = replace(profile, name=self.profile.name, details={**self.profile.details, **profile.details})
        facts = self.describe(kept if self.version else profile)
        for said in services:
            known = self.services.get(said.id)
            facts += self.offer(
                said if known is None else replace(said, name=known.name, details=known.details)
            )
        gone = self.services.keys() - {said.id for said in services}
        for service_id in sorted(gone):
            facts += self.offer(replace(self.services[service_id], status=DEFUNCT))
        return facts

    def describe(self, profile: Profile) -> list[DirectoryChanged]:
        """Describe the organisation. The same description again changes nothing and is said to nobody."""
        if self.version and profile == self.profile:
            return []
        self.profile = profile
        return [self._changed()]

    def describe_itself(self, profile: Profile) -> list[DirectoryChanged]:
        """Describe it, by its own supervisor. What decides whom it may be told of is not the organisation's own to say,
        and neither is that it is back once it was closed for good. Raises ByTwoPeople.
        """
        before = self.profile
        if profile.role != before.role:
            raise ByTwoPeople("role")
        if profile.details.get("type") != before.details.get("type"):
            raise ByTwoPeople("type")
        if before.status == DEFUNCT != profile.status:
            raise ByTwoPeople("status")
        return self.describe(profile)

    def describe_from_file(self, profile: Profile, cell: str) -> list[DirectoryChanged]:
        """Describe it as a file does. Role, type and status of one that is known are not the file's to say: of the
        file's own cell two people say them, and of another, that cell as soon as it has told of it.
        """
        before = self.profile
        if self.version and (before.cell == cell or self.told):
            details = {**profile.details, "type": before.details.get("type")}
            profile = replace(profile, role=before.role, status=before.status, details=details)
        return self.describe(profile)

    def suspend(self, caretaker: Caretaker | None) -> list[DirectoryChanged]:
        """End whatever its people read and do. `caretaker`: None as long as one person alone said so.

        Raises WrongStanding.
        """
        if self.suspended and (caretaker is None or self.caretaker is not None):
            raise WrongStanding
        self.suspended, self.caretaker = True, caretaker
        return [self._changed()]

    def restore(self) -> list[DirectoryChanged]:
        """Restore it: its people read and work again. A case that went to somebody else stays there. Raises WrongStanding."""
        if self.caretaker is None:
            raise WrongStanding
        return self.lift()

    def lift(self) -> list[DirectoryChanged]:
        """End the suspension. By itself only of one that acts by the word of one person."""
        self.suspended, self.caretaker = False, None
        return [self._changed()]

    def offer(self, service: Service) -> list[DirectoryChanged]:
        if self.services.get(service.id) == service:
            return []
        self.services[service.id] = service
        self.touched.add(service.id)
        return [self._changed()]

    def _changed(self) -> DirectoryChanged:
        self.version += 1
        services = tuple(self.services.values())
        return DirectoryChanged(self.id, self.version, self.profile, services, self.suspended, self.caretaker)
