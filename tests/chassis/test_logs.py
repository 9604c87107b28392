"""A log line holds what the allow-list names and nothing else, whoever wrote it and however it went wrong."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
import structlog

from chassis.observe.logs import AllowList, ThroughAllowList, configure

CANARY = "Somchai Jaidee canary"
SETTINGS: Any = SimpleNamespace(cell="TH")


class Output(io.StringIO):
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def line(self) -> dict[str, Any]:
        (only,) = self.lines()
        return only


@pytest.fixture
def output() -> Iterator[Output]:
    """Logging as a service configures it, written to memory; everything is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    made = Output()
    configure(SETTINGS, "referral", made)
    yield made
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


def test_a_line_is_json_with_the_keys_of_the_list(output: Output) -> None:
    case_id = UUID(int=7)
    structlog.get_logger("x").info("case.opened", case_id=case_id, count=3, allowed=True, seconds=0.5)
    line = output.line()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "case.opened",
        "level": "info",
        "case_id": str(case_id),
        "count": 3,
        "allowed": True,
        "seconds": 0.5,
        "service": "referral",
        "cell": "TH",
    }


@pytest.mark.parametrize(
    "keys",
    [
        {"name": CANARY},
        {"name": "x", "payload": {"a": CANARY}, "body": CANARY},
        {"case_id": {"name": CANARY}},
        {"case_id": [CANARY]},
        {"actor": CANARY},
        {"actor": "สมชาย"},
        {"error": ValueError(CANARY)},
        {"actor": "x" * 201},
        {"event_dict": CANARY},
    ],
    ids=str,
)
def test_what_is_not_listed_or_not_plain_is_dropped_and_counted(output: Output, keys: dict[str, Any]) -> None:
    structlog.get_logger().warning("something.happened", **keys)
    assert output.line()["dropped"] == len(keys)
    assert not {*keys} & {*output.line()}
    assert "canary" not in output.getvalue()
    assert "สมชาย" not in output.getvalue()


def test_the_list_counts_what_it_dropped_by_key() -> None:
    allow = AllowList()
    for _ in range(2):
        allow(None, "", {"event": "a.b", "name": CANARY, "actor": "me"})
    assert allow.dropped == {"name": 2}


def test_an_event_that_is_a_sentence_is_not_repeated(output: Output) -> None:
    for event in (f"opened the case of {CANARY}", "Somchai-canary"):
        structlog.get_logger().info(event)
    assert [(line["event"], line["dropped"]) for line in output.lines()] == [("unnamed", 1)] * 2
    assert "canary" not in output.getvalue()


def test_an_exception_is_its_class(output: Output) -> None:
    try:
        secret = CANARY  # a local, which some renderers print
        raise KeyError(secret)
    except KeyError:
        structlog.get_logger().exception("it.failed")
        logging.getLogger("chassis.work").exception("work %s failed", "seal")
        logging.getLogger("aiokafka").exception("%s", CANARY)
    assert [line["error"] for line in output.lines()] == ["KeyError"] * 3
    assert output.lines()[1]["template"] == "work seal failed"
    assert "canary" not in output.getvalue()


def test_of_our_own_messages_plain_arguments_stay(output: Output) -> None:
    log = logging.getLogger("chassis.consumer")
    log.error("offset %d of %s/%d no longer exists: %s", 7, "intake.events", 2, CANARY)
    log.warning("the lease of %s ran out", [CANARY])
    few = {"name": "chassis.work", "msg": "one argument too few %s %s", "args": ("x",), "levelname": "INFO"}
    ours = next(h for h in logging.getLogger().handlers if isinstance(h, ThroughAllowList))
    ours.handle(logging.makeLogRecord(few))
    assert [line["template"] for line in output.lines()] == [
        "offset 7 of intake.events/2 no longer exists: …",
        "the lease of list ran out",
        "one argument too few %s %s",
    ]
    assert output.lines()[0]["logger"] == "chassis.consumer"


def test_of_a_librarys_message_the_template_alone_stays(output: Output, monkeypatch: Any) -> None:
    access = logging.getLogger("uvicorn.access")  # a server of another test may have silenced it
    monkeypatch.setattr(access, "propagate", True)
    access.setLevel(logging.NOTSET)
    logging.getLogger("uvicorn.error").error("Invalid request from %s", CANARY)
    logging.getLogger("uvicorn.access").info('%s - "%s"', "127.0.0.1", f"GET /?q={CANARY}")
    logging.getLogger("aiokafka.consumer").warning(f"got {CANARY}")  # noqa: G004
    assert [line.get("template") for line in output.lines()] == ["Invalid request from %s", '%s - "%s"', None]
    assert output.lines()[2]["place"].startswith("test_logs:")
    assert "canary" not in output.getvalue()


TAKEN = "[Errno 98] error while attempting to bind on address ('127.0.0.1', 23456): address already in use"


