"""The invented people of the local stack, and their tokens. Development only."""

import json
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from joserfc.jwk import OKPKey

from chassis.identity import signing
from contracts import machines, services
from deploy.local.place import COUNTRIES


@dataclass(frozen=True, slots=True)
class Story:
    """The two countries between which `corridor demo` tells its story, and its person. They are also the cells
    started by default.
    """

    sender: str
    receiver: str
    person: str
    phone: str

    @property
    def countries(self) -> tuple[str, str]:
        return self.sender, self.receiver


def story(root: Path = COUNTRIES) -> Story:
    return Story(**json.loads((root / "corridor.json").read_text(encoding="utf-8"))["story"])


@dataclass(frozen=True, slots=True)
class Person:
    """An invented person, or system. `name` is the address and the pseudonym in tokens: `th.officer`."""

    name: str
    cell: str
    roles: tuple[str, ...]
    org: str

    @property
    def public(self) -> dict[str, Any]:
        return {"name": self.name, "cell": self.cell, "roles": list(self.roles), "org": self.org}


def load_people(cell: str, root: Path = COUNTRIES) -> list[Person]:
    """The invented people of a cell; none for a country that has no folder."""
    file = root / cell / "people.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return [
        Person(f"{cell.lower()}.{name}", cell, tuple(facts["roles"]), facts["org"])
        for name, facts in known.items()
    ]


def load_machines(cell: str, root: Path = COUNTRIES) -> list[Person]:
    """The invented systems of a cell: `machine:th.case-system`. None for a country that has no such file."""
    file = root / cell / "machines.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return [
        Person(f"{machines.PREFIX}{cell.lower()}.{name}", cell, tuple(facts["roles"]), facts["org"])
        for name, facts in known.items()
    ]


def mint(key: OKPKey | Path, person: Person, issuer_url: str, lifetime: int) -> str:
    """An access token for the services of the cell that take this person, or machine. `lifetime` is in seconds: ten minutes
    at most, of a machine one.
    """
    if not 0 < lifetime <= longest(person):
        raise ValueError(f"an access token lives 1 to {longest(person)} seconds")
    now = int(time.time())
    claims = {
        "iss": issuer_url,
        "sub": person.name,
        "aud": list(machines.SERVICES if machines.is_machine(person.name) else services.NAMES),
        "iat": now,
        "exp": now + lifetime,
        "jti": str(uuid.uuid4()),
        "cell": person.cell,
        "org": person.org,
        "roles": list(person.roles),
    }
    own = load_key(key) if isinstance(key, Path) else key
    return signing.sign(own, str(own.kid), claims)


def longest(person: Person) -> int:
    """The seconds for which an access token may live."""
    if machines.is_machine(person.name):
        return signing.MACHINE_LIFETIME_SECONDS
    return signing.USER_LIFETIME_SECONDS


def load_key(file: Path) -> OKPKey:
    return OKPKey.import_key(json.loads(file.read_text()))
