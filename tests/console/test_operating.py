"""The pages of an operator: services, what stands still, the border, and what another operator proposed."""

import json
import re
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy import text

from services.console.rendering import HERE
from services.directory.forms import StaffFile
from services.directory.seeding import seed_staff
from services.exchange.domain.border import Closure
from tests.console.browsing import SentForm
from tests.console.conftest import ISSUER

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert(1)</script>'


async def an_operator(workplace, name="th.operator"):
    browser = workplace.browser()
    await browser.sign_in(name)
    return browser


async def run(harness, statement: str, **values) -> list:
    async with harness.service.database.engine.begin() as conn:
        found = await conn.execute(text(statement), values)
        return found.all() if found.returns_rows else []


async def failed_work(workplace) -> str:
    work_id = str(uuid4())
    statement = (
        "insert into chassis.work (id, kind, key, payload, state, attempts, due_at, last_error)"
        " values (:id, 'weigh', :key, '{}', 'failed', 12, now(), 'TimeoutError')"
    )
    await run(workplace.intake, statement, id=work_id, key=work_id)
    return work_id


async def test_work_that_failed_is_tried_again_with_a_reason_and_once(workplace):
    work_id, browser = await failed_work(workplace), await an_operator(workplace)
    services = await browser.get("/console/services")
    assert ("TimeoutError" in services.text, "Does not answer" in services.text) == (True, True)
    page = await browser.get(services.links["Try this work again"])
    told = await browser.send(page.form("retry_work"), ticket=SCRIPT)
    assert (told.status, told.html.count("Choose the reason"), "<script" in told.html) == (422, 2, False)
    form = told.form("retry_work")
    refused = await browser.send(form, reason="surroundings_mended")
    assert (refused.status, dict(refused.form("retry_work").fields)["ticket"]) == (422, SCRIPT)
    form = refused.form("retry_work")
    other = await an_operator(workplace, "th.other-operator")
    planted = await other.send(SentForm(form.action, "post", form.fields), ticket="", reason="accepted")
    assert planted.status == 422
    for _ in range(2):
        done = await browser.send(form, reason="surroundings_mended", ticket="OPS-7")
        assert "It is tried again now." in done.text
    states = await run(workplace.intake, "select state from chassis.work where id = :id", id=work_id)
    assert [row.state for row in states] == ["due"]
    assert (await browser.get(form.action)).status == 404
    assert (await browser.get(f"/console/failed-work/{work_id}/retry_work")).status == 404


async def test_what_stands_still_for_one_cause_is_replayed_with_a_reason_and_once(workplace):
    reason = uuid4().hex
    statement = (
        'insert into chassis.parked (source, stream, sequence, topic, partition, "offset", headers, payload, reason)'
        " values ('/th/consent', :reason, 1, 'somewhere', 0, 0, '', '', :reason)"
    )
    await run(workplace.intake, statement, reason=reason)
    browser = await an_operator(workplace)
    services = await browser.get("/console/services")
    assert reason in services.text
    form = (await browser.get(services.links["Replay what stands still for this cause"])).form("start_replay")
    for _ in range(2):
        begun = await browser.send(form, reason="release_mended")
        assert "The replay has begun." in begun.text
    assert len(await run(workplace.intake, "select 1 from chassis.replays where reason = :r", r=reason)) == 1
    gone = form.action.replace(form.action.split(".")[1].split("/")[0], "0123456789ab")
    assert (await browser.get(gone)).status == 404


async def standing_still(workplace, *sequences: int) -> str:
    """The stream whose events stand still; its name is that of the cause."""
    stream = uuid4().hex
    for sequence in sequences:
        statement = (
            'insert into chassis.parked (source, stream, sequence, topic, partition, "offset", headers, payload, reason)'
            " values ('/th/consent', :stream, :sequence, 'somewhere', 0, 0, '', '', :stream)"
        )
        await run(workplace.intake, statement, stream=stream, sequence=sequence)
    return stream


