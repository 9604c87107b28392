"""Referrals: the list, one of them, its draft field by field, and the moves of either side."""

from dataclasses import dataclass
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx2
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from contracts.codes import LANGUAGES, codes
from contracts.events.intake import DependantsChangedV1
from deploy.local.testing import Databases
from services.console.commands import COMMANDS
from services.console.words import Reader
from services.referral import app as referral
from services.referral.settings import Settings as ReferralSettings
from tests.console.conftest import ISSUER, ORIGIN
from tests.harness import Harness, running
from tests.referral.making import LISTED, RECIPIENT, SENDER, directory_changed, received

pytestmark = pytest.mark.asyncio(loop_scope="session")
SCRIPT = '"><script>alert("she")</script>'
OFFERING = {"id": RECIPIENT, "name": "Lotus <b>", "cell": "KH", "services": ["reintegration"]}
ORGANISATIONS = {"items": [OFFERING, {**OFFERING, "id": SENDER}], "next": None}
OFFERED = {
    "name": "Lotus <b>",
    "cell": "KH",
    "role": "reintegration",
    "status": "active",
    "suspended": False,
    "services": [
        {
            "service": "reintegration",
            "name": "A trade",
            "status": "active",
            "capacity": "no-capacity",
            "details": {
                "languages": ["km"],
                "minimum_age": 18,
                "wait_time": "two weeks",
                "schedules": [
                    {"freq": "WEEKLY", "byday": ["MO", "FR"], "opens_at": "08:00", "closes_at": "16:00"}
                ],
            },
        },
        {
            "service": "reintegration",
            "name": "Closed",
            "status": "inactive",
            "capacity": "capacity",
            "details": {},
        },
        {"service": "shelter", "name": "A bed", "status": "active", "capacity": "capacity", "details": {}},
    ],
}
PREVIEW = {
    "sent": ["cor_FullName"],
    "withheld": [{"field": "cor_Needs", "reason": "no_consent"}],
    "refusal": None,
    "consent_id": None,
    "revision": None,
    "back_categories": ["outcome"],
    "basis": None,
    "law": None,
    "expires": "2026-12-24T00:00:00Z",
}
DRAFT = {
    "service": "reintegration",
    "recipient": RECIPIENT,
    "purpose": "return-and-reintegration",
    "urgency": "urgent",
    "kind": "referral",
    "fields": ["cor_FullName", "cor_Needs"],
}


@dataclass
class Referring:
    """The workplace, with referral beside it."""

    workplace: object
    referral: Harness

    async def case(self) -> str:
        case = await self.workplace.case({"cor_FullName": "Sokhavy"})
        await self.referral.grant_access(UUID(case), SENDER, ("th.worker",))
        return case

    async def arrived(self) -> str:
        """A referral that came from the other country, on a case of the worker."""
        referral_id = uuid4()
        came = {"sender": RECIPIENT, "sender_cell": "KH", "recipient": SENDER}
        await self.referral.deliver(received(UUID(await self.case()), referral_id, **came))
        return str(referral_id)

    async def browser(self, name="th.worker"):
        browser = self.workplace.browser()
        await browser.sign_in(name)
        return browser

    async def state(self, referral_id: str) -> str:
        who = self.referral.as_("case_worker", sub="th.worker", org=SENDER, iss=ISSUER)
        answer = await self.referral.client.get(f"/v1/referrals/{referral_id}", headers=who)
        return answer.json()["state"]


async def organisations(asked) -> JSONResponse:
    """The list, as the directory narrows it."""
    name, service = asked.query_params.get("name", ""), asked.query_params.get("service")
    items = [
        one
        for one in ORGANISATIONS["items"]
        if name in one["name"] and (service is None or service in one["services"])
    ]
    return JSONResponse({"items": items, "next": None})


async def organisation(asked) -> JSONResponse:
    return JSONResponse(OFFERED | {"id": asked.path_params["organisation"]})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def referring(workplace, postgres_dsn, tmp_path_factory):
    databases, pages = Databases(postgres_dsn), workplace.console.service
    own = {"keys": workplace.console.keys, "issuer": ISSUER, "peers": {"consent": "http://consent.test"}}
    async with running(
        "referral", referral.build, referral.VERSIONS, ReferralSettings, databases, tmp_path_factory.mktemp("referral"), vault=False, **own
    ) as harness:  # fmt: skip
        for event in LISTED:
            await harness.deliver(event)
        harness.service.peers.http = httpx2.AsyncClient(
            transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=PREVIEW))
        )
        routes = [
            Route("/v1/organisations", organisations),
            Route("/v1/organisations/{organisation}", organisation),
        ]
        directory = Starlette(routes=routes)
        beside = [Mount("/referral", harness.service.app), Mount("/directory", directory)]
        app = Starlette(routes=[*beside, Mount("/", workplace.app)])
        before, known = pages.peers.http, dict(pages.settings.peers)
        pages.peers.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app))
        pages.settings.peers.update({name: f"{ORIGIN}/{name}" for name in ("referral", "directory")})
        yield Referring(workplace, harness)
        pages.peers.http = before
        pages.settings.peers.clear()
        pages.settings.peers.update(known)
    await databases.drop_all()


