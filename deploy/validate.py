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

HERE = Path(__file__).parent
COMPOSE = HERE.parent / "docker-compose.yml"
CELLS = ("th", "kh")
BORDER = "border"


def problems(compose: Mapping[str, Any]) -> list[str]:
    """What is wrong, one line each; empty when all is well."""
    return [*_schema(compose), *_completeness(compose["services"]), *_walls(compose), *_references(compose)]


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


def _walls(compose: Mapping[str, Any]) -> Iterator[str]:
    """A container is on its cell's network alone; brokers and exchanges meet at the border. Volumes are not shared."""
    for name, container in compose["services"].items():
        cell, _, what = name.partition("-")
        if cell not in CELLS:
            continue
        allowed = {cell, BORDER} if what in {"kafka", "exchange"} else {cell}
        if set(container.get("networks", ())) != allowed:
            yield f"{name}: its networks are not {sorted(allowed)}"
        volumes = {mount.partition(":")[0] for mount in container.get("volumes", ())}
        foreign = [v for v in volumes if v != BORDER and not v.startswith(f"{cell}-")]
        yield from (f"{name}: mounts {volume}" for volume in foreign)


def _references(compose: Mapping[str, Any]) -> Iterator[str]:
    for name, container in compose["services"].items():
        volumes = {mount.partition(":")[0] for mount in container.get("volumes", ())}
        for kind, used in (
            ("volumes", volumes),
            ("networks", set(container.get("networks", ()))),
            ("services", set(container.get("depends_on", ()))),
        ):
            yield from (f"{name}: no such {kind}: {gone}" for gone in used - set(compose[kind]))


def main() -> int:
    found = problems(yaml.safe_load(COMPOSE.read_text()))
    sys.stderr.writelines(f"{COMPOSE.name}: {problem}\n" for problem in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