async def test_a_gap_is_gone_over_where_whoever_says_so_has_counted_the_streams(workplace):
    stream, browser = await standing_still(workplace, 7), await an_operator(workplace)
    services = await browser.get("/console/services")
    cause = re.search(rf"{stream}.*?causes/(intake\.[0-9a-f]{{12}})/", services.html, re.DOTALL)[1]
    page = await browser.get(f"/console/causes/{cause}/start_replay")
    assert ("How many streams? 1" in page.text, stream in page.text) == (True, True)
    typed = {"reason": "accepted", "over_gap": "yes", "ticket": "OPS-3"}
    told = await browser.send(page.form("start_replay"), **typed)
    assert (told.status, 'href="#expected"' in told.html) == (422, True)
    wrong = await browser.send(told.form("start_replay"), expected="2")
    assert (wrong.status, "Somebody changed this meanwhile" in wrong.text) == (412, True)
    done = await browser.send(wrong.form("start_replay"), expected="1")
    assert "The replay has begun." in done.text
    found = await run(workplace.intake, "select over_gap from chassis.replays where reason = :r", r=stream)
    assert [row.over_gap for row in found] == [True]


async def test_an_event_is_given_up_with_a_reason_as_it_was_shown_and_the_first_of_its_stream_alone(
    workplace,
):
    stream, browser = await standing_still(workplace, 3, 4), await an_operator(workplace)
    listed = await browser.get("/console/parked/intake")
    entries = [one for one in re.findall(r"<li>.*?</li>", listed.html, re.DOTALL) if stream in one]
    assert ["Stands behind another" in one for one in entries] == [False, True]
    assert ["discard_parked_event" in one for one in entries] == [True, False]
    address = re.search(r'href="([^"]+/discard_parked_event)"', entries[0])[1]
    page = await browser.get(address)
    assert (stream in page.text, stream in address) == (True, False)
    told = await browser.send(page.form("discard_parked_event"))
    assert (told.status, told.html.count("Choose the reason")) == (422, 2)
    form = told.form("discard_parked_event")
    done = await browser.send(form, reason="superseded", ticket="OPS-8")
    assert "The event was given up." in done.text
    again = await browser.send(form, reason="superseded", ticket="OPS-8")
    assert (again.status, "This cannot be done any more." in again.text) == (404, True)
    statement = "select sequence, state from chassis.parked where stream = :stream order by sequence"
    states = await run(workplace.intake, statement, stream=stream)
    assert [(row.sequence, row.state) for row in states] == [(3, "discarded"), (4, "waiting")]
    assert (await browser.get(address)).status == 404
    worker = workplace.browser()
    await worker.sign_in("th.worker")
    for path in (address, "/console/parked/intake"):
        assert (await worker.get(path)).status == 404
    assert (await browser.get("/console/parked/nothing")).status == 503


async def test_what_another_operator_proposed_is_shown_and_confirmed_by_a_second_person_alone(workplace):
    operators = {"th.operator": ["operator"], "th.other-operator": ["operator"]}
    listed = StaffFile.model_validate({"organisations": {"th-operations": operators}})
    await seed_staff(workplace.directory.service, listed)
    proposing = workplace.directory.as_("operator", sub="th.operator", org="th-operations", iss=ISSUER)
    wish = {
        "change": "add-organisation",
        "organisation": "th-new-shelter",
        "name": SCRIPT,
        "ticket": "OPS-12",
    }
    wish |= {"role": "shelter", "type": "NGO"}
    made = await workplace.directory.client.post("/v1/proposals", json=wish, headers=proposing)
    assert made.status_code == 201, made.text
    own = await (await an_operator(workplace)).get("/console/proposals")
    assert ("OPS-12" in own.text, "Confirm this change" in own.links) == (True, False)
    browser = await an_operator(workplace, "th.other-operator")
    page = await browser.get((await browser.get("/console/proposals")).links["Confirm this change"])
    assert ("OPS-12" in page.text, "th-new-shelter" in page.text, "<script" in page.html) == (
        True,
        True,
        False,
    )
    withdrawing = await browser.get(page.form("confirm_proposal").action.replace("confirm_", "withdraw_"))
    for _ in range(2):
        done = await browser.send(page.form("confirm_proposal"))
        assert "The change was confirmed." in done.text
    late = await browser.send(withdrawing.form("withdraw_proposal"))
    assert late.status in {404, 409, 412}
    assert "Confirm this change" not in (await browser.get("/console/proposals")).links


