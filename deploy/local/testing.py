"""The servers of one test run: one broker and one PostgreSQL for all its workers, started by the first test that asks.

They come from the environment if given (CORRIDOR_TEST_KAFKA, a bootstrap address without login; CORRIDOR_TEST_POSTGRES,
a superuser's address), else from containers where Docker answers, else from the local stack. The process that runs pytest
stops them; if it is interrupted, their reapers do.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from filelock import AsyncFileLock, FileLock

from deploy.local.containers import Container, docker_answers
from deploy.local.databases import Role, copying, dropping, provision_database
from deploy.local.kafka import Broker
from deploy.local.place import opened
from deploy.local.postgres import Postgres
from deploy.local.process import ServerProcess
from deploy.local.superuser import superuser

MEMORY, ROOM_BYTES = Path("/dev/shm"), 6 * 2**30  # noqa: S108  # folders there are made by mkdtemp


def _place() -> Path | None:
    """The folder where the run's servers keep their files: in memory where there is room, since a database is 300 files, of which
    each worker copies some of every kind; else in the usual place for temporary files, or where TMPDIR says.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK):
        return None
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM_BYTES else None


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest: its folder, and the process that owns the servers started for it."""

    directory: Path
    owner: int

    @classmethod
    def begin(cls) -> "Run":
        return cls(opened(Path(tempfile.mkdtemp(prefix="corridor-test-", dir=_place()))), os.getpid())

    @classmethod
    def join(cls, facts: Mapping[str, str]) -> "Run":
        return cls(Path(facts["directory"]), int(facts["owner"]))

    @property
    def facts(self) -> dict[str, str]:
        return {"directory": str(self.directory), "owner": str(self.owner)}

    def broker(self, name: str) -> Broker:
        return Broker(
            self.directory / name, name=name, plaintext=True, owner=self.owner, remove=self.directory
        )

    def postgres(self, name: str) -> Postgres:
        return Postgres(self.directory / name, fast=True, owner=self.owner, remove=self.directory)

    def kafka_bootstrap(self) -> str:
        """The address of the run's broker, started if nobody has."""
        given = os.environ.get("CORRIDOR_TEST_KAFKA")
        return given or self._shared("kafka", self._start_kafka)

    def postgres_dsn(self) -> str:
        """The superuser's address of the run's PostgreSQL, started if nobody has."""
        given = os.environ.get("CORRIDOR_TEST_POSTGRES")
        return given or self._shared("postgres", self._start_postgres)

    def end(self) -> None:
        """Stop the started servers and remove the run's folder."""
        for identity in self.directory.glob("*/server.json"):
            ServerProcess(identity.parent).stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _shared(self, kind: str, start: Callable[[], str]) -> str:
        address = self.directory / f"{kind}.address"
        with FileLock(self.directory / f"{kind}.lock"):
            if not address.exists():
                address.write_text(self._container(kind).start() if docker_answers() else start())
        return address.read_text()

    def _container(self, kind: str) -> Container:
        return Container(self.directory / kind, kind, owner=self.owner, remove=self.directory)

    def _start_kafka(self) -> str:
        broker = self.broker("kafka")
        broker.start()
        return broker.plain_bootstrap

    def _start_postgres(self) -> str:
        server = self.postgres("postgres")
        server.start()
        return server.admin_dsn()


@dataclass(slots=True)
class Kafka:
    """The run's broker, through its listener without login."""

    bootstrap: str

    async def create_topics(self, topics: Mapping[str, int]) -> None:
        """Create topics. `topics` maps a name to its number of partitions."""
        from aiokafka.admin import AIOKafkaAdminClient, NewTopic

        client = AIOKafkaAdminClient(bootstrap_servers=self.bootstrap)
        await client.start()
        try:
            new = [NewTopic(name, partitions, 1) for name, partitions in topics.items()]
            await client.create_topics(new)
        finally:
            await client.close()


Migration = Callable[[str, Role], Awaitable[None]]
"""Makes the tables of a new database, given its owner's address and its app role."""


@dataclass(slots=True)
class Databases:
    """The run's PostgreSQL, and the databases that were made here. `directory` is where the run keeps its locks."""

    admin_dsn: str
    directory: Path | None = None
    made: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)

    async def create_database(self, prefix: str = "test") -> tuple[str, str]:
        """A new database with its two roles: the owner's address and the app's, for SQLAlchemy with asyncpg."""
        name = f"{prefix}_{secrets.token_hex(6)}"
        owner, app = (Role(f"{name}_{kind}", secrets.token_hex(8)) for kind in ("owner", "app"))
        await provision_database(self.admin_dsn, name, owner, app)
        self.made.append((name, (owner.name, app.name)))
        return self._url(name, owner), self._url(name, app)

    async def create_migrated(self, kind: str, migration: Migration) -> tuple[str, str]:
        """A new database with tables: of this kind, as it was migrated once in this run: one that was cleared, or a copy."""
        if self.directory is None:
            owner_url, app_url = await self.create_database(kind)
            await migration(owner_url, Role(self.made[-1][1][1], ""))
            return owner_url, app_url
        template, owner, app = f"template_{kind}", Role(f"{kind}_owner", kind), Role(f"{kind}_app", kind)
        done = self.directory / f"{template}.done"
        async with AsyncFileLock(self.directory / f"{template}.lock"):
            if not done.exists():
                await provision_database(self.admin_dsn, template, owner, app)
                await migration(self._url(template, owner), app)
                await superuser(self.admin_dsn).learn(template)
                done.touch()
        if (name := superuser(self.admin_dsn).cleared_one(kind)) is None:
            name = f"{kind}_{secrets.token_hex(6)}"
            await superuser(self.admin_dsn).run(copying(template, name, owner, (app,)))
        self.copies.append((kind, name))
        return self._url(name, owner), self._url(name, app)

    async def drop_all(self) -> None:
        """Give back every database; one that can be cleared is kept for the next of its kind, the roles go last."""
        for kind, name in self.copies:
            if not await superuser(self.admin_dsn).clear(kind, name):
                self.made.insert(0, (name, ()))
        commands = [command for name, roles in self.made for command in dropping(name, roles)]
        await superuser(self.admin_dsn).run(commands)
        self.made.clear()
        self.copies.clear()

    def _url(self, database: str, role: Role) -> str:
        host = self.admin_dsn.rpartition("@")[2].partition("/")[0]
        return f"postgresql+asyncpg://{role.name}:{role.password}@{host}/{database}"
