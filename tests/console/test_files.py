"""Files of cases: one that comes in is looked at before it is imported and kept nowhere here; one that goes out is its asker's alone."""

import csv
import io
import re
import tempfile
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Mount

from chassis.problems import TooLarge
from contracts.casefile.file_limits import MOST_FILE_BYTES
from deploy.local.testing import Databases
from services.console.api.imports import PATH
from services.console.refusals import OF_A_FILE, OF_A_ROW
from services.console.uploading import FORM_OVERHEAD, MOST_READ, limited
from services.interchange import app as interchange
from services.interchange.domain.cells import NoValue
from services.interchange.settings import Settings as InterchangeSettings
from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER, ORIGIN
from tests.console.test_forms import away
from tests.harness import running

pytestmark = pytest.mark.asyncio(loop_scope="session")
HEADING = ["cor_ExternalId", "prs_FirstName", "prs_Gender", "prs_Birthdate"]
SCRIPT = "<script>alert('she')</script>"
CANARY = "Kanarie-Chan"


def table(*rows: list[str], heading=HEADING) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([heading, *rows])
    return out.getvalue().encode()


def good(number: object, name=CANARY) -> list[str]:
    return [f"A-{number}", name, "Feminine", "1998"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def files(workplace, postgres_dsn, tmp_path_factory):
    """Interchange beside the workplace, for the pages and for nobody else."""
    databases, pages = Databases(postgres_dsn), workplace.console.service
    own = {"keys": workplace.console.keys, "issuer": ISSUER, "peers": {"intake": "http://intake"}}
    async with running(
        "interchange", interchange.build, interchange.VERSIONS, InterchangeSettings, databases,
        tmp_path_factory.mktemp("interchange"), **own,
    ) as harness:  # fmt: skip
        inner = httpx2.ASGITransport(app=workplace.intake.service.app, raise_app_exceptions=False)
        harness.service.peers.http = httpx2.AsyncClient(transport=inner)
        app = Starlette(routes=[Mount("/interchange", harness.service.app), Mount("/", workplace.app)])
        before = pages.peers.http
        pages.peers.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        pages.settings.peers["interchange"] = f"{ORIGIN}/interchange"
        yield harness
        pages.peers.http = before
        del pages.settings.peers["interchange"]
    await databases.drop_all()


@pytest.fixture
def rolled(monkeypatch):
    """The temporary files that would have gone to disk."""
    found = []
    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", found.append)
    return found


async def somebody(workplace, name="th.officer"):
    browser = workplace.browser()
    await browser.sign_in(name)
    return browser


async def at_the_file(workplace, name="th.officer"):
    browser = await somebody(workplace, name)
    page = await browser.get(f"/console{PATH}")
    assert page.status == 200, page.text
    return browser, page.form("start_import")


async def test_a_file_is_looked_at_first_then_imported_and_every_row_leads_to_its_case(
    workplace, files, rolled
):
    content = table(good(1), good(2), ["A-3", SCRIPT, "Nobody", "1998"], ["A-4", "Sok", "Feminine", "in May"])
    browser, form = await at_the_file(workplace)
    looked = await browser.send_file(form, content, f"{CANARY}.csv")
    assert (looked.status, "Nothing was imported yet." in looked.text) == (200, True)
    assert "This is not one of the values that are allowed" in looked.text
    assert "This is no date. Write it like" in looked.text
    assert 'href="#allowed-prs_Gender"' in looked.html
    assert 'id="allowed-prs_Gender"' in looked.html
    assert "<script" not in looked.html
    assert CANARY not in looked.html
    assert (await browser.get("/console/imports")).text.count("rows") == 0
    loading = looked.form("start_import")
    for _ in range(2):  # sent twice it is one import
        begun = await browser.send_file(loading, content, "again.csv")
        assert (begun.status, "The import has begun." in begun.text) == (200, True)
    assert "Look how far it is" in begun.links
    while await files.work():
        pass
    page = await browser.get(begun.links["Look how far it is"])
    assert "Look how far it is" not in page.links
    assert "4 of 4 rows" in page.text
    refused = await browser.get(page.links["Not taken"])
    assert ("Gender" in refused.text, "Birthdate" in refused.text) == (True, True)
    opened = await browser.get(page.links["Became a case"])
    assert opened.text.count("Became a case") >= 3
    listed = await browser.get("/console/imports")
    assert "New cases: 2. Already here: 0. Not taken: 2" in listed.text
    assert rolled == []
    assert CANARY not in " ".join(browser.asked)
    again = await browser.send_file((await browser.get(f"/console{PATH}")).form("start_import"), content, "x")
    assert "There is nothing in it to import." in again.text
    assert re.search(r"Line 2 ?: TH-", again.text), again.text


async def test_another_file_than_the_one_that_was_looked_at_is_not_imported(workplace, files):
    browser, form = await at_the_file(workplace)
    looked = await browser.send_file(form, table(good(11)), "one.csv")
    before = (await browser.get("/console/imports")).text
    told = await browser.send_file(looked.form("start_import"), table(good(12), good(13)), "two.csv")
    assert "This is not the file that was looked at before." in told.text
    assert "Become new cases 2" in told.text
    assert (await browser.get("/console/imports")).text == before
    changed = await browser.send_file(
        looked.form("start_import"), table(good(11)), "one.csv", same_rows="yes"
    )
    assert "This is not the file that was looked at before." in changed.text
    assert (await browser.get("/console/imports")).text == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Choose a file"),
        (b"", "Choose a file"),
        (b"%PDF-1.7 \x00", "This is neither CSV nor XLSX"),
        (table(["x"], heading=["prs_Shoe"]), "A column is no field of the standard."),
        (table(["x", "y"], heading=["prs_FirstName", "prs_FirstName"]), "Two columns are the same field."),
        (b"a" * (MOST_FILE_BYTES + 1), "The file is larger than 5 MB."),
        (b"a" * (3 * MOST_FILE_BYTES), "The file is larger than 5 MB."),
    ],
    ids=["none", "nothing in it", "no table", "unknown column", "column twice", "a little too large", "far too large"],
)  # fmt: skip
async def test_what_is_wrong_with_a_file_is_said_beside_it_and_what_else_was_chosen_stays(
    workplace, files, content, said
):
    browser, form = await at_the_file(workplace)
    told = await browser.send_file(form, content, f"{CANARY}.csv", same_rows="yes")
    assert (told.status, told.html.count(said)) == (422, 2)
    assert 'href="#file"' in told.html
    assert dict(told.form("start_import").fields)["same_rows"] == "yes"
    assert CANARY not in told.html


