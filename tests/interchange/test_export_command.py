"""`corridor export`: the file of a person or a machine, kept for one user alone, and nothing left to fetch behind it."""

import io
import stat

import httpx2
import pytest
from rich.console import Console
from starlette.applications import Starlette
from starlette.routing import Mount
from typer.testing import CliRunner

import corridor.export
from corridor.cli import app
from corridor.client import Person
from corridor.export import ExportFailedError, export_file
from corridor.sign_in import NoStackError
from tests.interchange.test_exports import count
from tests.interchange.test_imports import imported, row, table

FETCHES = "machine:th.records-system"


@pytest.fixture
def person(files, monkeypatch):
    """Whoever the command says, at the services of this test, whose work is done whenever somebody looks how far it is."""

    class Here(Person):
        def __init__(self, name: str) -> None:
            self.name = name
            transport = httpx2.ASGITransport(app=Starlette(routes=[Mount("/interchange", files.service.app)]))
            self._http = httpx2.AsyncClient(transport=transport, base_url="http://th")

        def _fresh(self) -> str:
            role = "exporting_machine" if self.name == FETCHES else self.name.partition(".")[2]
            return files.as_(role, sub=self.name)["Authorization"].removeprefix("Bearer ")

        async def get(self, path, **params):
            while await files.work():
                pass
            return await super().get(path, **params)

    monkeypatch.setattr(corridor.export, "Person", Here)
    return Here


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def screen() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=200), out


async def test_the_cases_are_in_a_file_for_this_user_alone_and_nothing_is_left_to_fetch(
    files, person, folder
):
    await imported(files, table(row(cor_ExternalId="7")))
    file, (console, out) = folder / "cases.csv", screen()
    assert await export_file(file, FETCHES, {"format": "csv"}, console)
    assert "Sokha" in file.read_text()
    assert (stat.S_IMODE(file.stat().st_mode), [*folder.iterdir()]) == (0o600, [file])
    assert f"1 cases are in {file}." in out.getvalue()
    assert await count(files, "interchange.export_parts") == 0


async def test_what_is_not_in_the_file_is_named_and_the_command_says_so_by_its_code(files, person, folder):
    await imported(files, b"cor_FullName\nSokha Chan\n")
    console, out = screen()
    whole = await export_file(folder / "cases.xlsx", "th.supervisor", {"format": "workbook"}, console)
    assert (whole, "not in it, or not as it is known" in out.getvalue()) == (False, True)


async def test_an_export_that_is_ended_before_it_is_fetched_leaves_no_file(
    files, person, folder, monkeypatch
):
    async def gone(self, path, **params):
        return {"state": "gone", "reason": None, "cases": 0}

    monkeypatch.setattr(person, "get", gone)
    with pytest.raises(ExportFailedError, match="no file was made: gone"):
        await export_file(folder / "cases.csv", "th.supervisor", {"format": "csv"}, screen()[0])
    assert [*folder.iterdir()] == []
    while await files.work():
        pass
    assert await count(files, "interchange.export_parts") == 0


async def test_a_file_that_is_there_is_not_called_missing_when_the_service_does_not_say_that_its_own_is_gone(
    files, person, folder, monkeypatch
):
    async def silent(self, path):
        raise NoStackError("cell TH does not answer")

    monkeypatch.setattr(person, "delete", silent)
    await imported(files, table(row(cor_ExternalId="7")))
    file, (console, out) = folder / "cases.csv", screen()
    stale = folder / ".cases.csv.part"
    stale.write_text("of a process that was killed")
    assert await export_file(file, FETCHES, {"format": "csv"}, console)
    assert (stale.exists(), "the service's own copy" in out.getvalue()) == (False, True)


async def test_what_a_killed_process_left_is_removed_before_anything_else(files, person, folder, monkeypatch):
    async def away(self, path, body=None, **kwargs):
        raise NoStackError("cell TH does not answer")

    monkeypatch.setattr(person, "post", away)
    (folder / ".cases.csv.part").write_text("of a process that was killed")
    with pytest.raises(NoStackError):
        await export_file(folder / "cases.csv", FETCHES, {"format": "csv"}, screen()[0])
    assert [*folder.iterdir()] == []


@pytest.mark.parametrize(("whole", "code"), [(True, 0), (False, 3)])
def test_the_exit_code_says_whether_everything_is_in_it(monkeypatch, tmp_path, whole, code):
    async def exported(*_: object) -> bool:
        return whole

    monkeypatch.setattr(corridor.export, "export_file", exported)
    ran = CliRunner().invoke(app, ["export", str(tmp_path / "cases.csv")])
    assert ran.exit_code == code


def test_a_file_that_is_there_is_not_replaced_unasked(tmp_path):
    (tmp_path / "cases.csv").write_text("mine")
    ran = CliRunner().invoke(app, ["export", str(tmp_path / "cases.csv")])
    assert (ran.exit_code, "is there already" in ran.output) == (1, True)
    assert (tmp_path / "cases.csv").read_text() == "mine"


def test_a_format_that_there_is_not_is_a_mistake_of_usage(tmp_path):
    assert CliRunner().invoke(app, ["export", str(tmp_path / "x"), "--format", "pdf"]).exit_code == 2
