"""Pages: the first one, with what waits for whoever is signed in."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.answers import INBOX, ORGANISATIONS, Count, Notice
from services.console.asking import at_once
from services.console.commands import COMMANDS, offered
from services.console.doors import with_doors
from services.console.names import names_of
from services.console.visiting import SignedIn, Who
from services.console.worklist import (
    REFERRAL_VIEWS,
    RETURN_VIEWS,
    VIEWS,
    counted,
    counted_referrals,
    counted_returns,
)

router = APIRouter()
NEWEST = 30
"""So many notices are read; those that say the same stand together."""
FIRST_OF_REFERRALS = FIRST_OF_RETURNS = ("own", "late")
Counters = dict[str, Count | None]


@dataclass(frozen=True, slots=True)
class NoticeGroup:
    """Unread notices that say the same, with the cases that they are about and when the newest came."""

    template: str
    now: bool
    newest: datetime
    cases: dict[UUID, str | None] = field(default_factory=dict)


@router.get("/")
async def show_home(who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = "") -> Response:
    who = await _with_every_door(who)
    voice = who.voice
    inbox, organisations, cases, referrals, returns = await at_once(
        voice.panel(INBOX, query={"unread": True, "limit": NEWEST}),
        voice.panel(ORGANISATIONS, query={"cell": who.settings.cell, "limit": 200}),
        _cases(who),
        _referrals(who),
        _returns(who),
    )
    notices = grouped([] if inbox.value is None else inbox.value.items)
    return who.page(
        "home.html", inbox=inbox, notices=notices, names=names_of(organisations), counters=cases, views=VIEWS, referral_counters=referrals,
        referral_views=REFERRAL_VIEWS, return_counters=returns, return_views=RETURN_VIEWS,
        offered=offered([] if inbox.value is None else inbox.value.moves), done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip


def grouped(notices: Iterable[Notice]) -> list[NoticeGroup]:
    """Notices by what they say, in the order in which they come, which is the newest first."""
    groups: dict[tuple[str, str], NoticeGroup] = {}
    for notice in notices:
        new = NoticeGroup(notice.template, notice.priority == "now", notice.created_at)
        group = groups.setdefault((notice.template, notice.priority), new)
        if notice.case_id is not None:
            group.cases.setdefault(notice.case_id, notice.case_reference)
    return list(groups.values())


async def _with_every_door(who: SignedIn) -> SignedIn:
    """The doors whose service was away when she signed in are tried again."""
    person = who.session.person
    if not person.untried:
        return who
    known = await with_doors(who.voice, person, person.untried)
    return replace(who, session=await who.service.parts.sessions.known_as(who.session, known))


async def _cases(who: SignedIn) -> Counters:
    views = list(VIEWS) if "cases" in who.session.person.doors else []
    return dict(zip(views, await at_once(*(counted(who, view) for view in views)), strict=True))


async def _referrals(who: SignedIn) -> Counters:
    views = FIRST_OF_REFERRALS if "referrals" in who.session.person.doors else ()
    return dict(zip(views, await at_once(*(counted_referrals(who, view) for view in views)), strict=True))


async def _returns(who: SignedIn) -> Counters:
    views = FIRST_OF_RETURNS if "returns" in who.session.person.doors else ()
    return dict(zip(views, await at_once(*(counted_returns(who, view) for view in views)), strict=True))