class Endless:
    """A request whose body does not end; `held` is what was kept of it."""

    read = held = 0

    async def stream(self):
        while True:
            self.read += 1_000_000
            yield b"a" * 1_000_000

    async def keep(self):
        async for part in limited(self):
            self.held += len(part)


async def test_of_a_file_without_end_no_more_is_held_than_one_may_have_and_reading_stops():
    body = Endless()
    with pytest.raises(TooLarge):
        await body.keep()
    assert body.held <= MOST_FILE_BYTES + FORM_OVERHEAD
    assert body.read <= MOST_READ + 1_000_000


async def test_no_file_chosen_the_second_time_is_asked_for_again_and_the_look_still_counts(workplace, files):
    browser, form = await at_the_file(workplace)
    looked = await browser.send_file(form, table(good(21)), "one.csv")
    told = await browser.send_file(looked.form("start_import"), None, "")
    assert told.html.count("Choose a file") == 2
    begun = await browser.send_file(told.form("start_import"), table(good(21)), "one.csv")
    assert "The import has begun." in begun.text


async def test_while_interchange_is_away_nothing_is_lost_and_nothing_doubled(workplace, files):
    browser, form = await at_the_file(workplace)
    loading = (await browser.send_file(form, table(good(31)), "one.csv")).form("start_import")
    with away(workplace, "interchange"):
        told = await browser.send_file(loading, table(good(31)), "one.csv")
    assert (told.status, "could not be saved at the moment" in told.text) == (503, True)
    again = told.form("start_import")
    assert dict(again.fields)["key"] == dict(loading.fields)["key"]
    assert "The import has begun." in (await browser.send_file(again, table(good(31)), "one.csv")).text


