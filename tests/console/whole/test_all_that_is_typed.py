"""What is typed into any field of any form: it is text wherever it is shown, and stands nowhere else."""

import pytest
from markupsafe import escape

from services.console.consenting.questions import STEPS
from tests.console.whole.making import asked_of
from tests.console.whole.table import FORMS, PAGES, form_of
from tests.console.whole.visits import Visits

pytestmark = pytest.mark.asyncio(loop_scope="session")
MARK = "Qzxkonsole"
SCRIPT = f"{MARK}\"'></textarea></title><script>alert(1)</script>"
STEPS_OF_AN_INTAKE = range(1, 12)


async def everything_typed(whole) -> list:
    """The mark is typed into every field of every form; the answers."""
    answers = []
    for verb, row in FORMS.items():
        browser = await whole.as_person(min(row.found_by))
        form = await form_of(browser, verb, await row.anew(whole))
        if form.texts:
            answers.append(await browser.send(form, **form.filled(SCRIPT)))
    officer, draft = await whole.as_person("th.officer"), PAGES["/drafts/{draft_id}"].at(whole)
    for number in STEPS_OF_AN_INTAKE:
        form = (await officer.get(f"{draft}/{number}")).form(f"/{number}")
        answers.append(await officer.send(form, **form.filled(SCRIPT)))
    worker, auditor = await whole.as_person("th.worker"), await whole.as_person("th.auditor")
    found = await worker.get("/console/cases")
    answers.append(await worker.send(found.form("/cases/find"), reference=SCRIPT))
    search = (await auditor.get("/console/audit")).form("/audit/search")
    for ending in ("search", "export"):
        search.action = f"/console/audit/{ending}"
        answers.append(await auditor.send(search, **dict.fromkeys(search.texts, SCRIPT)))
        answers.append(await auditor.send(search, actor=SCRIPT))
    return answers


async def asked_her(whole) -> list:
    """The mark is typed into every step of asking her, up to what is saved."""
    worker, pages = await whole.as_person("th.worker"), []
    page = await worker.get(f"/console/cases/{await asked_of(whole)}/record_consent")
    while page.answer.request.url.path.endswith("record_consent"):
        assert len(pages) < 2 * len(STEPS), page.text
        form = page.form("record_consent")
        spoken = {"method": "spoken-before-witness"} if "method" in form.options else {}
        own_day = {name: "" for name in form.texts if name.startswith("until_day")}
        page = await worker.send(form, **{**form.filled(SCRIPT), **spoken, **own_day})
        pages.append(page)
    assert "What she answered was saved." in page.text
    return pages


async def test_what_is_typed_is_text_everywhere_and_stands_in_no_address_log_span_cookie_or_row(
    whole, spans, capfd
):
    answers = [*await everything_typed(whole), *await asked_her(whole)]
    shown = [page async for name, page in Visits(whole, "en").of_table()]
    whole.made["draft_id"] = await whole.make(
        "draft_id"
    )  # one in which nothing is ticked, for whoever comes after
    for page in [*answers, *shown]:
        assert "<script" not in page.html, page.answer.url
        assert MARK not in str(page.answer.headers)
    assert sum(MARK in page.html for page in answers) > 10  # it stands in the forms that were refused
    assert (
        sum(str(escape(SCRIPT)) in page.html for page in shown) >= 2
    )  # and where it was kept: the note, the intake
    out, err = capfd.readouterr()
    whole.console.service.telemetry.provider.force_flush()
    rows = await whole.run("console", "select t::text from console.sessions t")
    browsers = whole.known.values()
    places = {
        "addresses": [address for browser in browsers for address in browser.asked],
        "cookies": [str(dict(browser.http.cookies)) for browser in browsers],
        "logs": [out, err],
        "rows": [row.t for row in rows],
        "spans": [body.decode("latin-1") for body in spans.bodies],
    }
    for where, texts in places.items():
        assert any(texts), where
        assert not any(MARK in text for text in texts), where
