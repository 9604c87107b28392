"""Logs as JSON lines through an allow-list: a key that is not listed is dropped and counted, an exception is its class."""

import json
import logging
import re
import sys
import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO
from uuid import UUID

import structlog
from opentelemetry.trace import get_current_span

from chassis.observe.known_words import in_words, kept
from chassis.settings import Settings

KEYS = frozenset(
    {
        *(
            "event",
            "level",
            "timestamp",
            "logger",
            "service",
            "cell",
            "place",
            "template",
            "dropped",
            "reason",
        ),
        *("trace_id", "span_id", "actor", "organisation", "purpose", "policy", "rules", "action", "allowed"),
        *(
            "resource",
            "resource_id",
            "error",
            "code",
            "instance",
            "status",
            "method",
            "route",
            "seconds",
            "count",
        ),
        *(
            "topic",
            "partition",
            "offset",
            "source",
            "stream",
            "sequence",
            "type",
            "kind",
            "attempts",
            "event_id",
        ),
        *(
            "case_id",
            "referral_id",
            "return_id",
            "consent_id",
            "disclosure_id",
            "envelope_id",
            "agreement_id",
        ),
    }
)
"""Keys that a line may have. They hold identifiers, codes, names of our own parts, and numbers."""

WRITTEN = frozenset({"template", "reason"})
"""Keys whose values may have spaces: they were taken from our own literals or from a fixed list."""

OURS = ("chassis", "services", "corridor", "deploy", "contracts", "__main__")
MAX_LENGTH = 200
HIDDEN = "…"
_EVENT = re.compile(r"[a-z][a-z0-9_.\-]{0,79}")
_PLAIN = re.compile(r"[A-Za-z0-9_:;.,/+\-<>()\[\]{}=*#%]{0,200}")
"""Text without spaces and letters beyond ASCII: identifiers, codes and class names have neither; a person's words do."""

EventDict = MutableMapping[str, Any]


class AllowList:
    """A structlog processor, through which standard logging passes as well."""

    def __init__(self) -> None:
        self.dropped: Counter[str] = Counter()

    def __call__(self, _logger: Any, _method: str, line: EventDict) -> EventDict:
        failure = _exception(line.pop("exc_info", None))
        lost: Counter[str] = Counter(["reason"] if "reason" in line else [])
        line.pop("reason", None)  # ours alone, from the exception
        if failure is not None:
            line.update({"error": type(failure).__qualname__}, **_reason(failure))
        listed: dict[str, Any] = {}
        for key, value in line.items():
            if key not in KEYS or not (key in WRITTEN or _is_plain(value)):
                lost[key] += 1
            else:
                listed[key] = str(value) if isinstance(value, UUID) else value
        if not isinstance(listed.get("event"), str) or not _EVENT.fullmatch(listed["event"]):
            lost["event"] = 1
            listed["event"] = "unnamed"
        if lost:
            self.dropped += lost
            listed["dropped"] = lost.total()
        return listed


def _is_plain(value: object) -> bool:
    if value is None or isinstance(value, (bool, int, float, UUID)):
        return True
    return isinstance(value, str) and _PLAIN.fullmatch(value) is not None


def _exception(failure: object) -> BaseException | None:
    """The exception in any of the forms of `exc_info`."""
    if failure is True:
        failure = sys.exc_info()
    if isinstance(failure, tuple):
        failure = failure[1]
    return failure if isinstance(failure, BaseException) else None


def _reason(failure: BaseException) -> dict[str, str]:
    """The reason, where a fixed list has words for it; never the exception's message."""
    words = in_words(failure)
    return {} if words is None else {"reason": words}


class ThroughAllowList(logging.Handler):
    """Takes standard logging. Our own messages are literals (ruff G004), so they stay, with those of their arguments
    that are plain. A library's message stays where it is a sentence that we know; of another only the template
    does, and only where it had arguments: else it is no template.
    """

    def __init__(self, settings: Settings, allow: AllowList, stream: TextIO) -> None:
        super().__init__()
        self.allow, self.cell, self.services, self._stream = allow, settings.cell, [""], stream

    def emit(self, record: logging.LogRecord) -> None:
        line: EventDict = {
            "event": "log",
            "level": record.levelname.lower(),
            "logger": record.name,
            "place": f"{record.module}:{record.lineno}",
            "template": _template(record),
            "exc_info": record.exc_info,
        }
        self.write({name: value for name, value in line.items() if value is not None})

    def write(self, line: EventDict) -> None:
        """Write one line, with the members that all lines have, after the allow-list."""
        stamped = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {**line, **_trace()})
        whole = {**stamped, "service": "+".join(self.services), "cell": self.cell}
        self._stream.write(json.dumps(self.allow(None, "", whole), ensure_ascii=False) + "\n")
        self._stream.flush()


def _template(record: logging.LogRecord) -> str | None:
    message = record.msg if isinstance(record.msg, str) else None
    ours = record.name.split(".")[0] in OURS
    if not ours and kept(record.name, said := _said(record)):
        return said.rstrip()[:MAX_LENGTH]
    if message is None or not (ours or record.args):
        return None
    if not ours or not isinstance(record.args, tuple):
        return message[:MAX_LENGTH]
    arguments = tuple(_shown(argument) for argument in record.args)
    try:
        return (message % arguments)[:MAX_LENGTH]
    except (TypeError, ValueError):
        return message[:MAX_LENGTH]


def _said(record: logging.LogRecord) -> str:
    """The whole text, which must not be written unless it is a known sentence; empty where its arguments do not fit it."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a library's own objects are turned into text here
        return ""


def _shown(argument: object) -> object:
    if isinstance(argument, str) and not _is_plain(argument):
        return HIDDEN
    return argument if _is_plain(argument) else type(argument).__qualname__


def _trace() -> dict[str, str]:
    context = get_current_span().get_span_context()
    if not context.is_valid:
        return {}
    return {"trace_id": f"{context.trace_id:032x}", "span_id": f"{context.span_id:016x}"}


def configure(settings: Settings, name: str, stream: TextIO | None = None) -> AllowList:
    """Send structlog, standard logging and exceptions that nobody caught through one allow-list, to standard output.

    Several services in one process share it; their lines then carry all their names.
    """
    root = logging.getLogger()
    present = next((h for h in root.handlers if isinstance(h, ThroughAllowList)), None)
    if present is not None and stream is None:
        present.services.append(name)
        return present.allow
    handler = ThroughAllowList(settings, AllowList(), stream or sys.stdout)
    handler.services = [name]
    for logger in (
        root,
        *(logging.getLogger(each) for each in ("uvicorn", "uvicorn.error", "uvicorn.access")),
    ):
        logger.handlers, logger.propagate = [], True
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)
    _structlog(handler)
    _uncaught(handler.write)
    return handler.allow


def _structlog(handler: ThroughAllowList) -> None:
    def written(_logger: Any, _method: str, line: EventDict) -> EventDict:
        handler.write(line)
        raise structlog.DropEvent

    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, written],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _uncaught(write: Callable[[EventDict], None]) -> None:
    """Python prints the message and the source lines of an uncaught exception; we write its class."""

    def of_program(kind: type[BaseException], error: BaseException, _traceback: Any) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        write({"event": "uncaught", "level": "critical", "exc_info": (kind, error, None)})

    sys.excepthook = of_program
    threading.excepthook = lambda args: of_program(args.exc_type, args.exc_value or args.exc_type(), None)
    sys.unraisablehook = lambda args: of_program(args.exc_type, args.exc_value or args.exc_type(), None)
