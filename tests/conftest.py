"""Real servers for every test: one Kafka broker and one PostgreSQL per run, started by the first test that asks."""

import secrets
import sys
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import HealthCheck, settings

from chassis import collecting
from deploy.local.kafka import Broker
from deploy.local.postgres import Postgres
from deploy.local.testing import Databases, Kafka, Run

pytest_plugins = ["tests.time_limits", "tests.known_types"]

settings.register_profile("corridor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("corridor")
"""Slow is the machine, not the example: what hangs is found by pytest's own limit."""

PROCESSES, JOURNEYS, WORLDS = "tests/journeys/processes/", "tests/journeys/", "tests/authorisation/"
WHOLE, WORKPLACE = "tests/console/whole/", "tests/console/"
"""What one worker does in order: those of cells of many processes; all other journeys, which share their cells; each file with
a world; those of the console with all services, and its others, which share a workplace each.
"""
LONGEST_FIRST = (PROCESSES, JOURNEYS, WHOLE, WORKPLACE, WORLDS)
"""Whatever one worker has to do in order begins at once: the journeys alone take most of the time of a run."""

sys.modules.setdefault("sniffio", None)  # type: ignore[arg-type]
"""httpx2 looks for it at every call of an app, on all of the path, as long as it is not there."""

RUN = pytest.StashKey[Run]()
WORKER_INPUT = "corridor_run"


def pytest_configure(config: pytest.Config) -> None:
    """The process that the user started owns the run; a worker of xdist joins it."""
    facts = getattr(config, "workerinput", {}).get(WORKER_INPUT)
    config.stash[RUN] = Run.join(facts) if facts else Run.begin()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    node.workerinput[WORKER_INPUT] = node.config.stash[RUN].facts


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Test by test, but for what goes together. (xdist's own groups are not seen by this pytest.)"""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            for together in LONGEST_FIRST[:-1]:
                if nodeid.startswith(together):
                    return together
            return nodeid.partition("::")[0] if nodeid.startswith(WORLDS) else nodeid

    return Sharing(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _turn(item.nodeid))


def _turn(nodeid: str) -> int:
    return next((n for n, part in enumerate(LONGEST_FIRST) if nodeid.startswith(part)), len(LONGEST_FIRST))


def pytest_collection_finish() -> None:
    """The tests themselves, tens of thousands, are looked at for garbage no more."""
    collecting.keep()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[RUN].end()


@pytest.fixture(scope="session")
def server_run(pytestconfig: pytest.Config) -> Run:
    return pytestconfig.stash[RUN]


@pytest.fixture(scope="session")
def kafka(server_run: Run) -> Kafka:
    """The run's broker; name topics with `topic_prefix`."""
    return Kafka(server_run.kafka_bootstrap())


@pytest.fixture
def topic_prefix() -> str:
    """Begins every topic (and group) name of one test, so that no two tests meet."""
    return f"t{secrets.token_hex(5)}."


@pytest.fixture(scope="session")
def postgres_dsn(server_run: Run) -> str:
    """The superuser's address of the run's PostgreSQL."""
    return server_run.postgres_dsn()


@pytest.fixture
async def postgres(postgres_dsn: str, server_run: Run) -> AsyncIterator[Databases]:
    """Makes databases that are given back when the test ends."""
    databases = Databases(postgres_dsn, server_run.directory)
    yield databases
    await databases.drop_all()


@pytest.fixture
def own_broker(server_run: Run) -> Iterator[Broker]:
    """A started broker of the test's own, which it may kill and start again."""
    broker = server_run.broker(f"broker-{secrets.token_hex(4)}")
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture
def own_postgres(server_run: Run) -> Iterator[Postgres]:
    """A started PostgreSQL of the test's own, which it may kill and start again."""
    server = server_run.postgres(f"postgres-{secrets.token_hex(4)}")
    server.start()
    yield server
    server.kill()
