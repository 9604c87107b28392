"""The requests and commands of an operator to a cell's services, over their HTTP APIs: first shown, then done."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from contracts.catalogue import SERVICES
from contracts.codes import codes
from corridor.client import Person
from deploy.local.trouble import Trouble

PAGE = 200


class NotThereError(Trouble):
    """The thing that the command names is not there, so the command would change nothing."""


class UnknownReasonError(Trouble):
    """No command is given without a reason of the list."""


@dataclass(frozen=True, slots=True)
class OperatorReason:
    """The reason that stands in the log, and the ticket that has the words."""

    reason: str
    ticket: str | None

    def said(self, **body: Any) -> dict[str, Any]:
        """The body of a command, without what is None. Raises UnknownReasonError."""
        known = codes("operation_reason")
        if self.reason not in known:
            listed = "; ".join(f"{code} ({label})" for code, label in known.items())
            raise UnknownReasonError(f"no such reason; there are: {listed}")
        ticket = {} if self.ticket is None else {"ticket": self.ticket}
        return {"reason": self.reason, **ticket, **{k: v for k, v in body.items() if v is not None}}


@asynccontextmanager
async def operator(cell: str) -> AsyncIterator[Person]:
    async with Person(f"{cell.lower()}.operator") as person:
        yield person


async def every_page(person: Person, path: str, **params: Any) -> list[dict[str, Any]]:
    """All items of a listing; some listings are short and have no pages."""
    items: list[dict[str, Any]] = []
    after: dict[str, Any] = {}
    while True:
        page = await person.get(path, **params, **after)
        if isinstance(page, list):
            return page
        items += page["items"]
        if page["next"] is None:
            return items
        after = {"after": page["next"]}


def shown(console: Console, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], nothing: str) -> None:
    table = Table(*(name.replace("_", " ") for name in columns))
    for row in rows:
        table.add_row(*("" if row.get(name) is None else str(row[name]) for name in columns))
    console.print(table if rows else nothing)


async def of_all(cell: str, path: str, **params: Any) -> list[dict[str, Any]]:
    """The same listing of every service, each row with its service."""
    async with operator(cell) as person:
        return [
            {"service": service, **one}
            for service in SERVICES
            for one in await every_page(person, f"/{service}{path}", **params)
        ]


async def ready(cell: str, console: Console) -> None:
    rows: list[dict[str, Any]] = []
    async with operator(cell) as person:
        for service in SERVICES:
            health = await person.look(f"/{service}/health/ready")
            found = {**health.get("problems", {}), **health.get("degraded", {})} or {"": ""}
            status = {"service": service, "status": health["status"]}
            rows += [{**status, "part": part, "what_is_wrong": what} for part, what in found.items()]
    shown(console, ("service", "status", "part", "what_is_wrong"), rows, "no service")


async def causes(cell: str, console: Console) -> None:
    rows = await of_all(cell, "/v1/parked/causes")
    columns = ("service", "id", "reason", "place", "streams", "events", "since")
    shown(console, columns, rows, f"{cell}: nothing is parked.")


async def parked(cell: str, stream: str | None, console: Console) -> None:
    rows = await of_all(cell, "/v1/parked", **({"stream": stream} if stream else {}), limit=PAGE)
    columns = ("service", "source", "stream", "sequence", "type", "reason", "place", "cause", "protects")
    shown(console, columns, rows, f"{cell}: nothing is parked.")


async def replays(cell: str, console: Console) -> None:
    rows = await of_all(cell, "/v1/replays", limit=PAGE)
    columns = ("service", "id", "state", "reason", "streams", "freed", "still_parked", "events", "begun_at")
    shown(console, columns, rows, f"{cell}: nothing was ever replayed by cause.")


async def offsets(cell: str, console: Console) -> None:
    rows = await of_all(cell, "/v1/offsets")
    shown(console, ("service", "topic", "partition", "next_offset", "first", "end"), rows, "no offsets")


async def consumers(cell: str, console: Console) -> None:
    rows = []
    async with operator(cell) as person:
        for service in SERVICES:
            state = await person.get(f"/{service}/v1/consumer")
            rows.append({"service": service, **state, **(state["stop"] or {}), "counted": state["parked"]})
    columns = ("service", "counted", "limit", "id", "topic", "partition", "offset", "reason", "place")
    shown(console, columns, rows, "no service")


async def work(cell: str, console: Console) -> None:
    rows = await of_all(cell, "/v1/work", limit=PAGE)
    columns = ("service", "id", "kind", "attempts", "last_error")
    shown(console, columns, rows, f"{cell}: no work has failed for good.")


async def partners(cell: str, console: Console) -> None:
    async with operator(cell) as person:
        console.print_json(data=await person.get("/exchange/v1/partners"))


async def envelopes(cell: str, case: str, console: Console) -> None:
    async with operator(cell) as person:
        console.print_json(data=await person.get("/exchange/v1/envelopes", case_id=case))


async def agreements(cell: str, console: Console) -> None:
    async with operator(cell) as person:
        console.print_json(data=await person.get("/exchange/v1/agreements"))


async def replay_cause(
    cell: str,
    service: str,
    cause: str,
    why: OperatorReason,
    console: Console,
    *,
    over_gap: bool,
    dry_run: bool,
) -> None:
    async with operator(cell) as person:
        found = [one for one in await person.get(f"/{service}/v1/parked/causes") if one["id"] == cause]
        if not found:
            raise NotThereError(f"{service} has nothing parked for the cause {cause}")
        streams = found[0]["streams"]
        console.print(
            f"{service}: {streams} streams, parked for {found[0]['reason']}, are tried again in order"
        )
        if not dry_run:
            body = why.said(cause=cause, over_gap=over_gap, expected=streams)
            done = await person.post(f"/{service}/v1/replays", body)
            console.print(f"replay {done['id']} runs; see: corridor operate replays {cell}")


async def replay_stream(
    cell: str,
    service: str,
    source: str,
    stream: str,
    why: OperatorReason,
    console: Console,
    *,
    over_gap: int | None,
) -> None:
    async with operator(cell) as person:
        body = why.said(source=source, stream=stream, over_gap=over_gap)
        done = await person.post(f"/{service}/v1/parked/replay", body)
    console.print(f"{service}: {done['replayed']} replayed, {done['still_parked']} still parked")


async def stop_replay(cell: str, service: str, replay: str, why: OperatorReason, console: Console) -> None:
    async with operator(cell) as person:
        await person.post(f"/{service}/v1/replays/{replay}/stop", why.said())
    console.print("it stops after the stream that it has in hand")


async def discard(
    cell: str,
    service: str,
    event: tuple[str, str, int],
    expected: str,
    why: OperatorReason,
    console: Console,
    *,
    dry_run: bool,
) -> None:
    source, stream, sequence = event
    async with operator(cell) as person:
        events = await every_page(person, f"/{service}/v1/parked", stream=stream, limit=PAGE)
        of_stream = [one for one in events if one["source"] == source]
        found = [one for one in of_stream if one["sequence"] == sequence]
        if not found:
            raise NotThereError(f"{service} has no such event parked")
        console.print(
            f"{service}: event {sequence} ({found[0]['type'] or 'of no known type'}) of {source} {stream},"
            f" parked for {found[0]['reason']}, is given up for ever; {len(of_stream) - 1} more of its stream wait"
        )
        if not dry_run:
            body = why.said(source=source, stream=stream, sequence=sequence, expected=expected)
            await person.post(f"/{service}/v1/parked/discard", body)
            console.print("given up; a replay passes over it")


async def move_offset(
    cell: str, service: str, partition: tuple[str, int], to: int, expected: int, why: OperatorReason, console: Console,
    *, dry_run: bool,
) -> None:  # fmt: skip
    topic, number = partition
    async with operator(cell) as person:
        at = await person.get(f"/{service}/v1/offsets")
        found = [one for one in at if (one["topic"], one["partition"]) == (topic, number)]
        if not found:
            raise NotThereError(f"{service} does not read {topic}/{number}")
        console.print(_what_moves(service, found[0], to))
        if not dry_run:
            body = why.said(topic=topic, partition=number, expected=expected, to=to)
            await person.post(f"/{service}/v1/offsets", body)
            console.print("moved; the consumer reads from there within seconds")


def _what_moves(service: str, found: Mapping[str, Any], to: int) -> str:
    at, where = found["next_offset"], f"{found['topic']}/{found['partition']}"
    if to >= at:
        what = f"{to - at} events that the broker no longer has are lost here; streams with a gap park"
    else:
        what = f"{at - to} events are read again; what was handled is dropped"
    return f"{service}: {where} is read from {to} and no longer from {at} (the broker has {found['first']} to {found['end']}): {what}"


async def resume(
    cell: str, service: str, stop: str, allow: int, why: OperatorReason, console: Console, *, dry_run: bool
) -> None:
    async with operator(cell) as person:
        state = await person.get(f"/{service}/v1/consumer")
        held = state["stop"]
        if held is None or held["id"] != stop:
            raise NotThereError(f"the consumer of {service} is not held by this stop")
        console.print(
            f"{service}: the consumer goes on at {held['topic']}/{held['partition']} offset {held['offset']};"
            f" what fails again ({held['reason']}) is parked, {state['limit'] + allow} streams at most"
        )
        if not dry_run:
            await person.post(f"/{service}/v1/stops/{stop}/end", why.said(allow=allow))
            console.print("it goes on within half a minute")


async def retry(cell: str, service: str, work_id: str, why: OperatorReason, console: Console) -> None:
    async with operator(cell) as person:
        await person.post(f"/{service}/v1/work/{work_id}/retry", why.said())
    console.print("due now, from its first attempt")
