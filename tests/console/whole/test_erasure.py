"""She asks to be erased: she can take it back, a second person decides, and sees before what it does."""

import pytest

from tests.console.whole.making import erasure, free

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_she_asks_takes_it_back_and_asks_again_and_nobody_decides_on_their_own_word(whole):
    worker, case = await whole.as_person("th.worker"), await free(whole)
    page = await worker.get(f"/console/cases/{case}/erasures")
    form = (await worker.get(page.links["She asks that everything about her be erased"])).form(
        "request_erasure"
    )
    none = await worker.send(form)
    assert (none.status, none.html.count("Write what she said")) == (422, 2)
    page = await worker.send(none.form("request_erasure"), reason="She wants to begin anew.")
    assert ("It is asked for." in page.text, "She wants to begin anew." in page.text) == (True, True)
    assert "Confirm it as the second person" not in page.links
    back = await worker.get(page.links["She does not want it any more"])
    page = await worker.send(back.form("cancel_erasure"))
    assert "Her request was taken back. Nothing is erased." in page.text
    assert "She asks that everything about her be erased" in page.links


async def test_a_second_person_sees_what_goes_and_erases_her(whole):
    case = (await erasure(whole)).partition(".")[0]
    supervisor = await whole.as_person("th.supervisor")
    page = await supervisor.get(f"/console/cases/{case}/erasures")
    confirming = await supervisor.get(page.links["Confirm it as the second person"])
    assert ("What goes" in confirming.text, "Nothing brings it back" in confirming.text) == (True, True)
    page = await supervisor.send(confirming.form("confirm_erasure"))
    assert "It is confirmed." in page.text
    assert "Confirm it as the second person" not in page.links


async def test_nothing_is_erased_without_having_seen_what_that_does(whole, monkeypatch):
    case = (await erasure(whole)).partition(".")[0]
    supervisor = await whole.as_person("th.supervisor")
    page = await supervisor.get(f"/console/cases/{case}/erasures")
    monkeypatch.delitem(whole.services["intake"].service.settings.peers, "consent")
    confirming = await supervisor.get(page.links["Confirm it as the second person"])
    assert ("This part does not answer" in confirming.text, "Erase everything about her" in confirming.html.partition("<form")[2].partition("confirm_erasure")[2]) == (True, False)  # fmt: skip


async def test_a_law_has_it_kept_and_is_named(whole):
    case = (await erasure(whole)).partition(".")[0]
    supervisor = await whole.as_person("th.supervisor")
    page = await supervisor.get(f"/console/cases/{case}/erasures")
    form = (await supervisor.get(page.links["A law requires everything to be kept"])).form("refuse_erasure")
    assert all(law.startswith("th-") for law in form.options["law"])
    page = await supervisor.send(form, law="th-archives")
    assert ("Nothing is erased." in page.text, "National Archives Act" in page.text) == (True, True)