class WithBorder(httpx2.AsyncBaseTransport):
    """Passes everything on, and answers itself in the place of exchange."""

    def __init__(self, others, answers) -> None:
        self.others, self.answers = others, answers

    async def handle_async_request(self, request):
        _, _, path = request.url.path.partition("/exchange")
        if path:
            return httpx2.Response(200, content=json.dumps({"items": self.answers.get(path, [])}))
        return await self.others.handle_async_request(request)


async def test_the_border_says_why_nothing_is_sealed_and_how_old_the_trust_is(workplace, monkeypatch):
    at = "2026-11-01T00:00:00Z"
    partner = {
        "cell": "KH", "present": False, "present_at": at, "window": 64, "waiting": 3, "trust_list_issued": at,
        "trust_list_stale": True, "broker_trouble": None, "gaps": 0, "chain_breaks": 0, "quarantined": 1,
        "closed": str(Closure.NOT_PRESENT),
    }  # fmt: skip
    agreement = {
        "id": "th-kh", "version": 2, "cells": ["TH", "KH"], "purposes": ["protection"], "valid_from": at,
        "valid_until": at, "suspended": True,
    }  # fmt: skip
    key = {
        "kid": "k" * 43, "organisation": "kh-reintegration-agency", "use": "sign", "not_before": at, "not_after": at,
        "listed": True, "lost_since": at,
    }  # fmt: skip
    answers = {"/v1/partners": [partner], "/v1/agreements": [agreement], "/v1/keys": [key]}
    peers, settings = workplace.console.service.peers, workplace.console.service.settings
    monkeypatch.setitem(settings.peers, "exchange", "https://workplace.test/exchange")
    monkeypatch.setattr(
        peers, "http", httpx2.AsyncClient(transport=WithBorder(peers.http._transport, answers))
    )
    page = await (await an_operator(workplace)).get("/console/border")
    for word in (
        "Cambodia",
        "the partner does not report",
        "3 of at most 64",
        "too old",
        "Suspended",
        "Lost",
        "k" * 43,
    ):
        assert word in page.text, word


async def test_each_reason_for_which_nothing_is_sealed_has_words_on_the_page():
    page = (HERE / "templates" / "border.html").read_text(encoding="utf-8")
    assert [one for one in Closure if f"'{one}': _(" not in page] == []


async def test_an_operator_proposes_a_change_that_nobody_makes_alone(workplace):
    operators = {"th.operator": ["operator"], "th.other-operator": ["operator"]}
    listed = StaffFile.model_validate({"organisations": {"th-operations": operators}})
    await seed_staff(workplace.directory.service, listed)
    browser = await an_operator(workplace)
    page = await browser.get((await browser.get("/console/proposals")).links["Propose a change"])
    told = await browser.send(page.form("propose_change"), organisation="th-lotus-shelter")
    assert (
        told.status,
        told.html.count("Choose what shall change"),
        told.html.count("Write the ticket"),
    ) == (422, 2, 2)
    typed = {"ticket": "OPS-77", "name": SCRIPT, "role": "shelter", "type": "NGO"}
    told = await browser.send(
        told.form("propose_change"), change="add-organisation", worker="th.worker", **typed
    )
    assert (told.status, told.html.count("Leave this empty for what was chosen")) == (422, 2)
    form = told.form("propose_change")
    assert dict(form.fields)["name"] == SCRIPT
    for _ in range(2):
        done = await browser.send(form, worker="", type="NGO")
        assert "The change was proposed." in done.text
    assert done.text.count("OPS-77") == 1
    assert "<script" not in done.html
    other = await (await an_operator(workplace, "th.other-operator")).get("/console/proposals")
    assert "Confirm this change" in other.links
    worker = workplace.browser()
    await worker.sign_in("th.worker")
    assert (await worker.get("/console/proposals/ours/propose_change")).status == 404


