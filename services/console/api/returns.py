"""Pages: the list of returns, what stands in the way of each, and one of them with both its halves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import ValidationError
from starlette.responses import Response

from services.console.answers import ORGANISATIONS
from services.console.api.cases import Code, Position
from services.console.asking import NotTheirs, at_once
from services.console.commands import COMMANDS, offered
from services.console.commands.form import Command
from services.console.names import names_of
from services.console.return_answers import ASSESSMENT, CHECKS, RETURN, RETURNS, Block, Fitness, OneReturn
from services.console.visiting import Who
from services.console.words import marked
from services.console.worklist import RETURN_VIEWS, ROWS, SORTS, counted_returns, query_of

router = APIRouter()
SENDING = "sending"
WEIGHED_AT_ONCE = 10
WITHDRAW = "withdraw_return"
ON_CASE = frozenset({"intake", "referral"})
"""The services of what is done, or begun, on the page of a case."""
Partner = Annotated[str, Query(pattern=r"^[a-z0-9-]{0,100}$")]
SUPPLIERS = (
    marked("a case worker or supervisor"),
    marked("a case worker or supervisor other than the one who assessed the risk"),
    marked("a supervisor"),
)
"""The suppliers of what is missing, in the words of the service."""


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """One block, and the form here by which its reader can lift it; `on_case`: what is missing is done on the page of the case."""

    block: Block
    here: Command | None
    on_case: bool


@router.get("/returns")
async def list_returns(
    who: Who,
    view: Code = "own",
    sort: Code = "newest",
    state: Code = "",
    half: Code = "",
    partner: Partner = "",
    after: Position = "",
) -> Response:
    named = {"state": state, "half": half, "partner": partner}
    chosen = {name: value for name, value in named.items() if value}
    view, sort = view if view in RETURN_VIEWS else "own", sort if sort in SORTS else "newest"
    query = {**query_of(who, RETURN_VIEWS[view]), **chosen, "sort": sort, "limit": ROWS}
    found, organisations, *counts = await at_once(
        who.voice.panel(RETURNS, query={**query, "after": after} if after else query),
        who.voice.panel(ORGANISATIONS, query={"limit": 200}),
        *(counted_returns(who, name) for name in RETURN_VIEWS),
    )
    if found.value is None and not found.away:
        raise NotTheirs
    names = names_of(organisations)
    own = who.session.person.organisation
    return who.page(
        "returns.html", returns=found, names=names, view=view, views=RETURN_VIEWS, sort=sort, sorts=SORTS,
        partners={one: name for one, name in names.items() if one != own},
        counters=dict(zip(RETURN_VIEWS, counts, strict=True)), chosen=chosen, after=after,
        kept={"view": view, "sort": sort, **chosen},
    )  # fmt: skip


@router.get("/returns/blocked")
async def list_blocked(who: Who, after: Position = "") -> Response:
    """Blocks are computed of one return at a time, from what is sealed: so few stand on a page, and each is a reading."""
    query = {"half": SENDING, "waiting_for": "own", "sort": "changed", "limit": WEIGHED_AT_ONCE}
    found, names = await at_once(
        who.voice.ask(RETURNS, query={**query, "after": after} if after else query),
        who.voice.panel(ORGANISATIONS, query={"limit": 200}),
    )
    weighed = await at_once(
        *(
            who.voice.panel(RETURN, return_id=one.return_id, query={"half": SENDING})
            for one in found.value.items
        )
    )
    return who.page(
        "blocked.html", pairs=list(zip(found.value.items, weighed, strict=True)), names=names_of(names),
        next=found.value.next, after=after,
    )  # fmt: skip


@router.get("/returns/{return_id}")
async def show_return(
    return_id: UUID, who: Who, done: Annotated[str, Query(pattern=r"^[a-z_]{0,40}$")] = ""
) -> Response:
    found: OneReturn = (await who.voice.ask(RETURN, return_id=return_id)).value
    sending = found.half == SENDING
    of_sending = [who.voice.panel(one, return_id=return_id) for one in (ASSESSMENT, CHECKS) if sending]
    organisations, *recorded = await at_once(
        who.voice.panel(ORGANISATIONS, query={"limit": 200}), *of_sending
    )
    assessment, checks = recorded or (None, None)
    free = offered([move for move in found.moves if not move.blocked_by])
    return who.page(
        "return.html", one=found, names=names_of(organisations), sending=sending, assessment=assessment, checks=checks,
        buttons=[command for command in free if command.verb != WITHDRAW], withdraw=WITHDRAW in {c.verb for c in free},
        blocks=shown_blocks(found.blocks, free), weighed=any(move.verb in {"clear_return", "depart_return"} for move in found.moves),
        found_fit=found_fit, done=COMMANDS[done].done if done in COMMANDS else "",
    )  # fmt: skip


def shown_blocks(blocks: Sequence[Block], free: Sequence[Command]) -> list[ShownBlock]:
    """The blocks, each with where it is lifted. A form here is shown to whoever is offered it, by the route that the block names."""
    routes = {(c.order.service, f"{c.order.method} {c.order.path}"): c for c in free}
    return [
        ShownBlock(one, routes.get((one.service, _place(one.route))), one.service in ON_CASE)
        for one in blocks
    ]


def _place(route: str) -> str:
    """The route with the identifier of the return as the forms have it."""
    return re.sub(r"^(\w+ /v1/returns/)[^/]+", r"\1{return_id}", route)


def found_fit(grounds: str) -> Fitness | None:
    """The findings of a clinician; None for a text of another form."""
    try:
        return Fitness.model_validate_json(grounds)
    except ValidationError:
        return None
