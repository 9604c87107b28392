"""`python -m contracts.tools.route referral.accepted`: an event's way from the route to its handlers, in both cells."""

import argparse
import re
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from contracts.catalogue import CATALOGUE, Entry
from contracts.crossing import BY_EVENT, Crossing
from contracts.tools.way import find, modules, way

ROOT = Path(str(files("contracts"))).parent


SEALED = (
    ("services/exchange/handlers.py", "on_process"),
    ("services/exchange/domain/process.py", "Relation.tell"),
    ("services/exchange/use_cases/seal_process.py", "SealProcess.finish"),
    ("services/exchange/sealing.py", "Sealer.send"),
)
TAKEN = (
    ("services/exchange/receiver.py", "Receiver.run"),
    ("services/exchange/use_cases/receive.py", "receive"),
)
"""The way of every process code out of one cell, and into the other."""

RECEIVED, HEARD = "process.received.v1", "on_process_received"


def route(name: str, root: Path = ROOT) -> list[str]:
    """Lines to print, for every version and publisher of the event; empty for a name that no event has."""
    entries = [entry for entry in CATALOGUE if name in (entry.type, entry.type.rpartition(".")[0])]
    return [line for entry in entries for line in _lines(entry, root)]


def _lines(entry: Entry, root: Path) -> Iterator[str]:
    class_name, handler = entry.event.__name__, handler_name(entry)
    module = Path(entry.event.__module__.replace(".", "/")).with_suffix(".py")
    yield entry.type + (" (protective)" if entry.protective else "")
    yield f"  class      {class_name}{_places(_found(root, str(module.parent), class_name))}"
    yield f"  schema     contracts/schemas/{entry.type}.json"
    yield f"  examples   contracts/examples/{entry.type}/"
    yield f"  topic      {entry.topic} (stream: {entry.stream})"
    said = [
        place for place in _found(root, f"services/{entry.publisher}", class_name) if "handlers" not in place
    ]
    yield from _made(entry, root)
    yield f"  publisher  {entry.publisher}{_places(said or _modules(root, entry.publisher, 'outgoing'))}"
    for consumer in entry.consumers:
        yield f"  consumer   {consumer}{_places(_heard(entry, consumer, root))}"
    crossing = BY_EVENT.get(entry.event)
    if crossing is not None:
        yield from _across(entry, crossing, root)
    for place in _found(root, "tests", handler, class_name, entry.type):
        yield f"  test       {place}"


def fact_name(entry: Entry) -> str:
    """The fact's name: `ReferralAcceptedV1` says `ReferralAccepted`."""
    return entry.event.__name__.rpartition("V")[0]


def _made(entry: Entry, root: Path) -> Iterator[str]:
    """The lines of an event's own cell: the route that asks, and the verb that says the fact."""
    made = way(root / "services" / entry.publisher, fact_name(entry))
    named = (
        ("route", made.routes),
        ("handler", made.handlers),
        ("use case", made.use_cases),
        ("verb", made.verbs),
    )
    for kind, functions in named:
        for function in functions:
            yield f"  {kind:<10} {function.place(root)}"


def _across(entry: Entry, crossing: Crossing, root: Path) -> Iterator[str]:
    """Out of the cell of the half that tells, and in the other cell to the half that follows."""
    subject = crossing.subject
    tells = " or ".join(subject.sides) if crossing.either else crossing.tells
    follows = "other" if crossing.either else crossing.follows
    yield f"  crosses    as {crossing.code}, told by the {tells} half"
    for path, name in SEALED:
        yield f"  sealed     {find(root, path, name).place(root)}"
    yield f"  ═ border ═ followed by the {follows} half"
    for path, name in TAKEN:
        yield f"  received   {find(root, path, name).place(root)}"
    folder = f"services/{entry.publisher}"
    yield f"  heard      {RECEIVED}  {find(root, f'{folder}/handlers.py', HEARD).place(root)}"
    member = f"Verb.{crossing.verb.upper()}"
    yield f"  follows    {member}{_places(_found(root, f'{folder}/domain', member))}"


def handler_name(entry: Entry) -> str:
    """The handler's name: `referral.accepted.v1` is handled by `on_referral_accepted`."""
    return "on_" + entry.type.rpartition(".")[0].replace(".", "_")


def _heard(entry: Entry, service: str, root: Path) -> list[str]:
    """The handler; else the line where the service names the event's type; else its handlers, which take every type
    alike.
    """
    folder = f"services/{service}"
    named = _found(root, folder, handler_name(entry), entry.event.__name__)
    handlers = [place for place in named if "handlers" in place]
    if service == "exchange" and entry.event in BY_EVENT:
        return [place for path, name in SEALED[:1] for place in _found(root, path, name)]
    return handlers or _found(root, folder, entry.type) or _modules(root, service, "handlers")


def _modules(root: Path, service: str, part: str) -> list[str]:
    return [str(path.relative_to(root)) for path in modules(root / "services" / service, part)]


def _found(root: Path, folder: str, *names: str) -> list[str]:
    """One place in each Python file under the folder, or in the file, that has one of the names."""
    place = root / folder
    paths = [place] if place.is_file() else sorted(place.rglob("*.py"))
    placed = ((path, _line_of(path, names)) for path in paths)
    return [f"{path.relative_to(root)}:{number}" for path, number in placed if number is not None]


def _line_of(path: Path, names: tuple[str, ...]) -> int | None:
    """The line where one of the names is defined, else the line of its first use other than in an import."""
    words = "|".join(re.escape(name) for name in names)
    mentioned, defined = (
        re.compile(rf"(?<!\w)({words})(?!\w)"),
        re.compile(rf"\s*(class|(async )?def) ({words})\b"),
    )
    used: int | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if defined.match(line):
            return number
        if used is None and mentioned.search(line) and not line.lstrip().startswith(("import ", "from ")):
            used = number
    return used


def _places(places: list[str]) -> str:
    return "  " + "  ".join(places) if places else ""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m contracts.tools.route", description=__doc__)
    parser.add_argument("event", help="for example referral.accepted or referral.accepted.v1")
    name = parser.parse_args(arguments).event
    lines = route(name)
    if not lines:
        sys.stderr.write("no event of the catalogue has this name; see docs/event-map.md\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