async def drafting(browser, case: str, **chosen):
    """The form of the draft, after what she needs and who is asked were chosen."""
    page = await browser.get(f"/console/cases/{case}/draft_referral")
    assert page.answer.url.path.endswith("/refer"), page.text
    found = await browser.send(page.form("/refer"), service="reintegration", **chosen)
    page = await browser.send(offers_in(found)[0])
    return page.form("draft_referral")


def offers_in(page):
    """The forms that choose one of those who offer it."""
    return [form for form in page.forms if any(name == "recipient" for name, _ in form.fields)]


async def moved(browser, referral_id: str, verb: str, **typed):
    page = await browser.get(f"/console/referrals/{referral_id}/{verb}")
    assert page.status == 200, page.text
    return await browser.send(page.form(verb), **typed)


async def walked(referring, browser, referral_id: str, verb: str, **right) -> None:
    """One move through its form: what is missing, hostile or unknown is said and moves nothing; then it is made."""
    before = await referring.state(referral_id)
    wrong = {"reason": "Choose why", "outcome": "Choose how it ended"}
    for name in right:
        again = await moved(browser, referral_id, verb)
        assert (again.status, again.html.count(wrong[name])) == (422, 2)
        odd = await moved(browser, referral_id, verb, **{name: SCRIPT})
        assert (odd.status, "<script" in odd.html) == (422, False)
        other = await moved(browser, referral_id, verb, **{name: "no-such-code"})
        assert (other.status, other.html.count("Choose one of the answers")) == (422, 2)
    assert await referring.state(referral_id) == before
    done = await moved(browser, referral_id, verb, **right)
    assert (done.status, COMMANDS[verb].done in done.text) == (200, True), verb
    assert verb not in "".join(done.links.values())


async def test_whoever_is_asked_accepts_helps_pauses_and_says_how_it_ended(referring):
    referral_id, browser = await referring.arrived(), await referring.browser()
    page = await browser.get(f"/console/referrals/{referral_id}")
    assert (page.status, "Why can I see this" in page.text or "Nothing of it" in page.text) == (200, True)
    assert {"Accept this referral", "Decline this referral"} <= page.links.keys()
    assert not {"Send this referral", "Take this referral back"} & page.links.keys()
    for verb, right in (
        ("accept_referral", {}),
        ("start_referral", {}),
        ("hold_referral", {"reason": "awaiting-person"}),
        ("resume_referral", {}),
        ("complete_referral", {"outcome": "service-delivered"}),
    ):
        await walked(referring, browser, referral_id, verb, **right)
    assert await referring.state(referral_id) == "completed"


@pytest.mark.parametrize(
    ("before", "verb", "codelist", "ends"),
    [
        ([], "reject_referral", "referral_rejection", "rejected"),
        (["accept_referral"], "fail_referral", "referral_failure", "failed"),
    ],
)
async def test_whoever_is_asked_declines_or_cannot_help_and_says_why(referring, before, verb, codelist, ends):
    referral_id, browser = await referring.arrived(), await referring.browser()
    for one in before:
        await walked(referring, browser, referral_id, one)
    reason, label = next(iter(codes(codelist).items()))
    await walked(referring, browser, referral_id, verb, reason=reason)
    assert await referring.state(referral_id) == ends
    assert label in (await browser.get(f"/console/referrals/{referral_id}")).text


async def test_a_draft_that_was_a_mistake_is_marked_and_stays_on_record(referring):
    case, browser = await referring.case(), await referring.browser()
    form = await drafting(browser, case)
    page = await browser.send(form, **DRAFT)
    referral_id = page.links["This referral was a mistake"].split("/")[-2]
    stale = (await browser.get(page.links["Send this referral"])).form("send_referral")
    await walked(referring, browser, referral_id, "correct_referral")
    assert await referring.state(referral_id) == "entered_in_error"
    assert (await browser.send(stale)).status in {409, 412}
    assert "This referral was a mistake" not in (await browser.get(f"/console/referrals/{referral_id}")).links


