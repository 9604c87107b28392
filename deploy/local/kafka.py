"""A real Apache Kafka broker of one cell on this machine: TLS, SCRAM users and ACLs, for development and tests only.

Its controller listener is loopback plaintext whose peer is a super user, so the machine's own users are trusted.
"""

import base64
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.certificates import write_certificates
from deploy.local.class_archive import ClassArchive
from deploy.local.jars import java, kafka_jars
from deploy.local.ports import kept_ports
from deploy.local.process import ServerError, ServerProcess, kept_password

ADMIN = "admin"
LOOPBACK = "127.0.0.1"
JVM = (
    "-XX:+UseSerialGC",
    "-Xms40m",
    "-Xmn12m",  # as much again is touched before anything is collected
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a broker that this process does not start, but only configures: its address and its data."""

    host: str
    cell_port: int
    controller_port: int
    data: Path


class Broker:
    """A broker whose ports, certificates, password and data all live in `directory`.

    `plaintext` adds a listener without TLS or login, for tests and benchmarks that are not about either. The broker
    ends when the process `owner` (default: this one) does; `remove` is then deleted.
    """

    def __init__(
        self,
        directory: Path,
        *,
        name: str,
        plaintext: bool = False,
        heap: str = "256m",
        owner: int | None = None,
        remove: Path | None = None,
        place: Place | None = None,
    ) -> None:
        self._directory = directory.absolute()
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._name, self._plaintext, self._heap = name, plaintext, heap
        self._owner, self._remove = owner, remove
        self._process = ServerProcess(self._directory)
        self._archive: ClassArchive | None = None
        self._data = place.data if place else self._directory / "data"
        self._host = place.host if place else LOOPBACK
        self._ports = (
            {"CELL": place.cell_port, "CONTROLLER": place.controller_port}
            if place
            else kept_ports(self._directory / "ports.json", ("CONTROLLER", "CELL", "PLAIN"))
        )
        self.admin_user = ADMIN
        self.admin_password = kept_password(self._directory)
        self.ca_file = self._directory / "ca.pem"

    @property
    def bootstrap(self) -> str:
        """The listener CELL: SASL_SSL with SCRAM-SHA-512, trusted by `ca_file`."""
        return f"{self._host}:{self._ports['CELL']}"

    @property
    def plain_bootstrap(self) -> str:
        if not self._plaintext:
            raise ServerError(f"{self._name} was made without a plaintext listener")
        return f"{self._host}:{self._ports['PLAIN']}"

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports that the broker listens on, by listener."""
        return {name: port for name, port in self._ports.items() if name != "PLAIN" or self._plaintext}

    @property
    def running(self) -> bool:
        return self._process.running

    @property
    def admin_config(self) -> dict[str, str | int | float | bool]:
        """The settings with which confluent-kafka's clients act as the admin."""
        return {
            "bootstrap.servers": self.bootstrap,
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": self.admin_user,
            "sasl.password": self.admin_password,
            "ssl.ca.location": str(self.ca_file),
            "log_level": 0,
        }

    def start(self) -> None:
        """Start the broker, formatted first if it is new; return when it answers. Raises ServerError."""
        self.launch()
        self.wait()

    def launch(self) -> None:
        """The first half of `start`, so that several servers can come up at the same time."""
        if self.running:
            return
        properties = self.write_files()
        if not (self._data / "meta.properties").exists():
            self._format(properties)
        command = [*self._java(), "kafka.Kafka", str(properties)]
        self._process.start(command, owner=self._owner, remove=self._remove)

    def write_files(self) -> Path:
        """Write the certificates (once) and `server.properties`, whose path is the answer."""
        if not self.ca_file.exists():
            write_certificates(self._directory, self._name, host=self._host)
        properties = self._directory / "server.properties"
        properties.touch(mode=0o600)
        properties.write_text("".join(f"{key}={value}\n" for key, value in self._properties().items()))
        return properties

    def wait(self) -> None:
        self._process.wait_until(self._answers)
        if self._archive is not None:
            self._archive.make_beside(self._directory)

    def stop(self) -> None:
        self._process.stop()

    def kill(self) -> None:
        """SIGKILL; `start()` then brings the broker back on the same ports with the data that it had written."""
        self._process.kill()

    def _java(self) -> list[str]:
        jars, runtime = kafka_jars().resolve(), java()
        self._archive = ClassArchive(runtime, jars)
        return [
            runtime,
            f"-Xmx{self._heap}",
            *JVM,
            *self._archive.options(self._directory),
            "-cp",
            f"{jars}/*",
        ]

    def _format(self, properties: Path) -> None:
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        scram = f"SCRAM-SHA-512=[name={ADMIN},password={self.admin_password}]"
        tool = [*self._java(), "kafka.tools.StorageTool", "format", "--standalone", "-t", cluster]
        command = [*tool, "-c", str(properties), "--add-scram", scram]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ServerError(f"could not format {self._name}: {done.stderr[-2000:]}")

    def _answers(self) -> bool:
        from confluent_kafka import KafkaException
        from confluent_kafka.admin import AdminClient

        try:
            AdminClient(self.admin_config).list_topics(timeout=1)
        except KafkaException:
            return False
        return True

    def _properties(self) -> dict[str, str | int]:
        return {**self._cluster(), **self._listeners(), **self._cell_listener(), **SINGLE_NODE}

    def _cluster(self) -> dict[str, str | int]:
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{self._ports['CONTROLLER']}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self._data),
            "auto.create.topics.enable": "false",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:{ADMIN};User:ANONYMOUS",
        }

    def _listeners(self) -> dict[str, str | int]:
        names = ("CELL", "PLAIN") if self._plaintext else ("CELL",)
        bound = LOOPBACK if self._host == LOOPBACK else "0.0.0.0"
        listeners = [f"{name}://{bound}:{self._ports[name]}" for name in names]
        advertised = [f"{name}://{self._host}:{self._ports[name]}" for name in names]
        return {
            "listeners": ",".join([*listeners, f"CONTROLLER://{LOOPBACK}:{self._ports['CONTROLLER']}"]),
            "advertised.listeners": ",".join(advertised),
            "listener.security.protocol.map": "CELL:SASL_SSL,PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "inter.broker.listener.name": "CELL",
        }

    def _cell_listener(self) -> dict[str, str | int]:
        login = "org.apache.kafka.common.security.scram.ScramLoginModule"
        jaas = f'{login} required username="{ADMIN}" password="{self.admin_password}";'
        cell = {
            "sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "scram-sha-512.sasl.jaas.config": jaas,
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self._directory / "server.pem"),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.ca_file),
        }
        scoped: dict[str, str | int] = {f"listener.name.cell.{key}": value for key, value in cell.items()}
        return {**scoped, "sasl.mechanism.inter.broker.protocol": "SCRAM-SHA-512"}


SINGLE_NODE: dict[str, str | int] = {
    "offsets.topic.replication.factor": 1,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "offsets.topic.num.partitions": 1,
    "group.initial.rebalance.delay.ms": 0,
    "log.cleaner.dedupe.buffer.size": 2_200_000,
    "fetch.purgatory.purge.interval.requests": 50,
    "producer.purgatory.purge.interval.requests": 50,
    "log.index.size.max.bytes": 1_048_576,
    "broker.heartbeat.interval.ms": 1_000,
    "broker.session.timeout.ms": 4_000,
    "metadata.max.idle.interval.ms": 0,
    "num.network.threads": 1,
    "num.io.threads": 2,
    "background.threads": 2,
    "group.coordinator.threads": 1,
    "group.coordinator.rebalance.protocols": "classic",
    "share.coordinator.threads": 1,
    "log.cleaner.backoff.ms": 300_000,
}
"""One broker for one cell on a laptop: nothing is replicated, little wakes up while nothing happens, and little is kept in memory."""
