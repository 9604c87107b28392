"""`python -m tests.fuzz --requests 10000`: so many requests to each service, made by Schemathesis of its document.

Prints a line for each service and every fault: a 5xx that is not "try again", and an answer that the document does not name.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from contracts.catalogue import SERVICES
from deploy.local.testing import Databases, Run
from tests.authorisation.conftest import Worlds
from tests.fuzz.fuzzing import Fuzzed, fuzz


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--service", choices=SERVICES, action="append")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


async def run(asked: argparse.Namespace) -> list[Fuzzed]:
    servers, found = Run.begin(), []
    try:
        for name in asked.service or SERVICES:
            async with AsyncExitStack() as stack:
                databases = Databases(servers.postgres_dsn(), servers.directory)
                stack.push_async_callback(databases.drop_all)
                directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                world, _ = await Worlds(stack, databases, directory).of(name)
                found.append(await fuzz(world, asked.requests, asked.seed))
                print(found[-1].line(), flush=True)
                for fault, count in found[-1].faults.most_common():
                    print(f"    {count:>5} x {fault}", flush=True)
    finally:
        servers.end()
    return found


if __name__ == "__main__":
    logging.disable()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    sys.exit(any(one.faults.total() for one in asyncio.run(run(arguments()))))
