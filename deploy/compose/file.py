"""`python -m deploy.compose.file`: writes docker-compose.yml from `head.yml`, the cells and the list of services."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path

from contracts.services import NAMES
from deploy.compose.cell import BASE_PORT, CODES, ERASURES, ISSUER, PORTS_OF_A_CELL, POSTGRES
from deploy.compose.secrets import USERS

HEAD = Path(__file__).with_name("head.yml")
COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
PARTS = ("state", "keys", "kafka", POSTGRES, *NAMES, ISSUER, ERASURES)
"""The folders of a cell: volumes of the same names, with the cell's before each."""

_SECRETS = """\
  secrets:
    <<: *tools
    command: [deploy.compose.secrets]
    cap_add: [CHOWN, DAC_OVERRIDE, FOWNER]
    network_mode: none
    volumes:
"""
_SERVERS = """\
  {cell}-kafka:
    <<: *kafka
    environment: {{FOLDER: /run/corridor/{cell}/kafka, CLUSTER: {cluster}}}
    volumes: ["{cell}-kafka:/run/corridor/{cell}/kafka:ro", "{cell}-kafka-data:/var/lib/kafka/data"]
    networks: [{cell}, border]

  {cell}-postgres:
    <<: *postgres
    environment:
      FOLDER: /run/corridor/{cell}/postgres
      POSTGRES_PASSWORD_FILE: /run/corridor/{cell}/postgres/admin.password
    volumes: ["{cell}-postgres:/run/corridor/{cell}/postgres:ro", "{cell}-postgres-data:/var/lib/postgresql"]
    networks: [{cell}]

  {cell}-provision:
    <<: *tools
    command: [deploy.compose.provision, {code}]
    cap_add: [DAC_OVERRIDE]
    volumes:
      - {cell}-state:/run/corridor/{cell}
      - {cell}-kafka:/run/corridor/{cell}/kafka
      - {cell}-postgres:/run/corridor/{cell}/postgres
    networks: [{cell}]
    depends_on:
      {cell}-kafka: {{condition: service_healthy}}
      {cell}-postgres: {{condition: service_healthy}}

  {cell}-issuer:
    <<: *tools
    command: [deploy.compose.issuer, {code}]
    user: "{user}:{user}"
    volumes: ["{cell}-issuer:/run/corridor/{cell}/issuer:ro"]
    networks: [{cell}]
    ports: ["127.0.0.1:{port}:8000"]
    depends_on: *after-secrets
    restart: unless-stopped

"""
_SERVICE = """\
  {cell}-{name}:
    <<: *service
    build: {{context: ., dockerfile: deploy/Dockerfile, args: {{SERVICE: {name}}}}}
    user: "{user}:{user}"
    environment: {{OWN: /run/corridor/{cell}/{name}, CORRIDOR_PROBE_CA_FILE: /run/corridor/{cell}/{name}/authority.pem}}
    volumes: [{volumes}]
    networks: [{networks}]
    ports: ["127.0.0.1:{port}:8000"]
    depends_on: {{{cell}-provision: {{condition: service_completed_successfully}}}}

"""


def compose_text(codes: Sequence[str] = CODES) -> str:
    cells = [code.lower() for code in codes]
    return "".join([HEAD.read_text(), "services:\n", _secrets(cells), *_cells(codes), _rest(cells)])


def _secrets(cells: Sequence[str]) -> str:
    mounts = [mount for cell in cells for mount in _mounts_of_secrets(cell)]
    mounts += ["border:/run/corridor/border", "governance:/run/corridor/border/governance"]
    return _SECRETS + "".join(f"      - {mount}\n" for mount in mounts) + "\n"


def _mounts_of_secrets(cell: str) -> Iterator[str]:
    yield f"{cell}-state:/run/corridor/{cell}"
    yield from (f"{cell}-{part}:/run/corridor/{cell}/{part}" for part in PARTS[1:])
    yield f"{cell}-organisations:/run/corridor/border/keys/{cell.upper()}"


def _cells(codes: Sequence[str]) -> Iterator[str]:
    for number, code in enumerate(codes):
        cell, port = code.lower(), BASE_PORT + PORTS_OF_A_CELL * number
        cluster = b64encode(f"corridor-{cell}-loca".encode()).decode().rstrip("=")
        yield _SERVERS.format(cell=cell, code=code, cluster=cluster, user=USERS[ISSUER], port=port)
        yield from (_service(cell, name, port + 1 + place) for place, name in enumerate(NAMES))


def _service(cell: str, name: str, port: int) -> str:
    volumes, networks = [f"{cell}-{name}:/run/corridor/{cell}/{name}:ro"], [cell]
    if name == "intake":
        volumes += [f"{cell}-{ERASURES}:/run/corridor/{cell}/{ERASURES}"]
    if name == "exchange":
        volumes += [
            "border:/run/corridor/border:ro",
            f"{cell}-organisations:/run/corridor/border/keys/{cell.upper()}:ro",
        ]
        networks += ["border"]
    quoted = ", ".join(f'"{volume}"' for volume in volumes)
    return _SERVICE.format(
        cell=cell, name=name, user=USERS[name], volumes=quoted, networks=", ".join(networks), port=port
    )


def _rest(cells: Sequence[str]) -> str:
    networks = "".join(f"{cell}: {{}}, " for cell in cells)
    parts = (*PARTS, "organisations", "kafka-data", "postgres-data")
    volumes = ["border", "governance", *(f"{cell}-{part}" for cell in cells for part in parts)]
    return f"networks: {{{networks}border: {{}}}}\n\nvolumes:\n" + "".join(f"  {name}:\n" for name in volumes)


if __name__ == "__main__":
    COMPOSE.write_text(compose_text())
