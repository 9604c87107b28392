"""A bare ASGI route that does of the command *open a case* its inserts alone: `python -m tests.bench.whole.bare_route PORT DSN SAMPLE`.

SAMPLE is a file of the rows that one such command left. Each request inserts the same rows, with identifiers of its own, in one transaction by asyncpg, and the key of
the vault before it. It asks for no token, reads no rule and checks nothing.
"""

import asyncio
import json
import pickle
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import uvicorn
import uvloop

Rows = list[tuple[str, list[tuple[Any, ...]]]]
"""For each statement the rows that it inserts."""


NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Z]{2}-[A-Z0-9]{4}-[A-Z0-9]{2}|[0-9a-f]{64}")
"""A text that no two requests share: an identifier, the reference of a case, the key of a command."""


def anew(value: Any, known: Mapping[str, str]) -> Any:
    """The value, or in place of a name of the sample that of this request."""
    if isinstance(value, UUID):
        return UUID(known[str(value)])
    return known.get(value, value) if isinstance(value, str) else value


def names(sample: Rows) -> list[str]:
    """The identifiers and references in the rows, as texts; the case's comes first."""
    values = [value for _, rows in sample for row in rows for value in row]
    texts = [str(value) for value in values if isinstance(value, UUID | str)]
    return [*dict.fromkeys(text for text in texts if NAME.fullmatch(text))]


async def insert(pool: asyncpg.Pool, vault: Rows, sample: Rows, named: list[str]) -> str:
    """The identifier of the case whose rows are there now."""
    known = {name: str(uuid4()) for name in named}
    async with pool.acquire() as connection:
        for statement, rows in vault:
            await connection.executemany(statement, [[anew(v, known) for v in row] for row in rows])
        async with connection.transaction():
            for statement, rows in sample:
                await connection.executemany(statement, [[anew(v, known) for v in row] for row in rows])
    return known[named[0]]


async def serve(port: int, dsn: str, file: Path) -> None:
    vault, sample = pickle.loads(file.read_bytes())
    named = names([*sample, *vault])
    pool = await asyncpg.create_pool(dsn, min_size=8, max_size=8)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        json.loads((await receive())["body"])
        made = json.dumps({"id": await insert(pool, vault, sample, named)}).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 201,
                "headers": [(b"content-type", b"application/json")],
            }
        )
        await send({"type": "http.response.body", "body": made})

    await uvicorn.Server(
        uvicorn.Config(app, port=port, log_level="warning", access_log=False, lifespan="off")
    ).serve()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
