"""The `corridor` command without a stack: it answers at once, and what goes wrong is one sentence."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from corridor.sign_in import token
from deploy.local.cell import Cell
from deploy.local.stack import Stack

ROOT = Path(__file__).parents[2]
HEAVY = (
    "fastapi",
    "sqlalchemy",
    "asyncpg",
    "aiokafka",
    "confluent_kafka",
    "alembic",
    "httpx2",
    "uvicorn",
)


def corridor(
    *arguments: str, state: Path | str = "/nonexistent", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "corridor", *arguments],
        cwd=ROOT,
        env={**os.environ, "CORRIDOR_STATE": str(state), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def stopped(server_run) -> Path:
    """The state of a stack that ran once and is down: addresses and keys, and nobody behind them."""
    state = server_run.directory / f"state {os.urandom(3).hex()}"
    for code in ("TH", "KH"):
        cell = Cell(code, state, partners=("TH", "KH"))
        cell.make_keys()
        facts = f'{{"cell": "{code}", "port": {cell.ports["front"]}, "issuer": "{cell.issuer}", "keys": "{cell.keys}"}}'
        (cell.directory / "cell.json").write_text(facts)
    return state


@pytest.mark.parametrize("arguments", [("--help",), ("token", "--help"), ("token", "th.worker")])
def test_the_command_loads_nothing_that_it_does_not_need(arguments, stopped):
    listing = "import sys, runpy\ntry:\n    runpy.run_module('corridor', run_name='__main__')\nfinally:\n    print('LOADED', *sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.argv = ['corridor', *{arguments!r}]\n{listing}"],
        cwd=ROOT,
        env={**os.environ, "CORRIDOR_STATE": str(stopped)},
        capture_output=True,
        text=True,
        check=False,
    )
    loaded = {name.split(".")[0] for name in ran.stdout.partition("LOADED ")[2].split()}
    assert "typer" in loaded
    assert sorted(loaded & {*HEAVY}) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "TH"),
        ("operate", "parked", "KH"),
        ("trace", "0b0e9b0e-6f3e-4a53-8f6f-6c8f2a0f6a11"),
        ("import", __file__),
        ("import", __file__, "--dry-run", "--as", "TH.Officer"),
    ],
    ids=" ".join,
)
def test_without_a_stack_every_command_says_in_one_sentence_that_it_does_not_answer(arguments, stopped):
    tried = corridor(*arguments, state=stopped)
    assert (tried.returncode, tried.stderr, len(tried.stdout.splitlines())) == (1, "", 1)
    assert "does not answer at http://127.0.0.1:" in tried.stdout
    assert "corridor up" in tried.stdout


@pytest.mark.parametrize(
    "arguments", [("verify", "TH"), ("operate", "parked", "TH"), ("token", "th.worker"), ("import", __file__)]
)
def test_where_none_was_ever_started_that_is_said(arguments, tmp_path):
    tried = corridor(*arguments, state=tmp_path)
    assert (tried.returncode, tried.stderr) == (1, "")
    assert tried.stdout == "no cell TH was ever started here; start it with: corridor up\n"


def test_what_answers_in_another_programs_words_is_no_cell(stopped):
    import threading

    port = int((stopped / "th" / "cell.json").read_text().split('"port": ')[1].split(",")[0])
    with socket.create_server(("127.0.0.1", port)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(10_000)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            connection.close()

        threading.Thread(target=answer, daemon=True).start()
        tried = corridor("verify", "TH", state=stopped)
    assert (tried.returncode, tried.stdout) == (
        1,
        f"what answers at http://127.0.0.1:{port} is not cell TH\n",
    )


def test_a_persons_name_is_taken_in_any_case(stopped):
    assert token("TH.Worker", stopped).count(".") == 2
    unknown = corridor("token", "TH.wroker", state=stopped)
    assert unknown.stdout.startswith("nobody is called th.wroker; there are: th.officer, th.worker,")


def test_a_country_that_has_no_people_is_refused_before_anything_starts(tmp_path):
    tried = corridor("up", "TH", "KH", "LA", state=tmp_path / "state")
    said = "LA has no folder in countries; choose among KH, TH, VN\n"
    assert (tried.returncode, tried.stderr, tried.stdout) == (1, "", said)
    assert list(tmp_path.iterdir()) == []


def test_a_state_that_cannot_be_written_is_one_sentence():
    tried = corridor("up", state="/proc/corridor/state")
    assert (tried.returncode, tried.stderr, len(tried.stdout.splitlines())) == (1, "", 1)
    assert tried.stdout.startswith("the system refused: ")
    assert "/proc/corridor" in tried.stdout


def test_a_second_start_says_which_process_runs_the_first_and_where_its_cells_are(stopped):
    first = Stack(["TH", "KH"], state=stopped)
    second = corridor("up", state=stopped)
    assert second.returncode == 1
    assert f"(process {os.getpid()})" in second.stdout
    for cell in first.cells.values():
        assert f"{cell.code} at {cell.base_url}" in second.stdout
    first._lock.release()


def test_a_story_is_not_played_on_a_stack_that_does_not_become_ready(stopped):
    first = Stack(["TH", "KH"], state=stopped)
    tried = corridor("demo", state=stopped, CORRIDOR_PATIENCE_S="0.5")
    said = "the story cannot be played on the stack that is up here: its cells TH and KH are not both ready"
    assert (tried.returncode, tried.stderr, tried.stdout.splitlines()[1:]) == (1, "", [said])
    first._lock.release()


def test_a_taken_port_is_named_with_what_to_do_before_anything_starts(stopped):
    cell = Cell("KH", stopped, partners=("TH", "KH"))
    with socket.create_server(("127.0.0.1", cell.ports["front"])):
        tried = corridor("up", state=stopped)
    assert tried.returncode == 1
    assert f"port {cell.ports['front']}, which KH's front has here, is taken by" in tried.stdout
    assert "Traceback" not in tried.stdout + tried.stderr
    assert not (stopped / "th" / "postgres" / "server.json").exists()
