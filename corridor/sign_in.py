"""The address of a cell of this machine, and tokens for its invented people; without the weight of an HTTP client."""

import json
from dataclasses import dataclass
from pathlib import Path

from contracts import machines
from deploy.local.people import load_machines, load_people, longest, mint, story
from deploy.local.place import STATE
from deploy.local.trouble import Trouble


class NoStackError(Trouble):
    """There is no such cell on this machine, or it does not run."""


class NobodyError(Trouble):
    """There is no such person; the message names the ones that there are."""


@dataclass(frozen=True, slots=True)
class CellAddress:
    code: str
    base_url: str
    issuer: str
    keys: Path
    metrics: tuple[str, ...] = ()
    """Where its services show their metrics, on this machine."""

    @property
    def console_url(self) -> str:
        """Where a browser finds the pages of the cell."""
        return f"{self.base_url}/console"


def address(code: str, state: Path = STATE) -> CellAddress:
    """The cell's front. Raises NoStackError if no stack was started with this cell."""
    file = state / code.lower() / "cell.json"
    if not file.exists():
        raise NoStackError(f"no cell {code} was ever started here; start it with: corridor up")
    facts = json.loads(file.read_text())
    shown = tuple(f"http://127.0.0.1:{port}/metrics" for port in facts.get("metrics", ()))
    base = f"http://127.0.0.1:{facts['port']}"
    return CellAddress(code, base, facts["issuer"], Path(facts["keys"]), shown)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """An access token, and the seconds for which it lives."""

    token: str
    lifetime: int


def cell_of(name: str) -> str:
    """The cell of a person or machine, by the name: of `th.worker` and `machine:th.case-system` TH."""
    return name.lower().removeprefix(machines.PREFIX).partition(".")[0].upper()


def granted(name: str, state: Path = STATE) -> TokenGrant:
    """A token for a person such as `th.worker`, or a machine. Raises NobodyError for one who does not exist."""
    name, code = name.lower(), cell_of(name)
    if "." not in name:
        raise NobodyError(
            f"nobody is called {name}; a name is a cell and a person, for example {story().sender.lower()}.worker"
        )
    everybody = [*load_people(code), *load_machines(code)]
    person = next((p for p in everybody if p.name == name), None)
    if person is None:
        known = ", ".join(p.name for p in everybody) or "nobody in that country"
        raise NobodyError(f"nobody is called {name}; there are: {known}")
    cell, lifetime = address(code, state), longest(person)
    return TokenGrant(mint(cell.keys / "issuer.jwk.json", person, cell.issuer, lifetime), lifetime)


def token(name: str, state: Path = STATE) -> str:
    """The token alone: of a person ten minutes, of a machine one."""
    return granted(name, state).token