async def test_a_move_is_made_once_and_what_another_tab_did_is_told(referring):
    referral_id, browser = await referring.arrived(), await referring.browser()
    accept = (await browser.get(f"/console/referrals/{referral_id}/accept_referral")).form("accept_referral")
    decline = (await browser.get(f"/console/referrals/{referral_id}/reject_referral")).form("reject_referral")
    for _ in range(2):
        assert "The referral was accepted." in (await browser.send(accept)).text
    told = await browser.send(decline, reason="no-capacity")
    assert (told.status in {409, 412}, await referring.state(referral_id)) == (True, "accepted")
    assert (await browser.get(f"/console/referrals/{referral_id}/accept_referral")).status == 404


async def test_a_move_of_another_session_or_thing_is_worth_nothing(referring):
    referral_id, browser = await referring.arrived(), await referring.browser()
    form = (await browser.get(f"/console/referrals/{referral_id}/accept_referral")).form("accept_referral")
    again = await (await referring.browser()).send(form)
    assert (again.status, "You have signed in again since" in again.text) == (422, True)
    other = await referring.arrived()
    form.action = form.action.replace(referral_id, other)
    assert (await browser.send(form)).status == 422
    form.action = f"/console/cases/{other}/accept_referral"
    assert (await browser.send(form)).status == 404
    assert [await referring.state(one) for one in (referral_id, other)] == ["received", "received"]


async def test_a_draft_shows_field_by_field_what_would_be_sent_and_is_sent_once(referring):
    case, browser = await referring.case(), await referring.browser()
    assert "Refer her" in (await browser.get(f"/console/cases/{case}")).links
    form = await drafting(browser, case)
    page = await browser.send(form, **DRAFT)
    assert "The draft was saved." in page.text
    assert (await browser.send(form, **DRAFT)).links["Send this referral"] == page.links["Send this referral"]
    assert "Full name Yes" in page.text
    assert "No Not consented to" in page.text
    assert "Lotus &lt;b&gt;" in page.html
    referral_id = page.links["Send this referral"].split("/")[-2]
    sent = await moved(browser, referral_id, "send_referral")
    assert ("The referral was sent." in sent.text, await referring.state(referral_id)) == (True, "requested")
    assert "Answer due" in sent.text
    assert ("It is being checked what may go." in sent.text, "Nothing was sent" in sent.text) == (True, False)
    assert "The referral was taken back." in (await moved(browser, referral_id, "cancel_referral")).text


async def test_who_offers_what_she_needs_is_shown_with_room_ages_languages_and_hours_and_by_nobody_else(
    referring,
):
    case, browser = await referring.case(), await referring.browser()
    start = (await browser.get(f"/console/cases/{case}/refer")).form("/refer")
    none = await browser.send(start)
    assert (none.status, none.html.count("Choose what she needs")) == (422, 2)
    found = await browser.send(start, service="reintegration")
    (chosen,) = offers_in(found)
    assert dict(chosen.fields)["recipient"] == RECIPIENT
    for said in (
        "No capacity",
        "Waiting time: two weeks",
        "Ages: 18–",
        "Khmer",
        "Mon, Fri 08:00–16:00",
        "Cambodia",
    ):
        assert said in found.text, said
    assert ("A bed" in found.text, "Closed" in found.text, "Lotus <b>" in found.html) == (False, False, False)
    for narrowed in ({"name": "Nobody"}, {"room": "yes"}, {"service": "health"}):
        less = await browser.send(start, **{"service": "reintegration", **narrowed})
        assert (offers_in(less), "Nobody who fits this offers it." in less.text) == ([], True), narrowed
    odd = await browser.send(start, service="reintegration", name=SCRIPT)
    assert (odd.status, "<script" in odd.html) == (200, False)
    assert not any("reintegration" in address for address in browser.asked)
    stranger = await referring.browser("th.other-worker")
    assert (await stranger.get(f"/console/cases/{case}/refer")).status == 404


async def test_what_is_wrong_in_a_draft_is_said_beside_it_and_what_was_chosen_stays(referring):
    case, browser = await referring.case(), await referring.browser()
    form = await drafting(browser, case)
    none = await browser.send(form, purpose=DRAFT["purpose"], recipient="")
    assert (
        none.html.count("Choose who is asked") == none.html.count("Choose what they would have to know") == 2
    )
    assert ("purpose", DRAFT["purpose"]) in none.form("draft_referral").fields
    other = await browser.send(form, **{**DRAFT, "service": "shelter"})
    assert (other.status, other.html.count("They do not offer this service")) == (422, 2)
    audit = await browser.send(form, **{**DRAFT, "purpose": "audit"})
    assert (audit.status, 'value="audit"' in audit.html) == (422, False)
    assert audit.html.count("Choose one of the answers") == 2
    odd = await browser.send(form, **{**DRAFT, "service": SCRIPT, "recipient": SCRIPT})
    assert (odd.status, "<script" in odd.html) == (422, False)


