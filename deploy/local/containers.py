"""Test servers in containers, for machines where Docker answers.

A holder process (this file, run as a script) keeps one container up by testcontainers until it is told to stop; it is
started, stopped and reaped like a server of the local stack. Written against testcontainers 4.15; not run where it was
written, since no engine is there.
"""

import os
import secrets
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testcontainers.core.container import DockerContainer

READY = "ready"
PASSWORD = "CORRIDOR_CONTAINER_PASSWORD"  # noqa: S105
KAFKA_PORT, POSTGRES_PORT = 9094, 5432


def docker_answers() -> bool:
    import docker  # type: ignore[import-untyped]
    from docker.errors import DockerException  # type: ignore[import-untyped]

    try:
        client = docker.from_env(timeout=3)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, OSError):
        return False


class Container:
    """One container, whose holder's identity and log lie in `directory`."""

    def __init__(self, directory: Path, kind: str, *, owner: int, remove: Path) -> None:
        from deploy.local.process import ServerProcess

        directory.mkdir(parents=True, exist_ok=True)
        self._directory, self._kind, self._owner, self._remove = directory, kind, owner, remove
        self._process = ServerProcess(directory)

    def start(self) -> str:
        """The address to connect to: a bootstrap address, or the superuser's of PostgreSQL."""
        from deploy.local.ports import free_port

        port, password = free_port(), secrets.token_hex(16)
        holder = [sys.executable, __file__, self._kind, str(port), str(self._directory / READY)]
        secret = {PASSWORD: password}
        self._process.start(holder, owner=self._owner, remove=self._remove, secrets=secret)
        self._process.wait_until((self._directory / READY).exists, quiet_s=300)
        return f"127.0.0.1:{port}" if self._kind == "kafka" else _dsn(port, password)

    def stop(self) -> None:
        self._process.stop()


def _dsn(port: int, password: str) -> str:
    return f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"


def _kafka(port: int) -> "DockerContainer":
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    container = DockerContainer("apache/kafka:4.3.1").with_bind_ports(KAFKA_PORT, port)
    settings = {
        "NODE_ID": "1",
        "PROCESS_ROLES": "broker,controller",
        "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "LISTENERS": f"PLAINTEXT://:{KAFKA_PORT},CONTROLLER://:9093",
        "ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "AUTO_CREATE_TOPICS_ENABLE": "false",
    }
    for key, value in settings.items():
        container.with_env(f"KAFKA_{key}", value)
    return container.waiting_for(LogMessageWaitStrategy("Kafka Server started"))


def _postgres(port: int) -> "DockerContainer":
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy

    container = DockerContainer("postgres:18").with_bind_ports(POSTGRES_PORT, port)
    container.with_env("POSTGRES_PASSWORD", os.environ[PASSWORD])
    container.with_command("postgres -c max_connections=300 -c fsync=off")
    ready = LogMessageWaitStrategy(r"(?s)init process complete.*ready to accept connections")
    return container.waiting_for(ready)


def _hold(kind: str, port: int, ready: Path) -> None:
    kinds: dict[str, Callable[[int], DockerContainer]] = {"kafka": _kafka, "postgres": _postgres}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with kinds[kind](port):
        ready.touch()
        signal.sigwait({signal.SIGTERM})


if __name__ == "__main__":
    _hold(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
