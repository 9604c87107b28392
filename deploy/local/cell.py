"""One cell of the local stack: its servers, its secrets, and the settings of each of its services."""

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from joserfc.jwk import OKPKey

from contracts.catalogue import SERVICES
from deploy.local.databases import Role
from deploy.local.kafka import Broker
from deploy.local.people import load_machines, load_people
from deploy.local.place import COUNTRIES, make_folder
from deploy.local.ports import kept_ports, require_free
from deploy.local.postgres import Postgres
from deploy.local.trust import TrustFiles

VAULT_SERVICES: Mapping[str, Literal["any", "own", "none"]] = {
    "intake": "any",
    "consent": "none",
    "returns": "none",
    "exchange": "none",
    "interchange": "own",
}
"""Services with a role in the vault, and the keys that each may destroy: a person's; that of a file whose import is
done.
"""
EPOCH = "2026-11"
KEEPER, EPOCHS, LEDGER = "keeper", "epoch.json", "erasures.jsonl"
FRONT, METRICS = "front", "metrics"
PORTS = "ports.json"
DIRECTORY = "directory.json"


def metrics_of(service: str) -> str:
    """The operators' port of a service that has a process of its own."""
    return f"{service}'s metrics"


class Cell:
    """One cell. `directory` holds everything that the jurisdiction has on this machine; nothing in it is shared with
    another.
    """

    def __init__(self, code: str, root: Path, *, partners: Sequence[str], owner: int | None = None) -> None:
        self.code, self.partners = code, tuple(partners)
        self.directory = make_folder(root.absolute() / code.lower())
        self.broker = Broker(self.directory / "kafka", name=f"kafka-{code.lower()}", owner=owner)
        self.postgres = Postgres(self.directory / "postgres", owner=owner)
        names = (FRONT, METRICS, *SERVICES, *map(metrics_of, SERVICES))
        self.ports = kept_ports(self.directory / PORTS, names)
        self.keys = self.directory / "keys"
        self.keeper = self._keeper(root.absolute())
        self._secrets = self._kept_secrets()

    def _keeper(self, root: Path) -> Path:
        """A place of its own for what a backup must not have: the wrapping keys of the vault, since whoever destroys one of
        them means the backups too, and the ledger of erasures, which a restore needs as it is today.
        """
        return make_folder(root / KEEPER / self.code.lower())

    @property
    def epochs(self) -> Path:
        return self.keeper / EPOCHS

    @property
    def ledger(self) -> Path:
        """The file in which erasures are written down."""
        return self.keeper / LEDGER

    @property
    def base_url(self) -> str:
        """The cell's one address; each service is below it under its name."""
        return f"http://127.0.0.1:{self.ports[FRONT]}"

    @property
    def issuer(self) -> str:
        return f"{self.base_url}/issuer"

    def require_ports(self, *, processes: bool) -> None:
        """Raises PortTakenError when a program of somebody else listens where a server of this cell is to."""
        alone = (FRONT, *SERVICES, *map(metrics_of, SERVICES))
        own = {name: self.ports[name] for name in (alone if processes else (FRONT, METRICS))}
        require_free({f"{self.code}'s {name}": port for name, port in own.items()}, self.directory / PORTS)
        for server, folder in ((self.broker, "kafka"), (self.postgres, "postgres")):
            if not server.running:
                named = {f"{self.code}'s {folder}": port for port in server.ports.values()}
                require_free(named, self.directory / folder / PORTS)

    def password(self, user: str) -> str:
        return self._secrets[user]

    def owner_role(self, service: str) -> Role:
        return Role(f"{service}_owner", self.password(f"{service}_owner"))

    def app_role(self, service: str) -> Role:
        return Role(f"{service}_app", self.password(f"{service}_app"))

    def vault_role(self, service: str) -> Role:
        return Role(f"{service}_vault", self.password(f"{service}_vault"))

    def owner_url(self, service: str) -> str:
        return self.postgres.url(service, f"{service}_owner", self.password(f"{service}_owner"))

    def settings(
        self, service: str, trust: TrustFiles, cells: Mapping[str, "Cell"], *, processes: bool
    ) -> dict[str, Any]:
        """The service's settings, as its Settings take them (in the environment: upper case, prefix CORRIDOR_)."""
        values: dict[str, Any] = {
            "cell": self.code,
            "mode": "development",
            "country_dir": str(COUNTRIES / self.code),
            "port": self.ports[service],
            "metrics_port": self.ports[metrics_of(service) if processes else METRICS],
            "database_url": self.postgres.url(service, f"{service}_app", self.password(f"{service}_app")),
            "kafka_bootstrap": self.broker.bootstrap,
            "kafka_user": service,
            "kafka_password": self.password(service),
            "kafka_ca_file": str(self.broker.ca_file),
            "issuer": self.issuer,
            "jwks_file": str(self.keys / "issuer.jwks.json"),
            "service_key_file": str(self.keys / f"{service}.jwk.json"),
            "service_jwks_file": str(self.keys / "services.jwks.json"),
            "policies_dir": str(Path(__file__).parents[1] / "policies"),
            "peers": {name: self._peer(name, processes=processes) for name in SERVICES},
        }
        if service in VAULT_SERVICES:
            values["vault_url"] = self.postgres.url(
                "vault", f"{service}_vault", self.password(f"{service}_vault")
            )
            values["vault_epoch_file"] = str(self.epochs)
        return values | self._own(service, trust, cells)

    @property
    def _papers_url(self) -> str:
        return f"{self.base_url}/papers"

    def _own(self, service: str, trust: TrustFiles, cells: Mapping[str, "Cell"]) -> dict[str, Any]:
        if service == "exchange":
            partners = {code: self._partner(cell) for code, cell in cells.items()}
            return {"partners": partners, **{k: str(path) for k, path in trust.settings(self.code).items()}}
        if service == "directory":
            directory = self._directory_file([self.code, *cells])
            return {"directory_file": str(directory), "staff_file": str(self._staff_file())}
        if service == "intake":
            return {
                "erasure_ledger": str(self.ledger),
                "erasure_wait_hours": 0,  # the people of this stack are invented, and shown in an hour
                "papers_url": self._papers_url,
            }
        addresses = {
            "notify": {"sign_in_url": f"{self.base_url}/"},
            "consent": {"papers_url": self._papers_url},
            "console": self._signing_in(),
        }
        return addresses.get(service, {})

    @property
    def console_url(self) -> str:
        """Where a browser finds the pages of this cell."""
        return f"{self.base_url}/console"

    def _signing_in(self) -> dict[str, str]:
        """Where its people sign in: at the issuer's pages, as a browser and as the console reach them."""
        return {
            "public_url": self.console_url,
            "sign_in_url": f"{self.issuer}/authorize",
            "sign_out_url": f"{self.issuer}/sign-out",
            "token_url": f"{self.issuer}/token",
            "revocation_url": f"{self.issuer}/revoke",
        }

    def _directory_file(self, codes: Sequence[str]) -> Path:
        """The organisations of the cell's own country and of its partners: names and services, which everybody may know."""
        listed = [json.loads((COUNTRIES / code / DIRECTORY).read_text()) for code in dict.fromkeys(codes)]
        file = self.keys / DIRECTORY
        whole = {"organisations": [one for country in listed for one in country["organisations"]]}
        write_secret(file, json.dumps(whole))
        return file

    def _staff_file(self) -> Path:
        """The people and machines whom the cell's issuer knows, as directory takes them."""
        organisations: dict[str, dict[str, list[str]]] = {}
        for person in (*load_people(self.code), *load_machines(self.code)):
            organisations.setdefault(person.org, {})[person.name] = list(person.roles)
        file = self.keys / "staff.json"
        write_secret(file, json.dumps({"organisations": organisations}))
        return file

    def _partner(self, partner: "Cell") -> dict[str, str]:
        """The way by which this cell reads its own egress topic on a partner's broker."""
        user = f"partner.{self.code.lower()}"
        return {
            "bootstrap": partner.broker.bootstrap,
            "user": user,
            "password": partner.password(user),
            "ca_file": str(partner.broker.ca_file),
        }

    def _peer(self, service: str, *, processes: bool) -> str:
        return f"http://127.0.0.1:{self.ports[service]}" if processes else f"{self.base_url}/{service}"

    def _kept_secrets(self) -> dict[str, str]:
        file = self.directory / "secrets.json"
        kept: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        roles = [f"{name}_{kind}" for name in (*SERVICES, "vault") for kind in ("owner", "app", "vault")]
        users = [*SERVICES, *(f"partner.{code.lower()}" for code in self.partners)]
        kept = {name: secrets.token_hex(16) for name in (*roles, *users)} | kept
        write_secret(file, json.dumps(kept))
        return kept

    def make_keys(self) -> None:
        """Make the issuer's key, one for each service, and an epoch of the vault; keys that exist stay."""
        self.keys.mkdir(exist_ok=True, mode=0o700)
        issuer = self._kept_key("issuer")
        services = [self._kept_key(name) for name in SERVICES]
        write_secret(self.keys / "issuer.jwks.json", json.dumps({"keys": [issuer.as_dict(private=False)]}))
        public = {"keys": [key.as_dict(private=False) for key in services]}
        write_secret(self.keys / "services.jwks.json", json.dumps(public))
        self._move_epochs()
        if not self.epochs.exists():
            key = b64encode(secrets.token_bytes(32)).decode()
            write_secret(self.epochs, json.dumps({"current": EPOCH, "keys": {EPOCH: key}}))

    def _move_epochs(self) -> None:
        """An earlier version kept the wrapping keys among the others. Where the keeper has its own, none of them is left
        there: a backup would carry it, and it would open whoever was erased since.
        """
        before = self.keys / EPOCHS
        if before == self.epochs or not before.exists():
            return
        if self.epochs.exists():
            before.unlink()
        else:
            before.rename(self.epochs)

    def _kept_key(self, name: str) -> OKPKey:
        file = self.keys / f"{name}.jwk.json"
        if not file.exists():
            key = OKPKey.generate_key("Ed25519", {"kid": name})
            write_secret(file, json.dumps(key.as_dict(private=True)))
        return OKPKey.import_key(json.loads(file.read_text()))


def write_secret(file: Path, content: str) -> None:
    """Write a file that this user alone can read from the first byte on."""
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(content)


def environment(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as the environment variables of a process of their own."""
    return {
        f"CORRIDOR_{name.upper()}": json.dumps(value) if isinstance(value, dict | list) else str(value)
        for name, value in settings.items()
    }