async def test_a_second_draft_to_the_same_is_told_with_the_way_to_the_first_and_what_was_chosen_stays(
    referring,
):
    case, browser = await referring.case(), await referring.browser()
    first = await browser.send(await drafting(browser, case), **DRAFT)
    told = await browser.send(await drafting(browser, case), **DRAFT)
    assert told.status == 409
    (way,) = [to for words, to in told.links.items() if words.startswith("There is an open referral to them")]
    assert (await browser.get(way)).links["Send this referral"] == first.links["Send this referral"]
    assert ("recipient", RECIPIENT) in told.form("draft_referral").fields


@pytest.mark.parametrize(
    ("recipient", "sentence"),
    [
        ("kh-police", "This organisation may not be told of anybody."),
        ("kh-gone", "This name is not in the directory, or not at work any more."),
    ],
)
async def test_why_somebody_cannot_be_asked_is_said_as_it_is(referring, recipient, sentence):
    await referring.referral.deliver(directory_changed("kh-police", org_type="LawEnforcement"))
    case, browser = await referring.case(), await referring.browser()
    form = await drafting(browser, case)
    told = await browser.send(form, **{**DRAFT, "recipient": recipient})
    assert (told.status, told.html.count(sentence)) == (422, 2)


async def test_the_list_has_what_came_and_what_went_and_is_narrowed(referring):
    referral_id, browser = await referring.arrived(), await referring.browser()
    link = f"/console/referrals/{referral_id}"
    assert link in (await browser.get("/console/referrals")).html
    for query, there in (
        ("view=incoming", True),
        ("view=outgoing", False),
        ("view=incoming&state=received", True),
        ("view=incoming&state=rejected", False),
        ("view=late", False),
    ):
        page = await browser.get(f"/console/referrals?{query}")
        assert (page.status, link in page.html) == (200, there), query
    assert "No referral fits" in (await browser.get("/console/referrals?view=own&urgency=routine")).text
    assert "Referrals" in (await browser.get("/console/")).links


async def test_what_is_not_hers_looks_like_what_is_not_there(referring):
    referral_id = await referring.arrived()
    stranger = await referring.browser("th.other-worker")
    theirs = await stranger.get(f"/console/referrals/{referral_id}")
    nowhere = await stranger.get(f"/console/referrals/{uuid4()}")
    assert (theirs.status, theirs.text) == (nowhere.status, nowhere.text) == (404, theirs.text)
    auditor = await referring.browser("th.auditor")
    assert (await auditor.get("/console/referrals")).status == 404
    assert "Referrals" not in (await auditor.get("/console/")).links


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_referral_is_said_in_the_words_of_its_reader(referring, language):
    referral_id, browser = await referring.arrived(), await referring.browser()
    await browser.http.post("/console/language", data={"language": language})
    page = await browser.get(f"/console/referrals/{referral_id}")
    reader = Reader(language, ZoneInfo("Asia/Bangkok"))
    for codelist, code in (
        ("service", "reintegration"),
        ("referral_state", "received"),
        ("awaited_party", "own"),
    ):
        assert reader.label(codelist, code) in page.html, code
    assert ("Accept this referral" in page.links) == (language == "en")


async def test_a_transfer_of_one_who_is_linked_is_sent_once_it_is_said_that_the_other_stays(referring):
    case, browser = await referring.case(), await referring.browser()
    form = await drafting(browser, case)
    shelter = {"service": "shelter", "recipient": "th-shelter", "kind": "transfer", "purpose": "protection"}
    page = await browser.send(form, **{**DRAFT, **shelter})
    assert "The draft was saved." in page.text, page.text
    linked = DependantsChangedV1(case_id=UUID(case), link_id=uuid4(), change="linked", linked_here=True)
    await referring.referral.deliver(linked)
    asked = (await browser.get(page.links["Send this referral"])).form("send_referral")
    told = await browser.send(asked)
    assert (told.status, "Say whether that person stays" in told.text) == (409, True)
    sent = await browser.send(told.form("send_referral"), linked_stay="stays")
    assert "The referral was sent." in sent.text, sent.text
