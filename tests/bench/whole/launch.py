"""Two cells of whatever tree it is run in, for a benchmark: prints `up`, then tokens for each line that it is given, and stops at the end of its input.

It is run as `python launch.py STATE OPTIONS` in the folder of a tree, also in that of an earlier commit, so it uses only what both have.
"""

import asyncio
import json
import sys
from pathlib import Path

from deploy.local import postgres
from deploy.local.stack import Stack

try:
    from corridor.sign_in import token
except ImportError:  # where an earlier commit has it
    from corridor.client import token  # type: ignore[no-redef, attr-defined]

postgres.SYSTEM_USER = "daemon"  # type: ignore[attr-defined]  # an earlier commit would add a user to the machine


async def main() -> None:
    state, options = Path(sys.argv[1]), json.loads(sys.argv[2])
    postgres.CONFIGURATION += options["postgres"]
    stack = Stack(["TH", "KH"], state=state, extra=options["settings"], processes=options["processes"])
    await stack.up()
    print("up", flush=True)
    try:
        while names := (await asyncio.to_thread(sys.stdin.readline)).split():
            print(json.dumps({name: token(name, state) for name in names}), flush=True)
    finally:
        await stack.down()


if __name__ == "__main__":
    asyncio.run(main())
