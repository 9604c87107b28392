"""A person is looked for by what is known, cases that may be of one person are compared side by side, and the decision is taken back."""

import pytest

from contracts.codes import LANGUAGES

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAME = "Kanarie Sreyneath"
SCRIPT = '"><script>alert("she")</script>'


async def signed_in(workplace, who="th.worker"):
    browser = workplace.browser()
    await browser.sign_in(who)
    return browser


async def looked_for(browser, **typed):
    return await browser.send((await browser.get("/console/search")).form("/search"), **typed)


async def two(workplace):
    """Two cases that may be of one person."""
    fields = {"cor_FullName": NAME, "prs_Birthdate": "1999-03-09"}
    return await workplace.case(fields), await workplace.case(fields)


async def test_a_person_is_found_by_a_part_of_the_name_and_nothing_of_it_stands_in_an_address(workplace):
    case, browser = await workplace.case({"cor_FullName": NAME}), await signed_in(workplace)
    assert "Look for a person" in (await browser.get("/console/cases")).links
    found = await looked_for(browser, name="kanarie sreyneat", born="1999~")
    assert (found.status, NAME in found.text, f"/console/cases/{case}" in found.html) == (200, True, True)
    assert not any("kanarie" in address.lower() for address in browser.asked)
    stranger = await signed_in(workplace, "th.other-worker")
    theirs, nobody = [await looked_for(stranger, name=name) for name in (NAME, "Qwxzjv Ptkrm")]
    assert ("Nobody whom you may see is like this." in theirs.text, NAME in theirs.text) == (True, False)
    assert "Nobody whom you may see is like this." in nobody.text


async def test_what_cannot_be_looked_for_is_told_beside_it_and_stays_typed(workplace):
    browser = await signed_in(workplace)
    for typed, field, said in (
        ({}, "name", "Write at least a name"),
        ({"born": "1999"}, "name", "Write at least a name"),
        ({"telephone": "1"}, "telephone", "too short to find anybody by"),
        ({"name": NAME, "own_number": "A-1"}, "own_number", "Your own number is looked for alone"),
        ({"name": NAME, "born": SCRIPT}, "born", "This cannot be read as it is written"),
    ):
        told = await looked_for(browser, **typed)
        assert (told.status, told.html.count(said), f'href="#{field}"' in told.html) == (422, 2, True), typed
        assert typed.items() <= dict(told.form("/search").fields).items()
        assert "<script" not in told.html


async def test_two_are_said_to_be_one_and_that_is_taken_back(workplace):
    (case, other), browser = await two(workplace), await signed_in(workplace)
    alike = await browser.get(f"/console/cases/{case}/duplicates")
    where = f"/console/pairs/{case}.{other}"
    assert where in alike.links.values()
    pair = await browser.get(where)
    assert (pair.text.count(NAME), "the same" in pair.text, "Undecided" in pair.text) == (2, True, True)
    form = (await browser.get(pair.links["Are both about the same person?"])).form("decide_pair")
    empty = await browser.send(form)
    assert (empty.status, empty.html.count("Choose the reason")) == (422, 2)
    for _ in range(2):
        done = await browser.send(form, decision="same-person", reason="own-word")
        assert ("Both cases say so." in done.text, "The same person" in done.text, "leads" in done.text) == (
            True,
            True,
            True,
        )
    back = (await browser.get(f"{where}/decide_pair")).form("decide_pair")
    undone = await browser.send(back, decision="undecided", reason="mistake")
    assert "Undecided" in undone.text
    stranger = await signed_in(workplace, "th.other-worker")
    for path in (
        where,
        f"/console/cases/{case}/duplicates",
        f"{where}/decide_pair",
        f"/console/cases/{case}/access-report",
    ):
        assert (await stranger.get(path)).status == 404, path


async def test_the_pages_of_finding_are_in_the_language_of_their_reader_and_small(workplace):
    (case, other), browser = await two(workplace), await signed_in(workplace)
    for language in LANGUAGES:
        await browser.http.post("/console/language", data={"language": language})
        for path in (
            "/console/search",
            f"/console/cases/{case}/duplicates",
            f"/console/pairs/{case}.{other}",
        ):
            shown = await browser.get(path)
            assert (shown.status, len(shown.html.encode()) < 40_000) == (200, True), path
            assert ("Exit this page" in shown.text) == (language == "en")
