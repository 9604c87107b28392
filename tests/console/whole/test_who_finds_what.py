"""Who finds which page and may send which form: what is somebody else's looks like what is not there, and does nothing."""

import pytest

from chassis.web.routes import every_route
from services.console.commands import COMMANDS
from services.console.serving import pages
from tests.console.whole.table import BUTTONS, EVERY_PAGE, FORM, FORMS, OPEN, PAGES, SENT
from tests.console.whole.things import PEOPLE

pytestmark = pytest.mark.asyncio(loop_scope="session")
HEADERS = {
    "cache-control": "no-store",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
}
NOWHERE = "/console/cases/00000000-0000-4000-8000-000000000000"


def routes(method: str) -> set[str]:
    """The paths of the pages; a kind that is said with a name in a path is no part of it."""
    found = every_route(pages().app.app.routes)
    return {route.path.replace(":int}", "}") for route in found if method in route.methods}


async def test_every_page_and_every_form_stands_in_the_table():
    assert routes("GET") == {*PAGES, *OPEN, FORM}
    assert routes("POST") == {*SENT, *BUTTONS, FORM}
    assert COMMANDS.keys() == FORMS.keys()


@pytest.mark.parametrize("name", PEOPLE)
async def test_each_finds_what_is_theirs_and_nothing_else(whole, name):
    browser = await whole.as_person(name)
    nowhere = await browser.get(NOWHERE)
    wrong = {}
    for page, row in EVERY_PAGE.items():
        found = await browser.get(row.at(whole))
        expected = 200 if name in row.found_by else 404
        if found.status != expected or (expected == 404 and found.text != nowhere.text):
            wrong[page] = found.status
        headers = found.answer.headers
        assert HEADERS.items() <= dict(headers).items(), page
        policy = headers["content-security-policy"]
        assert ("frame-ancestors 'none'" in policy, "script-src" in policy, "unsafe" in policy) == (
            True,
            False,
            False,
        )
    assert wrong == {}
