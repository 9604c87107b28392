"""A cell of the local stack put into one sealed file while it runs, and made again from it where it is gone.

The databases are one moment of the whole server (`pg_basebackup`); with them go the keys and passwords of the cell. The
broker is not in it: what it would be asked for, the outboxes still have (docs/adr, "A backup is the databases and the keys").
Nor are the wrapping keys of the vault and the ledger of erasures: the keeper's folder has them, and a restore finds them there.
"""

import gzip
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from filelock import FileLock, Timeout

from chassis.vault.ledger import LedgerEntry, read_ledger
from contracts.catalogue import SERVICES
from deploy.local.cell import EPOCHS, KEEPER, LEDGER, Cell
from deploy.local.place import account, make_folder
from deploy.local.postgres import SUPERUSER, Postgres, binaries
from deploy.local.sealed_file import Sealer, Unsealer, read_key
from deploy.local.trouble import Trouble

DATA, ORGANISATIONS, MARK = "postgres/data", "organisations", "restored"
KEEPERS = frozenset({EPOCHS, LEDGER})
LEFT_OUT = frozenset({"server.log", "server.json"}) | KEEPERS
ERASE_AGAIN = "erase-again"
"""The kind of intake's work that erases somebody whose key a restore has destroyed again."""
AHEAD = 200
"""So many numbers of every chain are passed over after a restore: some of them may have been given out after the backup."""

_DESTROY = """
    insert into vault.keys as k (person_id, wrapped, epoch, destroyed_at) values ($1, null, $2, $3)
    on conflict (person_id) do update set wrapped = null, destroyed_at = coalesce(k.destroyed_at, excluded.destroyed_at)
"""
_RELEASE = "delete from vault.holds where person_id = $1"
_ERASE_AGAIN = """
    insert into chassis.work (id, kind, key, payload, due_at)
    select gen_random_uuid(), $2, c.person_id::text, '{}', now() from intake.cases c where c.person_id = any($1)
        and c.state <> 'erased'
    on conflict (kind, key) do nothing
"""
_EPOCHS = "select distinct epoch from vault.keys where wrapped is not null order by epoch"
_SAY_AGAIN = ("update chassis.relay set max_pos = 0, holes = '{}'", "delete from chassis.offsets")
_PASS_OVER = f"update exchange.outgoing_chains set seq = seq + {AHEAD}"


class BackupError(Trouble):
    """Nothing was written, or nothing was restored; the message says why."""


def back_up(state: Path, code: str, file: Path, key_file: Path) -> None:
    """While the cell runs. Raises BackupError and SealedFileError; what is written appears under its name when it is whole."""
    key, directory = read_key(key_file), state / code.lower()
    server = Postgres(directory / "postgres")
    if not server.running:
        raise BackupError(f"PostgreSQL of cell {code} does not run here; start it with: corridor up")
    partial = file.with_name(f"{file.name}.partial")
    with tempfile.TemporaryDirectory(dir=state, prefix="backup-") as folder:
        _copy_databases(server, Path(folder) / "data")
        with partial.open("wb") as out:
            os.fchmod(out.fileno(), 0o600)
            sealer = Sealer(out, key)
            with (
                gzip.GzipFile(fileobj=sealer, mode="wb", compresslevel=1) as packed,
                tarfile.open(fileobj=packed, mode="w|") as tar,
            ):
                tar.add(Path(folder) / "data", DATA)
                for path, name in files_of(state, directory, code):
                    tar.add(path, name, recursive=False)
            sealer.close()
    partial.replace(file)


def _copy_databases(server: Postgres, folder: Path) -> None:
    """Every database at one moment: the last that the log copied beside them reaches."""
    command = [str(binaries() / "pg_basebackup"), "--pgdata", str(folder), "--wal-method=stream"]
    command += ["--checkpoint=fast", "--host=127.0.0.1", f"--port={server.port}", f"--username={SUPERUSER}"]
    environment = {**os.environ, "PGPASSWORD": server.password}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode != 0:
        raise BackupError(f"the databases could not be copied: {done.stderr.strip()[-500:]}")


def files_of(state: Path, directory: Path, code: str) -> Iterator[tuple[Path, str]]:
    """Keys, passwords and ports of the cell, and the keys of its organisations; no data of its servers, and nothing of the
    keeper's, wherever it lies.
    """
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory)
        if path.is_file() and "data" not in name.parts and path.name not in LEFT_OUT:
            yield path, str(name)
    for path in sorted((state / "border" / "keys" / code).glob("*.json")):
        yield path, f"{ORGANISATIONS}/{path.name}"


