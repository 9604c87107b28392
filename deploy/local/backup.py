"""A cell of the local stack put into one sealed file while it runs, and made again from it where it is gone.

The databases are one moment of the whole server (`pg_basebackup`); with them go the keys and passwords of the cell. The
broker is not in it: what it would be asked for, the outboxes still have (docs/adr, "A backup is the databases and the keys").
"""

import gzip
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

from contracts.catalogue import SERVICES
from deploy.local.cell import Cell
from deploy.local.place import account, make_folder
from deploy.local.postgres import SUPERUSER, Postgres, binaries
from deploy.local.sealed_file import Sealer, Unsealer, read_key
from deploy.local.trouble import Trouble

DATA, ORGANISATIONS, MARK = "postgres/data", "organisations", "restored"
LEFT_OUT = frozenset({"server.log", "server.json"})
AHEAD = 200
"""So many numbers of every chain are passed over after a restore: some of them may have been given out after the backup."""

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
                for path, name in _files(state, directory, code):
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


def _files(state: Path, directory: Path, code: str) -> Iterator[tuple[Path, str]]:
    """Keys, passwords and ports of the cell, and the keys of its organisations; no data of its servers."""
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory)
        if path.is_file() and "data" not in name.parts and path.name not in LEFT_OUT:
            yield path, str(name)
    for path in sorted((state / "border" / "keys" / code).glob("*.json")):
        yield path, f"{ORGANISATIONS}/{path.name}"


def bring_back(state: Path, code: str, file: Path, key_file: Path) -> None:
    """Where nothing of the cell is left, and no stack runs. The next `corridor up` starts it."""
    key, directory = read_key(key_file), state / code.lower()
    if directory.exists():
        raise BackupError(f"{directory} is there; a cell is restored only where nothing is left of it")
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


def _unpack(file: Path, key: AESGCM, partial: Path) -> None:
    make_folder(partial)
    with file.open("rb") as source:
        unsealer = Unsealer(source, key)
        with tarfile.open(fileobj=unsealer, mode="r|gz") as tar:  # type: ignore[call-overload]
            tar.extractall(partial, filter="data")
        while unsealer.read(1 << 20):
            """To the end, so that a file that was cut off is not taken for whole."""


def _settle(state: Path, code: str, partial: Path) -> None:
    """Owners and modes as PostgreSQL demands them, the organisations' keys at their place, and the mark for the start."""
    user = account()
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


async def begin_again(cell: Cell) -> None:
    """Once after a restore, before the services start: every event that is kept is said again into the new topics."""
    mark = cell.directory / MARK
    if not mark.exists():
        return
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
