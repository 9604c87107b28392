"""The address of a cell of this machine, and tokens for its invented people; without the weight of an HTTP client."""

import json
from dataclasses import dataclass
from pathlib import Path

from deploy.local.people import load_people, mint, story
from deploy.local.place import STATE
from deploy.local.trouble import Trouble

LIFETIME_S = 600


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


def address(code: str, state: Path = STATE) -> CellAddress:
    """The cell's front. Raises NoStackError if no stack was started with this cell."""
    file = state / code.lower() / "cell.json"
    if not file.exists():
        raise NoStackError(f"no cell {code} was ever started here; start it with: corridor up")
    facts = json.loads(file.read_text())
    shown = tuple(f"http://127.0.0.1:{port}/metrics" for port in facts.get("metrics", ()))
    base = f"http://127.0.0.1:{facts['port']}"
    return CellAddress(code, base, facts["issuer"], Path(facts["keys"]), shown)


def token(name: str, state: Path = STATE) -> str:
    """An access token of ten minutes for a person such as `th.worker`. Raises NobodyError for one who does not exist."""
    name = name.lower()
    code, dot, _ = name.partition(".")
    if not dot:
        raise NobodyError(
            f"nobody is called {name}; a name is a cell and a person, for example {story().sender.lower()}.worker"
        )
    person = next((p for p in load_people(code.upper()) if p.name == name), None)
    if person is None:
        known = ", ".join(p.name for p in load_people(code.upper())) or "nobody in that country"
        raise NobodyError(f"nobody is called {name}; there are: {known}")
    cell = address(code.upper(), state)
    return mint(cell.keys / "issuer.jwk.json", person, cell.issuer, LIFETIME_S)
