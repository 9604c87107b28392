"""The pages of an auditor: a search, one page per case, the state of the log, and a file."""

import hashlib
import json
import re
from uuid import UUID, uuid4

import pytest

from contracts.codes import LANGUAGES
from contracts.events.access import AttemptRefusedV1, RecordReadV1
from contracts.events.consent import DisclosureRecalledV1
from tests.audit.test_api import authorised, given
from tests.console.test_pages import ACTIVE, LATER_VIEW

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert(1)</script>'


async def a_logged_case(workplace) -> UUID:
    case, disclosure = uuid4(), uuid4()
    told = authorised(case, disclosure)
    about = {"case_id": case, "disclosure_id": disclosure, "referral_id": told.referral_id}
    for event, publisher in (
        (given(case), "consent"),
        (told, "consent"),
        (DisclosureRecalledV1(**about, reason="withdrawn"), "consent"),
        (RecordReadV1(case_id=case, resource="case-fields"), "intake"),
        (AttemptRefusedV1(case_id=case, action="referral.accept"), "referral"),
    ):
        await workplace.audit.deliver(event, publisher=publisher)
    return case


async def an_auditor(workplace):
    browser = workplace.browser()
    await browser.sign_in("th.auditor")
    return browser, await browser.get("/console/audit")


async def test_a_case_is_one_page_from_consent_to_recall_and_who_looked(workplace):
    case = await a_logged_case(workplace)
    browser, log = await an_auditor(workplace)
    assert "Recalled" in log.text
    page = await browser.get(f"/console/audit/cases/{case}")
    told = [
        page.text.index(word)
        for word in (
            "Given",
            "revision 1",
            "Agreement th-kh",
            "Recalled",
            "Case-file fields",
            "referral.accept",
        )
    ]
    assert (page.status, told) == (200, sorted(told))
    one = await browser.get(f"/console/audit/cases/{case}/consents")
    assert ("Given" in one.text, "Who looked" in one.text) == (True, False)
    assert (await browser.get(f"/console/audit/cases/{case}/secrets")).status == 404
    assert (await browser.get(f"/console/audit/cases/{uuid4()}")).status == 404


async def test_what_an_auditor_types_stands_in_no_address_and_finds_what_was_logged(workplace):
    await a_logged_case(workplace)
    browser, log = await an_auditor(workplace)
    form = log.form("/audit/search")
    found = await browser.send(form, actor="test", event="record.read.v1", first_day="2020-01-01")
    assert (found.status, "Somebody read data of a case" in found.text) == (200, True)
    assert dict(found.form("/audit/search").fields)["event"] == "record.read.v1"
    unknown = await browser.send(found.form("/audit/search"), actor="nobody-of-ours")
    assert (unknown.status, "Nothing was ever logged of this here." in unknown.text) == (422, True)
    wrong = await browser.send(form, actor=SCRIPT, first_day=SCRIPT, about=SCRIPT)
    assert (wrong.status, "<script" in wrong.html, wrong.html.count("This is not a date")) == (422, False, 2)
    assert dict(wrong.form("/audit/search").fields)["actor"] == SCRIPT
    refused = await browser.send(form, about="no-identifier")
    assert refused.html.count("This is not written as it has to be.") == 2
    assert "nobody-of-ours" not in "".join(browser.asked)


async def test_a_file_has_the_bytes_and_the_hash_of_the_log(workplace):
    case = await a_logged_case(workplace)
    browser, log = await an_auditor(workplace)
    found = await browser.send(log.form("/audit/search"), reference=str(case))
    form = found.form("/audit/export")
    file = await browser.http.post(form.action, data=dict(form.fields))
    *_, last = file.content.splitlines(keepends=True)
    told = json.loads(last)["export"]
    assert file.headers["content-disposition"].startswith('attachment; filename="corridor-th-audit-')
    assert told["sha256"] == hashlib.sha256(file.content.removesuffix(last)).hexdigest()
    wide = await browser.send(log.form("/audit/search"), event="record.read.v1")
    refused = await browser.send(wide.form("/audit/export"))
    assert (refused.status, "at most 31 days apart" in refused.text) == (422, True)


async def test_the_log_is_computed_anew_once_however_often_it_is_pressed(workplace):
    browser, log = await an_auditor(workplace)
    form = (await browser.get(log.links["Compute the log anew"])).form("start_verification")
    for _ in range(2):
        begun = await browser.send(form)
        assert "It has begun." in begun.text
    assert begun.text.count("Still computing") == 1


async def test_the_log_of_an_auditor_is_not_there_for_others(workplace):
    browser, log = await an_auditor(workplace)
    worker = workplace.browser()
    await worker.sign_in("th.worker")
    token = dict((await worker.get("/console/")).form("/sign-out").fields)["token"]
    for path in ("/audit/search", "/audit/export"):
        answer = await worker.http.post(f"/console{path}", data={"token": token, "actor": "test"})
        assert answer.status_code == 404
    assert (await browser.get("/console/cases")).status == 404
    planted = log.form("/audit/search")
    assert (await worker.send(planted, actor="test")).status == 400


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_those_who_watch_are_in_the_language_of_the_reader_small_and_run_nothing(
    workplace, language
):
    case = await a_logged_case(workplace)
    paths = {
        "th.supervisor": ["/team", "/team/ours/assign_cases", "/leaves", "/leaves/ours/plan_leave"],
        "th.auditor": ["/audit", "/audit/ours/start_verification", f"/audit/cases/{case}"],
        "th.operator": ["/services"],
    }
    for name, theirs in paths.items():
        browser = workplace.browser()
        await browser.sign_in(name)
        await browser.http.post("/console/language", data={"language": language})
        pages = [await browser.get(f"/console{path}") for path in theirs]
        if name == "th.auditor":
            pages.append(await browser.send(pages[0].form("/audit/search"), actor="test"))
        for page in pages:
            assert (page.status, re.search(r'<html lang="(\w+)"', page.html)[1]) == (200, language), page.text
            assert ACTIVE.findall(page.html) == []
            assert len(page.html.encode()) < LATER_VIEW
            assert "&lt;" not in page.html
