"""Whoever connects another system finds where everything is described, and the code lists; what is sought stands in no address."""

import pytest

from contracts.codes import LANGUAGES, labels, names

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def signed_in(workplace, name="th.auditor"):
    browser = workplace.browser()
    await browser.sign_in(name)
    return browser


async def test_everybody_who_is_signed_in_finds_where_the_interface_is_described(workplace):
    for name in ("th.officer", "th.worker", "th.auditor", "th.operator"):
        browser = await signed_in(workplace, name)
        page = await browser.get((await browser.get("/console/")).links["Interface for programs"])
        assert page.status == 200
        for word in ("/intake/openapi.json", "GET /v1/asyncapi", "GET /v1/codes", "Sunset", "CHANGELOG.md"):
            assert word in page.text, word
        described = await browser.http.get(page.links["/intake/openapi.json"])
        assert "paths" in described.json()
    assert "Sign in" in (await workplace.browser().get("/console/interface")).links
    assert "Sign in" in (await workplace.browser().get("/console/codes/need")).links


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_code_list_is_there_with_its_labels_in_the_readers_language(workplace, language):
    browser = await signed_in(workplace)
    await browser.http.post("/console/language", data={"language": language})
    listed = await browser.get("/console/codes")
    assert set(names()) <= listed.links.keys()
    page = await browser.get(listed.links["need"])
    for code, label in labels("need", language).items():
        assert code in page.text
        assert label in page.text
    assert (await browser.get("/console/codes/nothing")).status == 404


async def test_a_code_is_found_by_its_label_and_what_was_typed_stands_in_no_address(workplace):
    browser = await signed_in(workplace)
    form = (await browser.get("/console/codes")).form("/codes/find")
    found = await browser.send(form, sought="Brother OR sister")
    assert ("sibling" in found.text, "dependant_relation" in found.links) == (True, True)
    assert "need" not in found.links
    none = await browser.send(found.form("/codes/find"), sought='"><script>')
    assert ("No list, code or label has this in it." in none.text, "<script" in none.html) == (True, False)
    assert "script" not in " ".join(browser.asked)
    other = await signed_in(workplace, "th.worker")
    planted = await other.send(form, sought="x", token="another-value")
    assert planted.status == 400
    assert (await browser.get("/console/codes/find")).status == 200