class ThatLosesKeys(WithBorder):
    """The same, which also notes what it is told to change."""

    def __init__(self, others, answers) -> None:
        super().__init__(others, answers)
        self.told = []

    async def handle_async_request(self, request):
        _, _, path = request.url.path.partition("/exchange")
        if path and request.method == "POST":
            self.told.append((path, json.loads(await request.aread()), request.headers.get("If-Match")))
            return httpx2.Response(201, content=json.dumps({"id": str(uuid4()), "version": 1}))
        if path in self.answers and isinstance(self.answers[path], dict):
            return httpx2.Response(200, content=json.dumps(self.answers[path]), headers={"ETag": '"3"'})
        return await super().handle_async_request(request)


async def test_a_key_that_was_lost_is_trusted_no_more_and_a_second_operator_looks_at_it(
    workplace, monkeypatch
):
    at, kid, distrust = "2026-11-01T00:00:00Z", "Ab_" + "k" * 39 + "-", str(uuid4())
    move = {"path": f"/v1/keys/{kid}/distrust", "verb": "distrust_key"}
    listed = {"organisation": "kh-reintegration-agency", "use": "sign", "not_before": at, "not_after": at}
    key = {"kid": kid, **listed, "listed": True, "lost_since": None, "moves": [move]}
    one = {
        "id": distrust, "kind": "key-lost", "state": "acting", "overdue": False, "key": kid, "organisation": None,
        "agreement_id": None, "agreement_version": None, "since": at, "ticket": "OPS-9", "declared_by": "th.operator",
        "declared_at": at, "due_at": at, "moves": [{"path": f"/v1/distrusts/{distrust}/confirm", "verb": "confirm_distrust"}],
    }  # fmt: skip
    answers = {"/v1/keys": [key], "/v1/distrusts": [one], f"/v1/distrusts/{distrust}": one}
    peers, settings = workplace.console.service.peers, workplace.console.service.settings
    border = ThatLosesKeys(peers.http._transport, answers)
    monkeypatch.setitem(settings.peers, "exchange", "https://workplace.test/exchange")
    monkeypatch.setattr(peers, "http", httpx2.AsyncClient(transport=border))
    browser = await an_operator(workplace)
    page = await browser.get("/console/border")
    form = (await browser.get(page.links["This key was lost"])).form("distrust_key")
    told = await browser.send(form)
    assert (told.html.count("Write when it was lost"), told.html.count("Write the ticket")) == (2, 2)
    done = await browser.send(told.form("distrust_key"), since="2026-11-20T09:30", ticket="OPS-9")
    assert "The key counts no more here." in done.text
    lost = {"since": "2026-11-20T09:30:00+07:00", "ticket": "OPS-9"}
    assert border.told == [(f"/v1/keys/{kid}/distrust", lost, None)]
    confirming = await browser.get(done.links["Confirm that it counts no more"])
    assert ("OPS-9" in confirming.text, kid in confirming.text) == (True, True)
    await browser.send(confirming.form("confirm_distrust"))
    assert border.told[1:] == [(f"/v1/distrusts/{distrust}/confirm", {}, '"3"')]
    assert "Lift it: it was a mistake" not in done.links
    assert (await browser.get(f"/console/keys/{'x' * 43}/distrust_key")).status == 404


