"""What is deployed by containers: the compose file holds, and what it mounts is what the services can read."""

import copy
import shlex
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from contracts.catalogue import SERVICES
from deploy.compose.secrets import make
from deploy.validate import COMPOSE, problems


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(COMPOSE.read_text())


def test_the_compose_file_holds(compose):
    assert problems(compose) == []


def _lose(compose):
    del compose["services"]["kh-audit"]


def _misspell(compose):
    compose["services"]["th-intake"]["volume"] = []


def _widen(compose):
    compose["services"]["th-postgres"]["networks"] = ["th", "border"]


def _share(compose):
    compose["services"]["th-intake"]["volumes"] = ["kh-keys:/run/corridor/kh/keys"]


def _dangle(compose):
    compose["services"]["th-intake"]["depends_on"] = {"nobody": {"condition": "service_healthy"}}


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (_lose, "kh-audit: missing"),
        (_misspell, "'volume' does not match"),
        (_widen, "th-postgres: its networks"),
        (_share, "th-intake: mounts kh-keys"),
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
    file = tmp_path / "th" / "keys" / f"{service}.env"
    for line in file.read_text().splitlines():
        name, _, value = line.partition("=")
        monkeypatch.setenv(name, "".join(shlex.split(value)))
    settings = import_module(f"services.{service}.settings").Settings()
    assert settings.cell == "TH"
    assert "@th-postgres:5432/" in settings.database_url.get_secret_value()
    assert settings.kafka_bootstrap == "th-kafka:9092"
    assert settings.kafka_ca_file.exists()
    if service == "exchange":
        assert settings.partners["KH"].bootstrap == "kh-kafka:9092"
        assert all(file.exists() for file in _files(settings))


def test_secrets_made_again_are_the_same(tmp_path):
    make(tmp_path)
    before = (tmp_path / "kh" / "keys" / "exchange.env").read_text()
    make(tmp_path)
    assert (tmp_path / "kh" / "keys" / "exchange.env").read_text() == before


def _files(settings) -> list[Path]:
    authorities = [partner.ca_file for partner in settings.partners.values()]
    return [*authorities, settings.trust_file, settings.agreements_dir, settings.organisation_keys_dir]
