"""`corridor doctor` names what is missing, with what to do about it."""

import pytest
import requests

from corridor.doctor import examine
from deploy.local import place
from deploy.local.jars import cache_directory


@pytest.fixture
def offline(monkeypatch):
    def unreachable(*_: object, **__: object) -> None:
        raise requests.ConnectionError("Name or service not known")

    monkeypatch.setattr(requests, "head", unreachable)


def found(root, what):
    return next(finding for finding in examine(root) if finding.what == what)


def test_without_a_network_and_without_jars_it_says_what_to_do(offline, tmp_path, monkeypatch):
    monkeypatch.setenv("CORRIDOR_CACHE", str(tmp_path))
    network = found(tmp_path, "network")
    assert network.seen == "the Maven repository does not answer (ConnectionError)"
    assert network.remedy == "connect this machine, or set HTTPS_PROXY; only the first start needs it"


def test_without_a_network_nothing_is_missing_once_the_jars_are_here(offline, tmp_path, monkeypatch):
    (tmp_path / "kafka_2.13-4.3.1.jar").touch()
    monkeypatch.setenv("CORRIDOR_CACHE", str(tmp_path))
    assert found(tmp_path, "network").remedy == ""
    assert cache_directory() == tmp_path


def test_root_without_an_account_for_postgresql_is_told(tmp_path, offline, monkeypatch):
    monkeypatch.setattr(place, "is_root", lambda: True)
    monkeypatch.setattr(place, "ACCOUNTS", ("no-such-account",))
    assert "run this as another user" in found(tmp_path, "PostgreSQL's account").remedy