def bring_back(state: Path, code: str, file: Path, key_file: Path) -> int:
    """Where nothing of the cell is left but its keeper's folder, and no stack runs. The next `corridor up` starts it.

    Answers how many people its ledger of erasures has; none of them comes back.
    """
    key, directory = read_key(key_file), state / code.lower()
    if directory.exists():
        raise BackupError(f"{directory} is there; a cell is restored only where nothing is left of it")
    erased = _kept(state / KEEPER / code.lower())
    lock = FileLock(state.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise BackupError("a stack runs on this state; stop it first") from error
    partial = directory.with_name(f"{directory.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        _unpack(file, key, partial)
        _settle(state, code, partial)
        partial.replace(directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)  # opened data of a backup that did not prove whole
        lock.release()
    return len(erased)


def _kept(keeper: Path) -> list[LedgerEntry]:
    """The ledger of erasures, of which a file without any is empty. Raises BackupError where it, or the wrapping keys, cannot be read."""
    if not (keeper / EPOCHS).exists():
        raise BackupError(f"{keeper / EPOCHS} is missing: without the wrapping keys nobody reads the vault")
    return _ledger(keeper / LEDGER)


def _ledger(file: Path) -> list[LedgerEntry]:
    try:
        found = read_ledger(file) if file.exists() else ()
        return list({one.key: one for one in found}.values())  # what was tried again stands there twice
    except (ValueError, KeyError) as error:
        raise BackupError(f"{file} is no ledger of erasures; put back a copy that is whole") from error


def _unpack(file: Path, key: AESGCM, partial: Path) -> None:
    make_folder(partial)
    with file.open("rb") as source:
        unsealer = Unsealer(source, key)
        with tarfile.open(fileobj=unsealer, mode="r|gz") as tar:  # type: ignore[call-overload]
            tar.extractall(partial, filter="data")
        while unsealer.read(1 << 20):
            """To the end, so that a file that was cut off is not taken for whole."""


def _settle(state: Path, code: str, partial: Path) -> None:
    """Owners and modes as PostgreSQL demands them, the organisations' keys at their place, and the mark for the start. What
    an older backup had of the keeper's goes: of the wrapping keys those count that the keeper still has.
    """
    user = account()
    for name in KEEPERS:
        (partial / "keys" / name).unlink(missing_ok=True)
    make_folder(partial / "postgres")
    for path in [partial / DATA, *(partial / DATA).rglob("*")]:
        if path.is_dir():
            path.chmod(0o700)
        if user is not None:
            os.chown(path, user, user)
    keys = make_folder(state / "border" / "keys" / code)
    for path in (partial / ORGANISATIONS).glob("*.json"):
        shutil.move(path, keys / path.name)
    shutil.rmtree(partial / ORGANISATIONS, ignore_errors=True)
    (partial / MARK).touch()


async def _erase_again(cell: Cell) -> None:
    """Every key of the ledger is destroyed before anybody could be shown anything; intake, once it runs, does the rest."""
    entries = _ledger(cell.ledger)
    vault = await asyncpg.connect(cell.postgres.admin_dsn("vault"))
    try:
        async with vault.transaction():
            for entry in entries:
                await vault.execute(_RELEASE, entry.key)
                await vault.execute(_DESTROY, entry.key, entry.epoch, entry.destroyed_at)
    finally:
        await vault.close()
    intake = await asyncpg.connect(cell.postgres.admin_dsn("intake"))
    try:
        await intake.execute(_ERASE_AGAIN, [entry.key for entry in entries], ERASE_AGAIN)
    finally:
        await intake.close()


async def _require_wrapping_keys(cell: Cell) -> None:
    """Raises BackupError for a backup of which persons' keys do not open any more, before anything is written into it."""
    kept = json.loads(cell.epochs.read_text(encoding="utf-8"))["keys"]
    vault = await asyncpg.connect(cell.postgres.admin_dsn("vault"))
    try:
        ended = [row["epoch"] for row in await vault.fetch(_EPOCHS) if row["epoch"] not in kept]
    finally:
        await vault.close()
    if ended:
        raise BackupError(
            f"persons' keys in this backup are wrapped under {', '.join(ended)}, which ended since: nobody reads them."
            f" Take {cell.directory} away and restore a backup that was made at its end or later"
        )


async def begin_again(cell: Cell) -> None:
    """Once after a restore, before the services start: whoever was erased since the backup is erased again, and every event
    that is kept is said again into the new topics.
    """
    mark = cell.directory / MARK
    if not mark.exists():
        return
    await _require_wrapping_keys(cell)
    await _erase_again(cell)
    for service in SERVICES:
        statements = (*_SAY_AGAIN, *([_PASS_OVER] if service == "exchange" else []))
        connection = await asyncpg.connect(cell.postgres.admin_dsn(service))
        try:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement)
        finally:
            await connection.close()
    mark.unlink()