def test_what_an_operator_needs_of_a_librarys_words_stays(output: Output) -> None:
    uvicorn, aiokafka = logging.getLogger("uvicorn.error"), logging.getLogger("aiokafka.conn")
    uvicorn.setLevel(logging.INFO)  # a server of another test may have said less
    uvicorn.error(OSError(98, TAKEN.partition("] ")[2]))
    uvicorn.info("Started server process [%d]", 4711)
    refused = ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 9092)")
    aiokafka.error("Unable connect to node with id %s: %s", 1, refused)
    aiokafka.error('Unable connect to "%s:%s": %s', "th-kafka", 9092, TimeoutError())
    uvicorn.error("Exception in ASGI application\n", exc_info=FileNotFoundError(2, "No such file", CANARY))
    lines = output.lines()
    assert [line["template"] for line in lines] == [
        TAKEN,
        "Started server process [4711]",
        "Unable connect to node with id 1: [Errno 111] Connect call failed ('127.0.0.1', 9092)",
        'Unable connect to "th-kafka:9092":',
        "Exception in ASGI application",
    ]
    assert (lines[4]["error"], lines[4]["reason"]) == (
        "FileNotFoundError",
        "ENOENT: No such file or directory",
    )
    assert "canary" not in output.getvalue()


class Refused(Exception):
    sqlstate = "23505"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, CANARY), "ECONNREFUSED: Connection refused"),
        (OSError(28, CANARY, CANARY), "ENOSPC: No space left on device"),
        (Refused(f"Key (name)=({CANARY}) already exists"), "SQLSTATE 23505"),
        (OSError(CANARY), None),
        (OSError(CANARY, CANARY), None),
        (ValueError(CANARY), None),
    ],
    ids=str,
)
def test_of_an_exception_a_fixed_lists_words_stay_and_its_own_never(
    output: Output, error: Exception, reason: str | None
) -> None:
    structlog.get_logger().error("it.failed", exc_info=error)
    assert output.line().get("reason") == reason
    assert "canary" not in output.getvalue()


@pytest.mark.parametrize(
    ("logger", "text"),
    [
        ("uvicorn.error", f"{TAKEN} {CANARY}"),
        ("uvicorn.error", f"{CANARY} {TAKEN}"),
        ("uvicorn.error", TAKEN.replace("address already", CANARY)),
        ("uvicorn.error", TAKEN.replace("127.0.0.1", "canary")),
        ("uvicorn.error", "Started server process [canary]"),
        ("uvicorn.error", "Shutting down\ncanary"),
        ("uvicorn.error", "Uvicorn running on http://somchai.canary:1 (Press CTRL+C to quit)"),
        ("aiokafka.conn", f"Unable connect to node with id 1: {CANARY}"),
        ("aiokafka.conn", "Unable connect to node with id canary: "),
        (
            "aiokafka.conn",
            "Unable connect to node with id 1: [Errno 111] Connect call failed ('canary', 9092)",
        ),
        ("asyncio", f"Task exception was never retrieved {CANARY}"),
        ("httpx2", TAKEN.replace("23456", "canary")),
        ("sqlalchemy.pool", "canary"),
    ],
)
def test_what_only_resembles_a_known_sentence_is_not_repeated(output: Output, logger: str, text: str) -> None:
    logging.getLogger(logger).error(text)
    logging.getLogger(logger).error("%s", text)
    assert "canary" not in output.getvalue()


def test_a_reason_is_never_taken_from_who_writes_the_line(output: Output) -> None:
    structlog.get_logger().error("it.failed", reason=CANARY)
    assert (output.line().get("reason"), output.line()["dropped"]) == (None, 1)


async def test_a_task_that_nobody_awaited_tells_no_message(output: Output) -> None:
    async def fails() -> None:
        raise ValueError(CANARY)

    task = asyncio.get_running_loop().create_task(fails())
    await asyncio.sleep(0)
    del task
    import gc

    gc.collect()
    assert output.line()["error"] == "ValueError"
    assert "canary" not in output.getvalue()


def test_what_nobody_caught_and_what_was_warned_of_tells_no_message(output: Output) -> None:
    error = ValueError(CANARY)
    sys.excepthook(ValueError, error, None)
    thread = threading.Thread(target=lambda: int(CANARY))
    thread.start()
    thread.join()
    warnings.warn(CANARY, stacklevel=1)
    first, second, third = output.lines()
    assert (first["event"], first["error"]) == ("uncaught", "ValueError")
    assert (second["event"], second["error"]) == ("uncaught", "ValueError")
    assert third["logger"] == "py.warnings"
    assert "canary" not in output.getvalue()


def test_lines_below_info_are_not_written(output: Output) -> None:
    structlog.get_logger().debug("case.opened")
    logging.getLogger("chassis.work").debug("x")
    logging.getLogger("sqlalchemy.engine").debug(CANARY)
    assert output.getvalue() == ""


def test_several_services_of_one_process_share_the_list(output: Output) -> None:
    configure(SETTINGS, "consent")
    structlog.get_logger().info("it.happened")
    assert output.line()["service"] == "referral+consent"
