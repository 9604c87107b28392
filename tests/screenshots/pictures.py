"""The pictures of the guide: who looks, at what, in which width and language."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from corridor.client import Person
from corridor.seed import casework
from corridor.seed.journal import WHOLE, Journal
from corridor.seed.kinds import KINDS
from corridor.seed.wanted import USUAL
from deploy.local.people import story

SENDER, RECEIVER = story().countries
PHONE, DESK = 360, 1000


class Guide:
    """What the pictures are of: the cases of the seed by their stories, and whatever somebody's list has first."""

    def __init__(self, state: Path) -> None:
        self._state, self._stack = state, AsyncExitStack()
        self._journal = Journal(state / f"seed-{USUAL.seed}.jsonl")

    async def __aenter__(self) -> "Guide":
        return self

    async def __aexit__(self, *_: object) -> None:
        self._journal.close()
        await self._stack.aclose()

    def case(self, told: Callable[..., Any]) -> str:
        number = 1 + next(n for n, kind in enumerate(KINDS) if kind.story is told)
        return self._journal.said(number, WHOLE) or ""

    async def first(self, who: str, path: str, member: str, **sought: Any) -> str:
        async with Person(who, self._state) as person:
            return str((await person.get(path, **sought))["items"][0][member])


Way = Callable[[Guide, Page], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: its name, who is signed in, and the way to the page. `programs`: of the page for programs, outside the console."""

    name: str
    who: str
    way: Way
    width: int = DESK
    language: str = ""
    cell: str = SENDER
    programs: bool = False


def at(path: str) -> Way:
    """The way to an address of the console."""

    async def way(_: Guide, page: Page) -> None:
        await page.goto(f"{_console(page)}{path}")

    return way


def of_case(told: Callable[..., Any], path: str = "") -> Way:
    async def way(guide: Guide, page: Page) -> None:
        await page.goto(f"{_console(page)}/cases/{guide.case(told)}{path}")

    return way


def account_of(told: Callable[..., Any]) -> Way:
    """The way to what the log has of a case."""

    async def way(guide: Guide, page: Page) -> None:
        await page.goto(f"{_console(page)}/audit/cases/{guide.case(told)}")

    return way


def first(who: str, listing: str, member: str, page_of: str, **sought: Any) -> Way:
    """The way to the page of what somebody's list has first."""

    async def way(guide: Guide, page: Page) -> None:
        found = await guide.first(who, listing, member, **sought)
        await page.goto(f"{_console(page)}{page_of.format(found)}")

    return way


def _console(page: Page) -> str:
    return page.url.partition("/console")[0] + "/console"


async def choose_who(_: Guide, page: Page) -> None:
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_text("Who do you want to be?").wait_for()


async def try_an_operation(_: Guide, page: Page) -> None:
    await page.get_by_label("Sign in as").select_option(WORKER)
    await page.get_by_text(f"Signed in as {WORKER}").wait_for()


REFERRALS = "/referral/v1/referrals"
OFFICER, WORKER, SUPERVISOR, AUDITOR, OPERATOR, SECOND_OPERATOR = (
    f"{SENDER.lower()}.{post}"
    for post in ("officer", "worker", "supervisor", "auditor", "operator", "other-operator")
)
THEIR_WORKER = f"{RECEIVER.lower()}.worker"
PICTURES: Sequence[Picture] = (
    Picture("sign-in", "", choose_who),
    Picture("officer-begin", OFFICER, at("/drafts/ours/draft_case"), PHONE),
    Picture("officer-question", OFFICER, first(OFFICER, "/intake/v1/drafts", "id", "/drafts/{}/5"), PHONE),
    Picture("officer-read-back", OFFICER, first(OFFICER, "/intake/v1/drafts", "id", "/drafts/{}")),
    Picture("officer-submissions", OFFICER, at("/submissions")),
    Picture("worker-start", WORKER, at("/")),
    Picture("worker-cases", WORKER, at("/cases")),
    Picture("worker-case", WORKER, of_case(casework.known_well)),
    Picture("worker-asking", WORKER, of_case(casework.late, "/record_consent")),
    Picture("worker-consents", WORKER, of_case(casework.taken_back_in_part, "/consents")),
    Picture("worker-services", WORKER, of_case(casework.late, "/refer")),
    Picture(
        "worker-draft",
        WORKER,
        first(WORKER, REFERRALS, "referral_id", "/referrals/{}", state="draft", half="outgoing"),
    ),
    Picture(
        "worker-received",
        THEIR_WORKER,
        first(THEIR_WORKER, REFERRALS, "referral_id", "/referrals/{}", state="received", half="incoming"),
        cell=RECEIVER,
    ),
    Picture(
        "worker-return",
        WORKER,
        first(WORKER, "/returns/v1/returns", "return_id", "/returns/{}", state="decided"),
    ),
    Picture("worker-calls", WORKER, at("/calls")),
    Picture("worker-khmer", THEIR_WORKER, at("/referrals"), PHONE, "ខ្មែរ", RECEIVER),
    Picture("supervisor-team", SUPERVISOR, at("/team")),
    Picture("supervisor-readings", SUPERVISOR, of_case(casework.known_well, "/readings")),
    Picture("auditor-search", AUDITOR, at("/audit")),
    Picture("auditor-case", AUDITOR, account_of(casework.taken_back_in_part)),
    Picture("operator-services", OPERATOR, at("/services")),
    Picture("operator-border", OPERATOR, at("/border")),
    Picture("operator-proposals", SECOND_OPERATOR, at("/proposals")),
    Picture("integrator", "", try_an_operation, programs=True),
)
