"""Speaks to a running local stack as one of its invented people, over the public HTTP APIs alone."""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from deploy.local.issuer import load_people, mint
from deploy.local.stack import STATE

LIFETIME_S = 600
TRIES = 3
PATIENCE_S = 30.0
"""How long a person goes on asking a service that says: try again."""


class NoStackError(RuntimeError):
    """There is no such cell on this machine, or it does not run."""


class RefusedError(RuntimeError):
    """A service refused; `problem` is its problem+json."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        fields = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.get("errors", ()))
        said = (problem.get("title"), problem.get("detail"), fields)
        super().__init__(f"{status} {problem.get('code', '')}: {'. '.join(part for part in said if part)}")
        self.status, self.problem = status, problem


@dataclass(frozen=True, slots=True)
class CellAddress:
    code: str
    base_url: str
    issuer: str
    keys: Path


def address(code: str, state: Path = STATE) -> CellAddress:
    """Where the cell's front is. Raises NoStackError if no stack was started with this cell."""
    file = state / code.lower() / "cell.json"
    if not file.exists():
        raise NoStackError(f"no cell {code} here; start it with: corridor up {code}")
    facts = json.loads(file.read_text())
    return CellAddress(code, f"http://127.0.0.1:{facts['port']}", facts["issuer"], Path(facts["keys"]))


def token(name: str, state: Path = STATE) -> str:
    """An access token of ten minutes for a person such as `th.worker`. Raises KeyError for one who does not exist."""
    code, dot, _ = name.partition(".")
    if not dot:
        raise KeyError(f"nobody is called {name}; a name is a cell and a person, for example th.worker")
    cell = address(code.upper(), state)
    person = next((p for p in load_people(cell.code) if p.name == name), None)
    if person is None:
        known = ", ".join(p.name for p in load_people(cell.code))
        raise KeyError(f"nobody is called {name}; there are: {known}")
    return mint(cell.keys / "issuer.jwk.json", person, cell.issuer, LIFETIME_S)


class Person:
    """One who is signed in at her cell. Every command carries an Idempotency-Key of its own."""

    def __init__(self, name: str, state: Path = STATE) -> None:
        self.name, self._state = name, state
        self.cell = address(name.partition(".")[0].upper(), state)
        self._http = httpx2.AsyncClient(base_url=self.cell.base_url, timeout=30, trust_env=False)
        self._token, self._until = "", 0.0

    async def __aenter__(self) -> "Person":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        return await self._send("GET", path, params=params)

    async def post(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        return await self._send("POST", path, json=body, **kwargs)

    async def put(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        return await self._send("PUT", path, json=body, **kwargs)

    async def _send(self, method: str, path: str, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._fresh()}"} | kwargs.pop("headers", {})
        if method != "GET":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        answer = await self._persistently(method, path, headers, kwargs)
        body = answer.json() if answer.content else None
        if answer.is_error:
            raise RefusedError(answer.status_code, body if isinstance(body, dict) else {})
        return body

    async def _persistently(
        self, method: str, path: str, headers: Mapping[str, str], kwargs: Any
    ) -> httpx2.Response:
        """What asks to be tried again is tried again: every command has its key, so nothing is done twice."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            answer = await self._try(method, path, headers, kwargs)
            wait = answer.headers.get("Retry-After", "")
            if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE or not wait.isdecimal():
                return answer
            if time.monotonic() + int(wait) > deadline:
                return answer
            await asyncio.sleep(int(wait))

    async def _try(self, method: str, path: str, headers: Mapping[str, str], kwargs: Any) -> httpx2.Response:
        for _ in range(TRIES - 1):
            with contextlib.suppress(httpx2.TransportError):
                return await self._http.request(method, path, headers=headers, **kwargs)
        return await self._http.request(method, path, headers=headers, **kwargs)

    def _fresh(self) -> str:
        if time.monotonic() > self._until:
            self._token, self._until = token(self.name, self._state), time.monotonic() + LIFETIME_S / 2
        return self._token
