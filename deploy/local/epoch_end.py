"""The end of the present key epoch of a cell of this machine, while it runs: new keys go under a new wrapping key, the living are wrapped
anew, a backup is made under the new one, and then the old wrapping key is destroyed, of which intake tells the audit log. Broken off
anywhere it is done again, and goes on.
"""

import asyncio
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
from filelock import FileLock, Timeout

from chassis.vault.epochs import FileKeys
from chassis.vault.owner import EndedEpoch, end_epoch
from deploy.local.backup import back_up
from deploy.local.cell import EPOCHS, KEEPER
from deploy.local.people import load_people
from deploy.local.postgres import Postgres
from deploy.local.trouble import Trouble

EPOCH_ENDED = "epoch-ended"
"""The kind of intake's work that says the end of an epoch."""
_TELL = """
    insert into chassis.work (id, kind, key, payload, due_at) values (gen_random_uuid(), $1, $2, $3, now())
    on conflict (kind, key) do nothing
"""


class EpochError(Trouble):
    """Nothing was destroyed; the message says why."""


@dataclass(frozen=True, slots=True)
class EpochReport:
    """The epochs that ended, with how many keys were wrapped anew and how many erasures are complete, and the one that is the present."""

    current: str
    ended: Mapping[str, EndedEpoch]


@dataclass(frozen=True, slots=True)
class WrappingKeys:
    """The file of the wrapping keys, and its copy on another disk: what is destroyed is destroyed in both."""

    file: Path
    copy: Path

    def read(self) -> dict[str, Any]:
        """As the file has them, or the copy, where it was broken off after the copy had a new one. Raises EpochError, so that a copy
        of other wrapping keys is not written over: they may stand nowhere else.
        """
        if self.copy.resolve() == self.file.resolve():
            raise EpochError(f"{self.copy} is the file itself; name a place on another disk")
        kept = _document(self.file)
        if not self.copy.exists():
            return kept
        copied = _document(self.copy)
        shared = kept["keys"].items() & copied["keys"].items()
        if not shared or len(shared) < len(kept["keys"].keys() & copied["keys"].keys()):
            raise EpochError(
                f"{self.copy} holds other wrapping keys than {self.file}; nothing is written over"
            )
        if copied["current"] in kept["keys"]:
            return kept
        return {**copied, "keys": {**copied["keys"], **kept["keys"]}}

    def write(self, document: dict[str, Any]) -> None:
        """The copy first: no person's key is wrapped under one that exists once."""
        for place in (self.copy, self.file):
            _replace_secret(place, json.dumps(document))


def _document(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        found["keys"][found["current"]]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise EpochError(f"{file} holds no wrapping keys") from error
    return found


def end_present_epoch(
    state: Path, code: str, by: str, copy: Path, backup: Path, key_file: Path, now: datetime
) -> EpochReport:
    """Of a cell that runs here. `by` is whom the audit log names. `backup`: the file for the backup that is made before anything is
    destroyed, since no earlier one opens afterwards. Raises Trouble.
    """
    known = [person.name for person in load_people(code) if "operator" in person.roles]
    if by not in known:
        raise EpochError(f"{by} is no operator of cell {code}; there are: {', '.join(known)}")
    server = Postgres(state / code.lower() / "postgres")
    if not server.running:
        raise EpochError(f"PostgreSQL of cell {code} does not run here; start it with: corridor up")
    keys = WrappingKeys(state / KEEPER / code.lower() / EPOCHS, copy)

    def last() -> None:
        back_up(state, code, backup, key_file)

    async def tell(ended: Mapping[str, EndedEpoch]) -> None:
        await _tell(server.admin_dsn("intake"), ended, by)

    return asyncio.run(end(server.admin_dsn("vault"), keys, last, tell, now))


async def _tell(intake_url: str, ended: Mapping[str, EndedEpoch], by: str) -> None:
    """Make work of it for intake, which says it as soon as it finds the wrapping key destroyed."""
    intake = await asyncpg.connect(intake_url)
    try:
        for epoch, one in ended.items():
            said = {"by": by, "erasures": one.erasures}
            await intake.execute(_TELL, EPOCH_ENDED, epoch, json.dumps(said))
    finally:
        await intake.close()


async def end(
    owner_url: str,
    keys: WrappingKeys,
    back_up_now: Callable[[], None],
    tell: Callable[[Mapping[str, EndedEpoch]], Awaitable[None]],
    now: datetime,
) -> EpochReport:
    """The steps, in the order in which nothing is lost wherever they are broken off."""
    lock = FileLock(keys.file.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise EpochError("an epoch of this cell is being ended by somebody else") from error
    try:
        document = _begun(keys.read(), now)
        keys.write(document)
        report = await _wrapped_anew(owner_url, keys.file, document)
        await asyncio.to_thread(back_up_now)
        await tell(report.ended)
        current = document["current"]
        keys.write({"current": current, "keys": {current: document["keys"][current]}})
        return report
    finally:
        lock.release()


def _begun(document: dict[str, Any], now: datetime) -> dict[str, Any]:
    """With a new present epoch, unless one was begun whose predecessor has not ended yet."""
    kept = document["keys"]
    if len(kept) > 1:
        return document
    name = following(document["current"], now)
    return {"current": name, "keys": {**kept, name: b64encode(secrets.token_bytes(32)).decode()}}


def following(current: str, now: datetime) -> str:
    """The name of the next epoch: its month, and a number where the month has one already."""
    month = f"{now:%Y-%m}"
    if not current.startswith(month):
        return month
    number = current.removeprefix(month).removeprefix(".") or "1"
    return f"{month}.{int(number) + 1}"


async def _wrapped_anew(owner_url: str, file: Path, document: dict[str, Any]) -> EpochReport:
    current, provider = document["current"], FileKeys(file, "development")
    past = sorted(document["keys"].keys() - {current})
    return EpochReport(current, {epoch: await end_epoch(owner_url, provider, epoch) for epoch in past})


def _replace_secret(file: Path, content: str) -> None:
    """Replace the file whole, for this user alone, and on the disk under its name before it counts."""
    half = file.with_suffix(".new")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    half.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
