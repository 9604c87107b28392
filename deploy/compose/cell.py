"""A cell whose servers and services are containers: the local stack's cell with other addresses."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deploy.local.cell import Cell, environment, write_secret
from deploy.local.kafka import Broker, Place
from deploy.local.postgres import Postgres
from deploy.local.trust import TrustFiles

ROOT = Path("/run/corridor")
"""Every container that may see a folder has it at the same place below this."""
CODES = ("TH", "KH")
BROKER_DATA = Path("/var/lib/kafka/data")
PORT, CELL_PORT, CONTROLLER_PORT, POSTGRES_PORT = 8000, 9092, 9093, 5432


def host(code: str, what: str) -> str:
    """The name of a container on its cell's network."""
    return f"{code.lower()}-{what}"


def issuer_url(code: str) -> str:
    return f"http://{host(code, 'issuer')}:{PORT}"


class ComposedCell(Cell):
    """Each container of the cell listens on the same port, under its own name."""

    def __init__(self, code: str, root: Path = ROOT, *, codes: Sequence[str] = CODES) -> None:
        super().__init__(code, root, partners=codes)
        self._root = root
        place = Place(host(code, "kafka"), CELL_PORT, CONTROLLER_PORT, BROKER_DATA)
        self.broker = Broker(self.directory / "kafka", name=place.host, place=place)
        database = (host(code, "postgres"), POSTGRES_PORT)
        self.postgres = Postgres(self.directory / "postgres", place=database)

    @property
    def base_url(self) -> str:
        return issuer_url(self.code)

    @property
    def issuer(self) -> str:
        return issuer_url(self.code)

    def authority(self, code: str) -> Path:
        """The certificate that a cell's broker is trusted by; public, so all of them lie in one folder."""
        return self._root / "border" / "authorities" / f"{code.lower()}.pem"

    def settings(
        self, service: str, trust: TrustFiles, cells: Mapping[str, Cell], *, processes: bool = True
    ) -> dict[str, Any]:
        values = super().settings(service, trust, cells, processes=processes)
        here = {"host": "0.0.0.0", "port": PORT, "kafka_ca_file": str(self.authority(self.code))}
        return values | here

    def write_environment(self, service: str, trust: TrustFiles, cells: Mapping[str, Cell]) -> None:
        """A file that the service's shell reads before it starts."""
        values = environment(self.settings(service, trust, cells))
        lines = "".join(f"{name}={shlex.quote(value)}\n" for name, value in values.items())
        write_secret(self.keys / f"{service}.env", lines)

    def _partner(self, partner: Cell) -> dict[str, str]:
        return {**super()._partner(partner), "ca_file": str(self.authority(partner.code))}

    def _peer(self, service: str, *, processes: bool) -> str:
        del processes
        return f"http://{host(self.code, service)}:{PORT}"
