"""Pages: the list of referrals, and one of them as this side sees it."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from services.console.answers import FIELDS, PREVIEW, REFERRAL, REFERRALS, Move, OneReferral
from services.console.api.cases import Code, Position
from services.console.asking import NotTheirs, Panel, at_once
from services.console.commands import COMMANDS, offered
from services.console.commands.referral_forms import LINKED
from services.console.names import names_of, organisations
from services.console.visiting import SignedIn, Who
from services.console.words import marked
from services.console.worklist import REFERRAL_VIEWS, ROWS, SORTS, counted_referrals, query_of

router = APIRouter()
BLOCKED = {
    "not-offered": marked("The other side offers this service no longer."),
    "other-age": marked("The other side offers this service for another age than hers."),
    "not-listed": marked("The other side is not in the directory, or not at work any more."),
    "not-a-recipient": marked("The other side may not be told of anybody."),
}  # fmt: skip
"""The sentences for what stands in the way of a move, by the code of the service."""
BLOCKED_OTHERWISE = marked("Something stands in the way of it now.")


@router.get("/referrals")
async def list_referrals(
    who: Who,
    view: Code = "own",
    sort: Code = "newest",
    state: Code = "",
    service: Code = "",
    purpose: Code = "",
    urgency: Code = "",
    after: Position = "",
) -> Response:
    named = {"state": state, "service": service, "purpose": purpose, "urgency": urgency}
    chosen = {name: value for name, value in named.items() if value}
    view, sort = view if view in REFERRAL_VIEWS else "own", sort if sort in SORTS else "newest"
    query = {**query_of(who, REFERRAL_VIEWS[view]), **chosen, "sort": sort, "limit": ROWS}
    found, known, *counts = await at_once(
        who.voice.panel(REFERRALS, query={**query, "after": after} if after else query),
        organisations(who.voice),
        *(counted_referrals(who, name) for name in REFERRAL_VIEWS),
    )
    if found.value is None and not found.away:
        raise NotTheirs
    return who.page(
        "referrals.html", referrals=found, names=names_of(known), view=view, views=REFERRAL_VIEWS, sort=sort, sorts=SORTS,
        counters=dict(zip(REFERRAL_VIEWS, counts, strict=True)), chosen=chosen, after=after,
        kept={"view": view, "sort": sort, **chosen},
    )  # fmt: skip


@router.get("/referrals/{referral_id}")
async def show_referral(
    referral_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    answer = await who.voice.ask(REFERRAL, referral_id=referral_id)
    found: OneReferral = answer.value
    known, preview, received = await at_once(
        organisations(who.voice), _preview(who, found), _received(who, found)
    )
    free = [move for move in found.moves if not set(move.blocked_by) - {LINKED}]
    return who.page(
        "referral.html", referral=found, names=names_of(known), preview=preview, received=received,
        buttons=offered(free), blocked=_blocked(found.moves), done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip


async def _preview(who: SignedIn, referral: OneReferral) -> Panel[Any] | None:
    """The preview of what would be sent now; None where nothing is to be sent any more."""
    if not any(move.verb == "send_referral" for move in referral.moves):
        return None
    return await who.voice.panel(PREVIEW, referral_id=referral.referral_id)


async def _received(who: SignedIn, referral: OneReferral) -> Panel[Any] | None:
    """The case file, of which the page shows what came with this referral; None where it came from here."""
    if referral.half != "incoming":
        return None
    return await who.voice.panel(FIELDS, case_id=referral.case_id)


def _blocked(moves: Sequence[Move]) -> list[tuple[str, list[str]]]:
    """The titles of the moves that cannot be made now, and why. What the form itself asks for stands in nobody's way."""
    known = [
        (COMMANDS[move.verb], [code for code in move.blocked_by if code != LINKED])
        for move in moves
        if move.verb in COMMANDS
    ]
    return [
        (command.title, [BLOCKED.get(code, BLOCKED_OTHERWISE) for code in codes]) for command, codes in known if codes
    ]  # fmt: skip
