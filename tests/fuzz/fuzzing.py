"""Requests that Schemathesis makes of the document of a service, sent to the service as somebody who may call the route."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import httpx2
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import APIOperation, Case, GenerationMode, checks

from tests.authorisation.actors import Wallet
from tests.authorisation.calling import Made
from tests.authorisation.table import Row, rows
from tests.authorisation.worlds import World

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
BATCH = 25
"""As many cases are about one thing; then another is made."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE, GenerationMode.POSITIVE)
"""In turn for each route, whatever number of routes there is."""
AT_ONCE = 8
"""As many are sent at once: some wait for a broker that is not there."""
AWAY = 503
"""A service of the cell that does not run beside this one, or a person of whom it has not heard."""


@dataclass
class Fuzzed:
    """What became of the requests to one service."""

    service: str
    statuses: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def requests(self) -> int:
        return self.statuses.total()

    def line(self) -> str:
        kinds = {kind: sum(n for s, n in self.statuses.items() if s // 100 == kind) for kind in (2, 3, 4)}
        told = " ".join(f"{kind}xx {count:>6}" for kind, count in kinds.items())
        failed = sum(n for s, n in self.statuses.items() if s >= 500 and s != AWAY)
        return f"{self.service:<12} {self.requests:>6} requests  {told}  503 {self.statuses[AWAY]:>6}  5xx {failed}  faults {self.faults.total()}"


def batched(cases: list[Case], size: int) -> Iterator[list[Case]]:
    for begin in range(0, len(cases), size):
        yield cases[begin : begin + size]


def operations(world: World) -> list[tuple[Row, APIOperation]]:
    """The routes of the table with what the document says of each."""
    document = world.harness.service.app.openapi()
    schema = schemathesis.openapi.from_dict(document)
    return [
        (row, schema[row.path][row.method])
        for row in rows()
        if row.service == world.harness.service.name and row.method in schema[row.path]
    ]


def cases_of(operation: APIOperation, count: int, mode: GenerationMode, number: int) -> list[Case]:
    """So many requests, right ones or wrong ones; the same for the same number."""
    found: list[Case] = []

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode))
    def generated(case: Case) -> None:
        found.append(case)

    generated()
    return found


async def fuzz(world: World, requests: int, number: int = 1, batch: int = BATCH) -> Fuzzed:
    """Send so many requests at least, of every route in turn."""
    name = world.harness.service.name
    result, known, chance = Fuzzed(name), operations(world), random.Random(number)
    made: dict[str, Made] = {}
    for turn in range(1, requests + 1):
        for place, (row, operation) in enumerate(known):
            mode = MODES[(turn + place) % len(MODES)]
            try:
                cases = cases_of(operation, batch, mode, number * 1_000_003 + turn)
            except Exception as error:  # noqa: BLE001  # a part that cannot be made wrong has no wrong cases
                if mode is GenerationMode.POSITIVE:
                    result.faults[f"{row}: cannot be generated ({type(error).__name__})"] += 1
                continue
            with suppress(
                AssertionError, ValueError
            ):  # what was sent may stand in its way: then what was made before
                made[row.subject] = await world.make(row.subject)
            if row.subject not in made:
                result.faults[f"{row}: nothing to call it about"] += 1
                continue
            for some in batched(cases, AT_ONCE):
                about = made[row.subject]
                await asyncio.gather(*(_send(world, row, case, about, result, chance) for case in some))
        if result.requests >= requests:
            break
    return result


async def _send(
    world: World, row: Row, case: Case, made: Made, result: Fuzzed, chance: random.Random
) -> None:
    sent = _request(row, case, made, chance)
    headers = {**sent.pop("headers"), **Wallet(world.harness).headers(min(row.allowed))}
    if chance.random() < 0.7:
        headers["If-Match"] = "*"
    try:
        answer = await world.harness.client.request(row.method, headers=headers, **sent)
    except (UnicodeError, ValueError, httpx2.InvalidURL):
        return  # no client can send it
    answer.request = httpx2.Request(row.method, answer.request.url)  # without a body that was streamed
    result.statuses[answer.status_code] += 1
    if answer.status_code >= 500 and answer.status_code != AWAY:
        result.faults[f"{row}: {answer.status_code} {answer.json().get('code')}"] += 1
    for fault in _against_the_document(case, answer):
        result.faults[f"{row}: {fault}"] += 1


def _request(row: Row, case: Case, made: Made, chance: random.Random) -> dict[str, Any]:
    """The case about something that is there, mostly: with identifiers made up, all would be told `not found`."""
    if chance.random() < 0.8:
        case.path_parameters = {**(case.path_parameters or {}), **_named(row, made)}
        if isinstance(case.body, dict):
            case.body = {name: made.get(name, value) for name, value in case.body.items()}
    sent = case.as_transport_kwargs(base_url="http://service")
    kept = {
        name: sent[name]
        for name in ("url", "params", "headers", "data", "json", "files")
        if sent.get(name) is not None
    }
    if "files" in kept:  # a client sends text
        kept["files"] = [
            (name, (part[0], str(part[1]).encode("utf-8", "replace"))) for name, part in _parts(kept["files"])
        ]
    if isinstance(kept.get("data"), (bytes, str)):
        kept["content"] = kept.pop("data")
    kept["headers"] = {
        name: str(value)
        for name, value in kept.get("headers", {}).items()
        if str(value).isascii() and str(value).isprintable()
    }
    return kept


def _parts(files: Any) -> Iterator[tuple[str, tuple[str | None, Any]]]:
    for name, part in files.items() if isinstance(files, dict) else files:
        yield name, part[:2] if isinstance(part, (tuple, list)) else (name, part)


def _named(row: Row, made: Made) -> Mapping[str, str]:
    return {name: value for name, value in made.items() if f"{{{name}}}" in row.path}


def _against_the_document(case: Case, answer: httpx2.Response) -> Iterator[str]:
    """The status, the media type, the headers and the body of an answer, compared with what the document says of them."""
    if answer.status_code == httpx2.codes.METHOD_NOT_ALLOWED:
        return
    try:
        case.validate_response(answer, checks=CHECKS)
    except checks.FailureGroup as group:
        for one in group.exceptions:
            yield f"{answer.status_code} {' '.join(str(one).split())[:160]}"
