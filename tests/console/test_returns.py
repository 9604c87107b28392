"""Returns: the list, one with both its halves and what stands in its way, and every move of either half."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from contracts.codes import LANGUAGES
from deploy.local.testing import Databases
from services.console.words import Reader
from services.returns import app as returns
from services.returns.settings import Settings as ReturnsSettings
from tests.console.conftest import ISSUER, ORIGIN
from tests.harness import Harness, running
from tests.returns.making import RECEIVER, SENDER, accepted, age_group, hold, opened, process

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert("she")</script>'
WHY = f"the recruiter lives next door {SCRIPT}"
LOTUS = {"id": RECEIVER, "name": "Lotus <b>", "cell": "KH", "services": ["reintegration"]}
ORGANISATIONS = {
    "items": [LOTUS, {"id": SENDER, "name": "Care", "cell": "TH", "services": []}],
    "next": None,
}


def day(days: int = 0) -> str:
    return str((datetime.now(UTC) + timedelta(days=days)).date())


def expected(hours: int = 24) -> str:
    """As a browser sends a day and a time of Bangkok."""
    there = datetime.now(ZoneInfo("Asia/Bangkok")) + timedelta(hours=hours)
    return there.strftime("%Y-%m-%dT%H:%M")


FIT = {"fit": "yes", "assessed_on": day(-1)}
PASSPORT = {"check": "passport", "valid_until": day(300)}
UNTIL_ASSESSED = (
    ("counsel_return", {}),
    ("decide_return", {"informed": "yes", "own_will": "yes"}),
    ("confirm_return", {"own_will": "yes"}),
    ("assess_fitness", FIT),
    ("record_check", PASSPORT),
)


@dataclass
class Returning:
    """The workplace, with returns beside it."""

    workplace: object
    returns: Harness

    async def case(self) -> str:
        """A case of an adult whom the receiver has accepted."""
        case, person = await self.workplace.case({"cor_FullName": "Sokhavy"}), uuid4()
        await self.returns.service.vault.create(person)
        for event in (opened(UUID(case), person), age_group(UUID(case)), accepted(UUID(case), uuid4())):
            await self.returns.deliver(event)
        await self.returns.grant_access(UUID(case), SENDER, ("th.worker",))
        return case

    async def browser(self, name="th.worker"):
        browser = self.workplace.browser()
        await browser.sign_in(name)
        return browser

    async def begun(self, browser) -> str:
        """A return that the browser's reader began on the page of a case."""
        case = await self.case()
        page = await browser.get(f"/console/cases/{case}")
        form = (await browser.get(page.links["Begin a return"])).form("request_return")
        made = await browser.send(form, receiver=RECEIVER)
        assert "The return was begun." in made.text
        return made.links["She was counselled"].split("/")[-2]

    async def assessed(self, browser) -> str:
        """A return in whose way nothing stands, assessed by the supervisor."""
        return_id = await self.begun(browser)
        for verb, typed in UNTIL_ASSESSED:
            assert "Done" in (await moved(browser, return_id, verb, **typed)).text, verb
        supervisor = await self.browser("th.supervisor")
        assert (
            "Done" in (await moved(supervisor, return_id, "assess_return", result="safe", grounds=WHY)).text
        )
        return return_id

    async def arriving(self) -> str:
        """A return of which the other country told: she has left, and comes to this agency."""
        case, return_id = UUID(await self.case()), uuid4()
        came = {"sender": RECEIVER, "sender_cell": "KH", "recipient": SENDER}
        journey = {
            "expected_at": datetime.now(UTC) + timedelta(hours=20),
            "handover": "airport",
            "escorted": True,
        }
        await self.returns.deliver(process(case, return_id, "return.cleared", "safe", **came))
        await self.returns.deliver(process(case, return_id, "return.departed", **came, **journey))
        return str(return_id)

    async def view(self, return_id: str) -> dict:
        who = self.returns.as_("case_worker", sub="th.worker", org=SENDER, iss=ISSUER)
        return (await self.returns.client.get(f"/v1/returns/{return_id}", headers=who)).json()

    async def state(self, return_id: str) -> str:
        return (await self.view(return_id))["state"]