async def test_a_file_in_a_form_of_another_session_or_after_its_end_does_nothing(workplace, files):
    browser, form = await at_the_file(workplace)
    looked = (await browser.send_file(form, table(good(41)), "one.csv")).form("start_import")
    other, _ = await at_the_file(workplace)
    before = (await other.get("/console/imports")).text
    told = await other.send_file(looked, table(good(41)), "one.csv")
    assert (told.status, "You have signed in again since" in told.text) == (422, True)
    await browser.send((await browser.get("/console/")).form("/sign-out"))
    over = await browser.send_file(looked, table(good(41)), "one.csv", same_rows="yes")
    assert (over.status, "You were signed out" in over.text) == (401, True)
    await browser.sign_in("th.officer")
    again = await browser.send(over.form("start_import"))
    assert dict(again.form("start_import").fields)["same_rows"] == "yes"
    assert (await other.get("/console/imports")).text == before
    cross = {"Sec-Fetch-Site": "cross-site"}
    planted = await other.http.post(form.action, data=dict(form.fields), files={"file": b"x"}, headers=cross)
    assert planted.status_code == 403


async def test_a_file_of_cases_is_made_fetched_by_its_asker_alone_and_destroyed(workplace, files):
    await workplace.case({"cor_FullName": CANARY})
    browser = await somebody(workplace, "th.worker")
    form = (await browser.get("/console/exports/ours/start_export")).form("start_export")
    told = await browser.send(form)
    assert (told.status, told.html.count("Choose a kind of file")) == (422, 2)
    for _ in range(2):
        made = await browser.send(told.form("start_export"), format="csv")
        assert "The file is being made." in made.text
    address = str(made.answer.url.path)
    while await files.work():
        pass
    page = await browser.get(address)
    assert ("Ready" in page.text, "Fetch the file" in page.links) == (True, True)
    file = await browser.http.get(page.links["Fetch the file"])
    assert (file.status_code, CANARY in file.text) == (200, True)
    assert "attachment" in file.headers["content-disposition"]
    assert file.headers["cache-control"] == "no-store"
    other = await somebody(workplace, "th.supervisor")
    assert {(await other.get(where)).status for where in (address, page.links["Fetch the file"])} == {404}
    gone = await browser.send((await browser.get(page.links["Destroy this file"])).form("discard_export"))
    assert ("The file was destroyed." in gone.text, "Fetch the file" in gone.links) == (True, False)
    assert (await browser.get(page.links["Fetch the file"])).status == 404


@pytest.mark.parametrize(
    ("name", "imports", "exports"),
    [("th.officer", 200, 404), ("th.worker", 404, 200), ("th.auditor", 404, 404), ("th.operator", 404, 404)],
)
async def test_files_are_there_for_whoever_may_take_in_or_out_and_for_nobody_else(
    workplace, files, name, imports, exports
):
    browser = await somebody(workplace, name)
    home = await browser.get("/console/")
    assert ("Imports" in home.links, "Files of cases" in home.links) == (imports == 200, exports == 200)
    for address in ("/console/imports", f"/console{PATH}"):
        assert (await browser.get(address)).status == imports
    for address in ("/console/exports", "/console/exports/ours/start_export"):
        assert (await browser.get(address)).status == exports


async def test_a_large_form_is_refused_wherever_no_file_is_taken(workplace):
    browser = await somebody(workplace)
    form = SentForm("/console/language", "post", [("language", "en"), ("more", "a" * 300_000)])
    assert (await browser.send(form)).status == 413


async def test_every_reason_of_interchange_has_words():
    named = Path("docs/imports.md").read_text().partition("## Refused by name")[2].partition("**Identity")[0]
    rows, _, whole = named.partition("The file as a whole:")
    reasons = set(re.findall(r"`([a-z][a-z-]+[a-z])`", rows)) - {"same_rows=separate"}
    assert (reasons | set(NoValue)) - OF_A_ROW.keys() == set()
    code = "".join(path.read_text() for path in Path("services/interchange").rglob("*.py"))
    assert set(re.findall(r'BadFile\(\s*"([a-z-]+)"', code)) - OF_A_FILE.keys() == set()
    assert set(re.findall(r"`([a-z][a-z-]+[a-z])`", whole)) - OF_A_FILE.keys() == set()
