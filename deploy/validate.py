"""`python -m deploy.validate`: holds docker-compose.yml against the Compose Specification and against the architecture.

`compose-spec.json` is the schema of the repository compose-spec/compose-spec (Apache License 2.0), copied unchanged.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator

from contracts.catalogue import SERVICES
from deploy.compose.file import COMPOSE, compose_text
from deploy.local.people import story

HERE = Path(__file__).parent
CELLS = tuple(code.lower() for code in story().countries)
BORDER = "border"
ONCE = ("secrets",)
"""The services that run once, make everything, alone and without a network, and end before anything else begins."""
CAPABILITIES = {
    "secrets": frozenset({"CHOWN", "DAC_OVERRIDE", "FOWNER"}),
    "provision": frozenset({"DAC_OVERRIDE"}),
}
"""The capabilities of the two that run once as root, to read and give away files of others."""


def problems(compose: Mapping[str, Any]) -> list[str]:
    """The faults of a compose file, one line each; empty when all is well."""
    services = compose["services"]
    return [
        *_schema(compose),
        *_completeness(services),
        *_walls(services),
        *_keys(services),
        *_bounds(services),
        *_references(compose),
    ]


def _schema(compose: Mapping[str, Any]) -> Iterator[str]:
    schema = json.loads((HERE / "compose-spec.json").read_text())
    for error in Draft7Validator(schema).iter_errors(compose):
        yield f"{'.'.join(map(str, error.path))}: {error.message}"


def _completeness(services: Mapping[str, Any]) -> Iterator[str]:
    """Every service in every cell, from the image that holds that service alone, and checked for health."""
    for cell in CELLS:
        for name in SERVICES:
            container = services.get(f"{cell}-{name}")
            if container is None:
                yield f"{cell}-{name}: missing"
            elif container["build"].get("args") != {"SERVICE": name}:
                yield f"{cell}-{name}: built for another service"
        yield from (
            f"{cell}-{name}: no health check" for name in ("kafka", "postgres")
            if not services[f"{cell}-{name}"].get("healthcheck")
        )  # fmt: skip


def _walls(services: Mapping[str, Any]) -> Iterator[str]:
    """A container is on its cell's network alone; brokers and exchanges meet at the border. Volumes are not shared."""
    for name, container in services.items():
        cell, _, what = name.partition("-")
        if cell not in CELLS:
            continue
        allowed = {cell, BORDER} if what in {"kafka", "exchange"} else {cell}
        if set(container.get("networks", ())) != allowed:
            yield f"{name}: its networks are not {sorted(allowed)}"
        foreign = [v for v in _volumes(container) if v != BORDER and not v.startswith(f"{cell}-")]
        yield from (f"{name}: mounts {volume}" for volume in foreign)


def _keys(services: Mapping[str, Any]) -> Iterator[str]:
    """A mount of a container is its own: keys, passwords and data that two may read belong to neither."""
    users: dict[str, str] = {}
    for name, container in services.items():
        cell, _, what = name.partition("-")
        if name in ONCE or cell not in CELLS:
            continue
        own = {f"{name}", f"{name}-data"}
        if what == "exchange":
            own |= {BORDER, f"{cell}-organisations"}
        if what == "intake":
            own |= {f"{cell}-erasures"}
        if what == "provision":
            own |= {f"{cell}-{part}" for part in ("state", "kafka", "postgres")}
        yield from (f"{name}: mounts {volume}, which is not its own" for volume in _volumes(container) - own)
        user = str(container.get("user", "0")).partition(":")[0]
        if what == "provision":
            continue
        if user == "0":
            yield f"{name}: runs as root"
        if users.setdefault(f"{cell} {user}", name) != name:
            yield f"{name}: has the user of {users[f'{cell} {user}']}"


def _bounds(services: Mapping[str, Any]) -> Iterator[str]:
    """No container has more rights, memory or processes than it needs, and none writes its own image."""
    for name, container in services.items():
        if container.get("cap_drop") != ["ALL"]:
            yield f"{name}: keeps capabilities"
        cell, _, what = name.partition("-")
        added = set(container.get("cap_add", ())) - CAPABILITIES.get(what or cell, frozenset())
        if added:
            yield f"{name}: adds {sorted(added)}"
        if "no-new-privileges:true" not in container.get("security_opt", ()):
            yield f"{name}: may gain privileges"
        if container.get("read_only") is not True:
            yield f"{name}: writes its own file system"
        yield from (
            f"{name}: no {limit}" for limit in ("mem_limit", "pids_limit") if not container.get(limit)
        )
        yield from (f"{name}: {port} is open to the network" for port in container.get("ports", ())
                    if not port.startswith("127.0.0.1:"))  # fmt: skip


def _volumes(container: Mapping[str, Any]) -> set[str]:
    return {mount.partition(":")[0] for mount in container.get("volumes", ())}


def _references(compose: Mapping[str, Any]) -> Iterator[str]:
    for name, container in compose["services"].items():
        for kind, used in (
            ("volumes", _volumes(container)),
            ("networks", set(container.get("networks", ()))),
            ("services", set(container.get("depends_on", ()))),
        ):
            yield from (f"{name}: no such {kind}: {gone}" for gone in used - set(compose[kind]))


def main() -> int:
    found = problems(yaml.safe_load(COMPOSE.read_text()))
    if COMPOSE.read_text() != compose_text():
        found.append("not what `python -m deploy.compose.file` writes")
    sys.stderr.writelines(f"{COMPOSE.name}: {problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
