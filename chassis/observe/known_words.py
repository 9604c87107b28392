"""The sentences of libraries about connections, ports and themselves: the only texts of theirs that a log keeps.

A text is kept when the whole of it is one of these sentences, whose open places take addresses, numbers and the
operating system's own words for its errors, and nothing that a person could have written. Of all others the place in
the library's source is named in the log.
"""

import errno
import os
import re

_NUMBER = r"\d{1,10}"
_IP = r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f:]{2,39})"
_ADDRESS = rf"\('{_IP}', {_NUMBER}(?:, {_NUMBER}, {_NUMBER})?\)"
_HOST = r"(?:\d{1,3}(?:\.\d{1,3}){3}|localhost|[a-z]{2}-(?:kafka|postgres))"
_SYSTEM = "|".join(re.escape(os.strerror(number).lower()) for number in sorted(errno.errorcode))
_CALL = rf"\[Errno {_NUMBER}\] Connect call failed {_ADDRESS}"
_REASON = (
    rf"(?:{_CALL}|Multiple exceptions: {_CALL}(?:, {_CALL})*|(?:\[Errno -?{_NUMBER}\] )?(?i:{_SYSTEM})"
    rf"|\[Errno -?{_NUMBER}\] (?:Name or service not known|Temporary failure in name resolution)"
    r"|KafkaConnectionError: (?:Connection at [a-z0-9.\-]+:\d+ closed|No connection to node with id \d+)|)"
)
_ENDED = r"\(CTRL\+C to (?:force )?quit\)"

SENTENCES = {
    "uvicorn": (
        rf"\[Errno {_NUMBER}\] error while attempting to bind on address {_ADDRESS}: (?:{_SYSTEM})",
        rf"Started server process \[{_NUMBER}\]",
        rf"Finished server process \[{_NUMBER}\]",
        rf"Uvicorn running on http://{_HOST}:{_NUMBER} \(Press CTRL\+C to quit\)",
        r"Waiting for application (?:startup|shutdown)\.",
        r"Application (?:startup|shutdown) (?:complete|failed\. Exiting)\.",
        "Shutting down",
        rf"Waiting for connections to close\. {_ENDED}",
        rf"Waiting for background tasks to complete\. {_ENDED}",
        rf"Cancel {_NUMBER} running task\(s\), timeout graceful shutdown exceeded",
        r"Invalid HTTP request received\.",
        r"Unsupported upgrade request\.",
        r"Exceeded concurrency limit\.",
        r"Exception in ASGI application\n",
        r"ASGI callable returned without (?:starting|completing) response\.",
    ),
    "aiokafka": (
        rf'Unable connect to "{_HOST}:{_NUMBER}": {_REASON}',
        rf"Unable connect to node with id {_NUMBER}: {_REASON}",
        rf'Unable to request metadata from "{_HOST}:{_NUMBER}": {_REASON}',
        rf"Unable to update metadata from \[{_NUMBER}(?:, {_NUMBER})*\]",
        r"No broker metadata found in MetadataResponse -- ignoring\.",
        r"Heartbeat session expired - marking coordinator dead",
        r"LeaveGroup request succeeded",
        r"Unexpected (?:error in coordinator routine|exception in AIOKafkaConnection)",
        rf"Heartbeat send request failed: {_REASON}\. Will retry\.",
        rf"Group Coordinator Request failed: {_REASON}",
    ),
    "asyncio": (
        r"socket\.send\(\) raised exception\.",
        r"SSL handshake failed on verifying the certificate",
        r"SSL error in data received",
        r"Task was destroyed but it is pending!",
        r"(?:Task|Future) exception was never retrieved",
    ),
}
"""The sentences, by the first part of a logger's name."""

_WHOLE = {
    library: re.compile("|".join(f"(?:{one})" for one in known)) for library, known in SENTENCES.items()
}


def kept(logger: str, text: str) -> bool:
    """True where this text of this logger is one of the sentences, from its first letter to its last."""
    known = _WHOLE.get(logger.partition(".")[0])
    return known is not None and known.fullmatch(text) is not None


def in_words(error: BaseException) -> str | None:
    """The operating system's words for an error of its own, or PostgreSQL's code; None for any other error.

    Both come from fixed lists: whatever else the error's own message holds (a file's name, a row's values) stays out.
    """
    number = getattr(error, "errno", None)
    if isinstance(error, OSError) and isinstance(number, int) and number in errno.errorcode:
        return f"{errno.errorcode[number]}: {os.strerror(number)}"
    state = getattr(error, "sqlstate", None) or getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(state, str) and re.fullmatch(r"[0-9A-Z]{5}", state):
        return f"SQLSTATE {state}"
    return None
