"""The end of the present key epoch of a cell of this machine, while it runs: new keys go under a new wrapping key, the living are wrapped
anew, a backup is made under the new one, and then the old wrapping key is destroyed. Broken off anywhere it is done again, and goes on.
"""

import asyncio
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from chassis.vault.epochs import FileKeys
from chassis.vault.owner import end_epoch
from deploy.local.backup import back_up
from deploy.local.cell import EPOCHS, KEEPER
from deploy.local.postgres import Postgres
from deploy.local.trouble import Trouble


class EpochError(Trouble):
    """Nothing was destroyed; the message says why."""


@dataclass(frozen=True, slots=True)
class EpochReport:
    """The epochs that ended: how many keys were wrapped anew, and how many erasures are complete with it."""

    current: str
    ended: tuple[str, ...] = ()
    wrapped_anew: int = 0
    erasures: int = 0


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
    state: Path, code: str, copy: Path, backup: Path, key_file: Path, now: datetime
) -> EpochReport:
    """Of a cell that runs here. `backup`: the file for the backup that is made before anything is destroyed, since no earlier one
    opens afterwards. Raises Trouble.
    """
    server = Postgres(state / code.lower() / "postgres")
    if not server.running:
        raise EpochError(f"PostgreSQL of cell {code} does not run here; start it with: corridor up")
    keys = WrappingKeys(state / KEEPER / code.lower() / EPOCHS, copy)
    return asyncio.run(
        end(server.admin_dsn("vault"), keys, lambda: back_up(state, code, backup, key_file), now)
    )


async def end(
    owner_url: str, keys: WrappingKeys, back_up_now: Callable[[], None], now: datetime
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
    report = EpochReport(document["current"])
    provider = FileKeys(file, "development")
    for epoch in sorted(document["keys"].keys() - {report.current}):
        ended = await end_epoch(owner_url, provider, epoch)
        report = replace(
            report,
            ended=(*report.ended, epoch),
            wrapped_anew=report.wrapped_anew + ended.wrapped_anew,
            erasures=report.erasures + ended.erasures,
        )
    return report


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