async def organisations(_) -> JSONResponse:
    return JSONResponse(ORGANISATIONS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def returning(workplace, postgres_dsn, tmp_path_factory):
    databases, pages = Databases(postgres_dsn), workplace.console.service
    own = {"keys": workplace.console.keys, "issuer": ISSUER}
    async with running(
        "returns", returns.build, returns.VERSIONS, ReturnsSettings, databases, tmp_path_factory.mktemp("returns"), **own
    ) as harness:  # fmt: skip
        directory = Starlette(routes=[Route("/v1/organisations", organisations)])
        beside = [Mount("/returns", harness.service.app), Mount("/directory", directory)]
        app = Starlette(routes=[*beside, Mount("/", workplace.app)])
        before, addresses = pages.peers.http, dict(pages.settings.peers)
        pages.peers.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        pages.settings.peers.update({name: f"{ORIGIN}/{name}" for name in ("returns", "directory")})
        yield Returning(workplace, harness)
        pages.peers.http = before
        pages.settings.peers.clear()
        pages.settings.peers.update(addresses)
    await databases.drop_all()


async def moved(browser, return_id: str, verb: str, **typed):
    page = await browser.get(f"/console/returns/{return_id}/{verb}")
    assert page.status == 200, page.text
    return await browser.send(page.form(verb), **typed)


async def test_a_return_is_prepared_cleared_by_another_and_left_with_in_pages_alone(returning):
    browser = await returning.browser()
    return_id = await returning.begun(browser)
    page = await browser.get(f"/console/returns/{return_id}")
    assert (
        "The person’s decision is missing Who can change it: Care, a case worker or supervisor" in page.text
    )
    assert "Nothing that is known here" not in page.text
    return_id = await returning.assessed(browser)
    page = await browser.get(f"/console/returns/{return_id}")
    assert "Nothing that is known here stands in the way" in page.text
    assert {"Clear her to go", "Pause the return", "She does not want to go"} <= page.links.keys()
    assert ("Fit to travel. Examined on" in page.text, "&#34;fit&#34;" in page.html) == (True, False)
    assert ("the recruiter lives next door" in page.text, "<script" in page.html) == (True, False)
    assert "She is cleared." in (await moved(browser, return_id, "clear_return")).text
    none = await moved(browser, return_id, "depart_return", handover="airport")
    assert (none.status, none.html.count("Write when she is expected")) == (422, 2)
    late = await moved(browser, return_id, "depart_return", expected_at=expected(-5), handover="airport")
    assert (late.status, late.html.count("This must be after now")) == (422, 2)
    odd = await moved(browser, return_id, "depart_return", expected_at=SCRIPT, handover=SCRIPT)
    assert (odd.status, "<script" in odd.html) == (422, False)
    typed = expected()
    left = await moved(browser, return_id, "depart_return", expected_at=typed, handover="airport")
    assert ("It was saved that she has left." in left.text, await returning.state(return_id)) == (
        True,
        "departed",
    )
    seen = datetime.fromisoformat((await returning.view(return_id))["expected_at"])
    assert seen.astimezone(ZoneInfo("Asia/Bangkok")).strftime("%Y-%m-%dT%H:%M") == typed
    assert "She travels without an escort." in left.text
    assert "recruiter" not in " ".join(browser.asked)


async def test_whoever_assessed_the_risk_is_told_that_another_clears(returning):
    browser = await returning.browser()
    return_id = await returning.assessed(browser)
    supervisor = await returning.browser("th.supervisor")
    page = await supervisor.get(f"/console/returns/{return_id}")
    assert "Clear her to go" not in page.links
    assert "a case worker or supervisor other than the one who assessed the risk" in page.text


async def test_what_stands_in_the_way_of_a_clearance_meanwhile_is_said_in_words_and_nothing_moves(returning):
    browser = await returning.browser()
    return_id = await returning.assessed(browser)
    form = (await browser.get(f"/console/returns/{return_id}/clear_return")).form("clear_return")
    case = UUID((await returning.view(return_id))["case_id"])
    hold_id = uuid4()
    await returning.returns.deliver(hold(case, hold_id, datetime.now(UTC) + timedelta(days=9)))
    told = await browser.send(form)
    assert (told.status, "This is not possible now: A hold on removal is in force." in told.text) == (
        409,
        True,
    )
    assert await returning.state(return_id) == "assessed"
    page = await browser.get(f"/console/returns/{return_id}")
    assert ("Clear her to go" in page.links, "To the page of the case" in page.links) == (False, True)


async def test_a_departure_past_the_end_of_her_papers_says_so_and_keeps_what_was_typed(returning):
    browser = await returning.browser()
    return_id = await returning.assessed(browser)
    await moved(browser, return_id, "record_check", check="passport", valid_until=day(2))
    await moved(browser, return_id, "clear_return")
    typed = expected(5 * 24)
    told = await moved(browser, return_id, "depart_return", expected_at=typed, handover="port")
    assert (told.status, "Travel documents are missing" in told.text) == (409, True)
    kept = dict(told.form("depart_return").fields)
    assert (kept["expected_at"], kept["handover"]) == (typed, "port")
    assert "Done" in (await browser.send(told.form("depart_return"), expected_at=expected(20))).text


async def test_she_takes_her_decision_back_in_two_clicks_without_a_reason_and_from_an_old_page(returning):
    browser = await returning.browser()
    return_id = await returning.assessed(browser)
    page = await browser.get(f"/console/returns/{return_id}")
    old = (await browser.get(page.links["She does not want to go"])).form("withdraw_return")
    assert {name for name, _ in old.fields} == {"key", "seen", "token"}
    await moved(browser, return_id, "clear_return")
    for _ in range(2):
        assert "because she does not want it. Help here goes on." in (await browser.send(old)).text
    assert await returning.state(return_id) == "withdrawn"
    assert (
        "Begin a return"
        in (await browser.get(f"/console/cases/{(await returning.view(return_id))['case_id']}")).links
    )


async def test_a_decision_without_her_own_will_is_none(returning):
    browser = await returning.browser()
    return_id = await returning.begun(browser)
    await moved(browser, return_id, "counsel_return")
    none = await moved(browser, return_id, "decide_return", informed="yes")
    assert (none.status, none.html.count("Without this it is no decision of hers")) == (422, 2)
    assert await returning.state(return_id) == "counselled"


async def test_what_a_check_lacks_is_said_beside_it_and_it_can_be_taken_back(returning):
    browser = await returning.browser()
    return_id = await returning.begun(browser)
    for typed, field in (({"check": "passport"}, "valid_until"), ({"check": "escort"}, "grounds")):
        again = await moved(browser, return_id, "record_check", **typed)
        assert (again.status, f'href="#{field}"' in again.html) == (422, True)
    era = await moved(browser, return_id, "record_check", check="passport", valid_until="2570-01-01")
    assert (era.status, era.html.count("Is the year of another era?")) == (422, 2)
    saved = await moved(browser, return_id, "record_check", check="escort", grounds=WHY)
    assert ("the recruiter lives next door" in saved.text, "<script" in saved.html) == (True, False)
    back = await moved(browser, return_id, "record_check", check="escort", taken_back="yes")
    assert "Taken back" in back.text


async def test_findings_of_a_clinician_are_sent_whole_and_read_in_words(returning):
    browser = await returning.browser()
    return_id = await returning.begun(browser)
    whole = {
        **FIT, "pregnancy_weeks": "33", "multiple": "yes", "birth_on": day(-400), "newborn_travels": "yes", "escort": "yes",
        "issued_on": day(-1), "valid_until": day(9),
    }  # fmt: skip
    for wrong, field in (({"pregnancy_weeks": "many"}, "pregnancy_weeks"), ({"issued_on": day(3)}, "issued_on"), ({"valid_until": ""}, "valid_until")):  # fmt: skip
        again = await moved(browser, return_id, "assess_fitness", **{**whole, **wrong})
        assert (again.status, f'href="#{field}"' in again.html) == (422, True), field
    turned = await moved(browser, return_id, "assess_fitness", **{**whole, "valid_until": day(-9)})
    assert (turned.status, "Medical certificate: " in turned.text) == (422, True)
    page = await moved(browser, return_id, "assess_fitness", **whole)
    for sentence in (
        "Fit to travel", "Completed weeks of pregnancy: 33", "She expects more than one child", "Last birth on", "A newborn child travels with her",
        "She may travel only with somebody beside her", "Medical certificate from",
    ):  # fmt: skip
        assert sentence in page.text, sentence


async def test_a_warning_is_not_replaced_unseen_from_another_tab(returning):
    browser = await returning.browser()
    return_id = await returning.assessed(browser)
    old = (await browser.get(f"/console/returns/{return_id}/assess_return")).form("assess_return")
    await moved(browser, return_id, "assess_return", result="unsafe")
    told = await browser.send(old, result="safe", grounds="typed for long")
    assert (told.status, "Somebody changed this meanwhile" in told.text) == (412, True)
    assert dict(told.form("assess_return").fields)["grounds"] == "typed for long"
    assert (await returning.view(return_id))["result"] == "unsafe"


async def test_whoever_receives_her_sees_what_was_told_and_says_that_she_arrived_and_how_it_ended(returning):
    return_id, browser = await returning.arriving(), await returning.browser()
    page = await browser.get(f"/console/returns/{return_id}")
    assert "Somebody travels with her." in page.text
    assert page.text.index("As far as the other side has told it") < page.text.index("Your part")
    assert "What her departure needs" not in page.text
    assert {"She has arrived", "She did not arrive"} <= page.links.keys()
    assert not {"She was turned back", "She does not want to go"} & page.links.keys()
    assert "It was saved that she did not arrive." in (await moved(browser, return_id, "miss_return")).text
    assert "Her arrival was saved." in (await moved(browser, return_id, "arrive_return")).text
    wrong = await moved(browser, return_id, "close_return", outcome="not-returned")
    assert (wrong.status, wrong.html.count("It cannot have ended so")) == (422, 2)
    done = await moved(browser, return_id, "close_return", outcome="contact-lost")
    assert ("The return is closed." in done.text, "Contact lost" in done.text) == (True, True)


async def test_a_return_pauses_goes_on_and_a_journey_ends_where_it_began(returning):
    browser = await returning.browser()
    return_id = await returning.assessed(browser)
    for verb, typed, state in (
        ("suspend_return", {"reason": "safety-concern"}, "suspended"),
        ("resume_return", {}, "assessed"),
        ("confirm_return", {"own_will": "yes"}, "assessed"),
        ("clear_return", {}, "cleared"),
        ("depart_return", {"expected_at": expected(), "handover": "airport"}, "departed"),
        ("turn_back_return", {}, "turned_back"),
        ("close_return", {"outcome": "not-returned"}, "closed"),
    ):
        assert "Done" in (await moved(browser, return_id, verb, **typed)).text, verb
        assert await returning.state(return_id) == state


async def test_a_second_return_of_one_case_says_that_there_is_one(returning):
    browser, case = await returning.browser(), await returning.case()
    first = (await browser.get(f"/console/cases/{case}/request_return")).form("request_return")
    second = (await browser.get(f"/console/cases/{case}/request_return")).form("request_return")
    await browser.send(first, receiver=RECEIVER)
    told = await browser.send(second, receiver=RECEIVER)
    assert (told.status, "There is an open return of hers already." in told.text) == (409, True)


async def test_the_list_has_views_with_counters_and_is_narrowed(returning):
    browser = await returning.browser()
    begun, arriving = await returning.begun(browser), await returning.arriving()
    for query, ours, theirs in (
        ("view=own", True, True),
        ("view=mine", True, True),
        ("view=partner", False, False),
        ("view=departed", False, True),
        ("view=suspended", False, False),
        ("view=late", False, False),
        ("view=all&half=sending", True, False),
        ("view=all&half=receiving&state=departed", False, True),
        (f"view=all&partner={RECEIVER}&sort=changed", True, True),
        ("view=all&partner=kh-shelter", False, False),
    ):
        page = await browser.get(f"/console/returns?{query}")
        assert page.status == 200
        assert (begun in page.html, arriving in page.html) == (ours, theirs), query
    assert (await browser.get("/console/returns?view=all&partner=kh-nobody")).status == 404
    assert "Returns" in (await browser.get("/console/")).links


async def test_what_stands_in_the_way_of_each_return_is_one_list_of_those_that_are_prepared_here(returning):
    browser = await returning.browser()
    begun, assessed, coming = (
        await returning.begun(browser),
        await returning.assessed(browser),
        await returning.arriving(),
    )
    page = await browser.get((await browser.get("/console/returns")).links["What stands in the way of each"])
    of = {
        one: page.html.partition(f"/returns/{one}")[2].partition("/returns/")[0] for one in (begun, assessed)
    }
    assert ("decision is missing" in of[begun], "Care, a case worker or supervisor" in of[begun]) == (
        True,
        True,
    )
    assert "Nothing that is known here stands in the way" in of[assessed]
    assert (coming in page.html, page.html.count("on record as read by you")) == (False, 1)
    auditor = await returning.browser("th.auditor")
    assert (await auditor.get("/console/returns/blocked")).status == 404


async def test_what_is_not_hers_looks_like_what_is_not_there(returning):
    return_id = await returning.arriving()
    stranger = await returning.browser("th.other-worker")
    theirs = await stranger.get(f"/console/returns/{return_id}")
    nowhere = await stranger.get(f"/console/returns/{uuid4()}")
    assert (theirs.status, theirs.text) == (nowhere.status, nowhere.text) == (404, theirs.text)
    auditor = await returning.browser("th.auditor")
    assert (await auditor.get("/console/returns")).status == 404
    assert "Returns" not in (await auditor.get("/console/")).links


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_return_is_said_in_the_words_of_its_reader(returning, language):
    browser = await returning.browser()
    return_id = await returning.begun(browser)
    await browser.http.post("/console/language", data={"language": language})
    page, reader = (
        await browser.get(f"/console/returns/{return_id}"),
        Reader(language, ZoneInfo("Asia/Bangkok")),
    )
    for codelist, code in (
        ("return_state", "requested"),
        ("return_half", "receiving"),
        ("return_block", "documents-missing"),
        ("awaited_party", "own"),
    ):
        assert reader.label(codelist, code).replace("'", "&#39;") in page.html, code
    assert (reader.say("a case worker or supervisor") in page.text, "a case worker" in page.text) == (
        True,
        language == "en",
    )
