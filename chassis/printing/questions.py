"""How many questions about papers are answered to one caller.

A code cannot be guessed; this is for whoever tries all the same. Nothing is counted by number: whoever asks about one often would keep
an officer from asking about it. Each process counts for itself.
"""

import time
from collections import OrderedDict, deque
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

from fastapi import Request

from chassis.problems import TooMany

PER_CALLER = 30
"""Questions in a minute."""

ROOM = 10_000
"""Callers that are known at a time."""

FRONT_SAYS = "x-forwarded-for"
"""The header in which the front says for whom it asks. Whoever stands in front of the services writes it; what a caller wrote there counts for nothing."""

_MINUTE = 60.0
_NETWORK_BITS = 64


class QuestionLimit:
    """The questions of the last minute, by who asked. Of more than `ROOM` the one is forgotten that has been
    silent longest.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def take(self, one: str, now: float) -> None:
        """Raises TooMany, which says when the next question is answered."""
        times = self._asked.setdefault(one, deque())
        self._asked.move_to_end(one)
        if len(self._asked) > ROOM:
            self._asked.popitem(last=False)
        while times and times[0] <= now - _MINUTE:
            times.popleft()
        if len(times) >= self._per_minute:
            raise TooMany(ceil(times[0] + _MINUTE - now))
        times.append(now)


def count_question(limit: QuestionLimit, request: Request) -> None:
    """Count a question to whoever asks it now. Raises TooMany."""
    limit.take(caller_of(request), time.monotonic())


def caller_of(request: Request) -> str:
    """The address of whoever asks, without a port, by the last word of the front, else of the connection; of version six its
    network.
    """
    connected = "" if request.client is None else request.client.host
    told = [one for line in request.headers.getlist(FRONT_SAYS) for one in line.split(",")]
    try:
        address = ip_address(_without_port((told or [connected])[-1].strip()))
    except ValueError:
        return connected
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, _NETWORK_BITS), strict=False))
    return str(address)


def _without_port(said: str) -> str:
    """The address of `192.0.2.1:4711` and `[2001:db8::1]:4711`, as some fronts write it."""
    if said.startswith("["):
        return said[1:].partition("]")[0]
    host, _, port = said.partition(":")
    return said if ":" in port else host
