"""Speaks to a running local stack as one of its invented people, over the public HTTP APIs alone."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from corridor.sign_in import NoStackError, address, cell_of, granted
from deploy.local.patience import stretched
from deploy.local.place import STATE
from deploy.local.trouble import Trouble

TRIES = 3
ANSWER_S = 30
PATIENCE_S = 30.0
"""The seconds for which a person goes on asking a service that says: try again."""


class RefusedError(Trouble):
    """A service refused; `problem` is its problem+json."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        fields = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.get("errors", ()))
        said = (problem.get("title"), problem.get("detail"), fields)
        super().__init__(f"{status} {problem.get('code', '')}: {'. '.join(part for part in said if part)}")
        self.status, self.problem = status, problem


class Person:
    """One who is signed in at her cell. Every command carries an Idempotency-Key of its own."""

    def __init__(self, name: str, state: Path = STATE) -> None:
        self.name, self._state = name, state
        self.cell = address(cell_of(name), state)
        self._http = httpx2.AsyncClient(
            base_url=self.cell.base_url, timeout=stretched(ANSWER_S), trust_env=False
        )
        self._token, self._until = "", 0.0

    async def __aenter__(self) -> "Person":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        return await self._send("GET", path, params=params)

    async def content(self, path: str) -> bytes:
        """A file, as it is."""
        return (await self._asked("GET", path, {})).content

    async def look(self, path: str) -> Any:
        """The body of the answer, also where the status says that something is wrong."""
        return self._read(await self._try("GET", path, {"Authorization": f"Bearer {self._fresh()}"}, {}))

    async def seen(self, path: str) -> dict[str, str]:
        """Read a thing, and answer the header by which a change names the version that was read."""
        answer = await self._asked("GET", path, {})
        return {"If-Match": answer.headers.get("ETag", "")}

    async def post(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        return await self._send("POST", path, json=body, **kwargs)

    async def put(self, path: str, body: Any = None, **kwargs: Any) -> Any:
        return await self._send("PUT", path, json=body, **kwargs)

    async def delete(self, path: str) -> Any:
        return await self._send("DELETE", path)

    async def _send(self, method: str, path: str, **kwargs: Any) -> Any:
        return self._read(await self._asked(method, path, kwargs))

    async def _asked(self, method: str, path: str, kwargs: dict[str, Any]) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self._fresh()}"} | kwargs.pop("headers", {})
        if method != "GET":
            headers.setdefault("Idempotency-Key", str(uuid4()))
        answer = await self._persistently(method, path, headers, kwargs)
        if answer.is_error:
            body = self._read(answer)
            raise RefusedError(answer.status_code, body if isinstance(body, dict) else {})
        return answer

    async def _persistently(
        self, method: str, path: str, headers: Mapping[str, str], kwargs: Any
    ) -> httpx2.Response:
        """A request that is answered "try again" is tried again: every command has its key, so nothing is done twice."""
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
        try:
            return await self._http.request(method, path, headers=headers, **kwargs)
        except httpx2.TransportError as error:
            raise NoStackError(
                f"cell {self.cell.code} does not answer at {self.cell.base_url} ({type(error).__name__}); "
                f"start it in another terminal with: corridor up"
            ) from error

    def _read(self, answer: httpx2.Response) -> Any:
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise NoStackError(
                f"what answers at {self.cell.base_url} is not cell {self.cell.code}"
            ) from error

    def _fresh(self) -> str:
        if time.monotonic() > self._until:
            given = granted(self.name, self._state)
            self._token, self._until = given.token, time.monotonic() + given.lifetime / 2
        return self._token