async def test_an_agreement_is_suspended_with_a_ticket_and_another_operator_looks_at_it(
    workplace, monkeypatch
):
    at, distrust = "2026-11-01T00:00:00Z", str(uuid4())
    agreed = {
        "id": "th-kh", "version": 2, "cells": ["TH", "KH"], "purposes": ["protection"], "valid_from": at, "valid_until": at,
        "suspended": False, "moves": [{"path": "/v1/agreements/th-kh/suspend", "verb": "suspend_agreement"}],
    }  # fmt: skip
    one = {
        "id": distrust, "kind": "agreement-suspended", "state": "acting", "overdue": False, "key": None, "organisation": None,
        "agreement_id": "th-kh", "agreement_version": 2, "since": at, "ticket": "OPS-5", "declared_by": "th.operator",
        "declared_at": at, "due_at": at, "moves": [{"path": f"/v1/distrusts/{distrust}/withdraw", "verb": "withdraw_distrust"}],
    }  # fmt: skip
    answers = {"/v1/agreements": [agreed], "/v1/distrusts": [one], f"/v1/distrusts/{distrust}": one}
    peers, settings = workplace.console.service.peers, workplace.console.service.settings
    border = ThatLosesKeys(peers.http._transport, answers)
    monkeypatch.setitem(settings.peers, "exchange", "https://workplace.test/exchange")
    monkeypatch.setattr(peers, "http", httpx2.AsyncClient(transport=border))
    browser = await an_operator(workplace)
    page = await browser.get((await browser.get("/console/border")).links["Suspend this agreement"])
    for word in ("th-kh, version 2", "Thailand, Cambodia", "What was disclosed before is not taken back."):
        assert word in page.text
    told = await browser.send(page.form("suspend_agreement"))
    assert (told.status, told.html.count("Write the ticket")) == (422, 2)
    done = await browser.send(told.form("suspend_agreement"), ticket="OPS-5")
    assert "The agreement is suspended here." in done.text
    assert border.told == [("/v1/agreements/th-kh/suspend", {"ticket": "OPS-5"}, None)]
    lifting = await browser.get(done.links["Lift it: it was a mistake"])
    await browser.send(lifting.form("withdraw_distrust"))
    assert border.told[1:] == [(f"/v1/distrusts/{distrust}/withdraw", {}, '"3"')]
    assert (await browser.get("/console/agreements/kh-vn/suspend_agreement")).status == 404


async def test_envelopes_are_listed_of_a_partner_or_of_a_case_without_what_is_in_them(workplace, monkeypatch):
    one = {
        "direction": "out", "seq": 12, "cell": "KH", "sender": "th-care-agency", "recipient": "kh-reintegration-agency",
        "at": "2026-11-01T00:00:00Z", "item_class": "disclosure", "case_reference": "TH-7F3K-2Q", "state": "refused", "code": "unknown_key",
    }  # fmt: skip
    asked = []

    class Border(WithBorder):
        async def handle_async_request(self, request):
            _, _, path = request.url.path.partition("/exchange")
            if path == "/v1/envelopes":
                asked.append(dict(request.url.params))
                if request.url.params.get("case_id") == SCRIPT:
                    return httpx2.Response(422, content=json.dumps({"errors": []}))
            return await super().handle_async_request(request)

    peers, settings = workplace.console.service.peers, workplace.console.service.settings
    border = Border(peers.http._transport, {"/v1/envelopes": [one]})
    monkeypatch.setitem(settings.peers, "exchange", "https://workplace.test/exchange")
    monkeypatch.setattr(peers, "http", httpx2.AsyncClient(transport=border))
    browser = await an_operator(workplace)
    page = await browser.get("/console/envelopes?partner=KH")
    for word in ("Sent to Cambodia", "Refused", "TH-7F3K-2Q", "Number 12"):
        assert word in page.text, word
    assert asked == [{"limit": "50", "partner": "KH"}]
    of_case = await browser.send(page.form("/envelopes"), reference="TH 7F3K 2Q")
    assert ("Sent to Cambodia" in of_case.text, asked[1]["case_id"]) == (True, "TH 7F3K 2Q")
    told = await browser.send(of_case.form("/envelopes"), reference=SCRIPT)
    assert (told.status, told.html.count("Nothing is known here"), "<script" in told.html) == (422, 2, False)
    assert (await browser.get("/console/envelopes?partner=anywhere")).status == 404
