"""A cell whose servers and services are containers: the local stack's cell with other addresses."""

import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contracts.catalogue import SERVICES
from deploy.local.cell import DIRECTORY, EPOCHS, LEDGER, VAULT_SERVICES, Cell, environment, write_secret
from deploy.local.certificates import Authority
from deploy.local.kafka import Broker, Place
from deploy.local.people import story
from deploy.local.place import make_folder
from deploy.local.postgres import Postgres
from deploy.local.trust import TrustFiles

ROOT = Path("/run/corridor")
"""Every container that may see a folder has it at the same place below this."""
CODES = story().countries
BROKER_DATA = Path("/var/lib/kafka/data")
PORT, CELL_PORT, CONTROLLER_PORT, POSTGRES_PORT = 8000, 9092, 9093, 5432
BASE_PORT, PORTS_OF_A_CELL = 8_100, 100
"""On this machine: of each cell first its issuer's port, then those of its services in their order."""
METRICS_PORT = 9464
"""On the cell's network alone, to whoever shows a certificate of the cell's authority."""
ISSUER, POSTGRES = "issuer", "postgres"
ERASURES = "erasures"
"""The folder of the ledger of erasures: a volume of its own, to which intake alone writes."""
ACCESS = """\
local all all scram-sha-256
hostssl all all all scram-sha-256
"""
"""The access rules of PostgreSQL: over TLS or not at all; by the socket comes only its own container."""


def host(code: str, what: str) -> str:
    """The name of a container on its cell's network."""
    return f"{code.lower()}-{what}"


def issuer_url(code: str) -> str:
    return f"https://{host(code, ISSUER)}:{PORT}"


def on_this_machine(code: str, place: int = 0) -> str:
    """Where a browser of this machine finds the issuer of a cell, or its service at this place of the list."""
    return f"https://127.0.0.1:{BASE_PORT + PORTS_OF_A_CELL * CODES.index(code) + place}"


def console_url(code: str) -> str:
    return on_this_machine(code, 1 + SERVICES.index("console"))


class ComposedCell(Cell):
    """Each container of the cell listens on the same port, under its own name, and reads a folder of its own."""

    def __init__(self, code: str, root: Path = ROOT, *, codes: Sequence[str] = CODES) -> None:
        super().__init__(code, root, partners=codes)
        self._root = root
        place = Place(host(code, "kafka"), CELL_PORT, CONTROLLER_PORT, BROKER_DATA)
        self.broker = Broker(self.directory / "kafka", name=place.host, place=place)
        database = (host(code, POSTGRES), POSTGRES_PORT)
        self.postgres = Postgres(self.directory / POSTGRES, place=database)

    def _keeper(self, root: Path) -> Path:
        del root
        return self.directory / "keys"

    @property
    def ledger(self) -> Path:
        return self.own(ERASURES) / LEDGER

    @property
    def base_url(self) -> str:
        return issuer_url(self.code)

    @property
    def issuer(self) -> str:
        return issuer_url(self.code)

    @property
    def console_url(self) -> str:
        return console_url(self.code)

    def _signing_in(self) -> dict[str, str]:
        """A browser is outside of the cell's network: it finds the issuer's pages at the machine's own address."""
        pages = on_this_machine(self.code)
        return {
            **super()._signing_in(),
            "sign_in_url": f"{pages}/authorize",
            "sign_out_url": f"{pages}/sign-out",
        }

    def own(self, container: str) -> Path:
        """The folder that this container alone mounts."""
        return self.directory / container

    def settings(
        self, service: str, trust: TrustFiles, cells: Mapping[str, Cell], *, processes: bool = True
    ) -> dict[str, Any]:
        values = super().settings(service, trust, cells, processes=processes)
        moved = {
            name: str(self.own(service) / Path(value).name)
            for name, value in values.items()
            if isinstance(value, str) and Path(value).parent == self.keys
        }
        return values | moved | self._addresses(service)

    def hand_out(self, trust: TrustFiles, cells: Mapping[str, Cell]) -> None:
        """Give each container the files that it reads, and none of another's."""
        authority = Authority(self.keys, self.code)
        make_folder(self.own(ERASURES))
        for container in (*SERVICES, ISSUER, POSTGRES):
            folder = make_folder(self.own(container))
            authority.issue(folder / "tls.pem", folder / "tls.key", host(self.code, container))
            shutil.copyfile(authority.file, folder / "authority.pem")
        shutil.copyfile(self.keys / "issuer.jwk.json", self.own(ISSUER) / "issuer.jwk.json")
        (self.own(POSTGRES) / "pg_hba.conf").write_text(ACCESS)
        for service in SERVICES:
            self._hand_out(service, trust, cells)
        shutil.copyfile(authority.file, self.directory / "kafka" / "authority.pem")

    def _hand_out(self, service: str, trust: TrustFiles, cells: Mapping[str, Cell]) -> None:
        values = environment(self.settings(service, trust, cells)) | {
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self.own(service) / "authority.pem"),
        }
        lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
        write_secret(self.own(service) / f"{service}.env", lines)
        names = [f"{service}.jwk.json", "services.jwks.json", "issuer.jwks.json"]
        names += [EPOCHS] if service in VAULT_SERVICES else []
        names += ["staff.json", DIRECTORY] if service == "directory" else []
        for name in names:
            shutil.copyfile(self.keys / name, self.own(service) / name)
        brokers = [self, *cells.values()] if service == "exchange" else [self]
        for cell in brokers:
            shutil.copyfile(cell.broker.ca_file, self.own(service) / self._broker_authority(cell.code))

    def _addresses(self, service: str) -> dict[str, Any]:
        own = self.own(service)
        return {
            "host": "0.0.0.0",
            "port": PORT,
            "metrics_host": "0.0.0.0",
            "metrics_port": METRICS_PORT,
            "kafka_ca_file": str(own / self._broker_authority(self.code)),
            "tls_certificate_file": str(own / "tls.pem"),
            "tls_key_file": str(own / "tls.key"),
            "tls_ca_file": str(own / "authority.pem"),
        }

    def _partner(self, partner: Cell) -> dict[str, str]:
        file = self.own("exchange") / self._broker_authority(partner.code)
        return {**super()._partner(partner), "ca_file": str(file)}

    def _peer(self, service: str, *, processes: bool) -> str:
        del processes
        return f"https://{host(self.code, service)}:{PORT}"

    @staticmethod
    def _broker_authority(code: str) -> str:
        return f"kafka-{code.lower()}.pem"
