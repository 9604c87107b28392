"""Pages: the list of cases, and finding one by its reference."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.responses import Response

from services.console.answers import CASE, CASES
from services.console.asking import NotTheirs, OrderRefused, at_once
from services.console.visiting import SignedIn, Who, WhoByForm
from services.console.words import marked
from services.console.worklist import ROWS, SORTS, VIEWS, counted, query_of

router = APIRouter()
Code = Annotated[str, Query(pattern=r"^[a-z_-]{0,40}$")]
Position = Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{0,400}$")]


@router.get("/cases")
async def list_cases(
    who: Who,
    view: Code = "mine",
    sort: Code = "newest",
    urgency: Code = "",
    channel: Code = "",
    flagged: Code = "",
    on_hold: Code = "",
    after: Position = "",
) -> Response:
    named = {"urgency": urgency, "channel": channel, "flagged": flagged, "on_hold": on_hold}
    chosen = {name: value for name, value in named.items() if value}
    return await _listed(
        who, view if view in VIEWS else "mine", sort if sort in SORTS else "newest", chosen, after
    )


async def _listed(
    who: SignedIn, view: str, sort: str, chosen: dict[str, str], after: str, status: int = 200, **more: Any
) -> Response:
    query = {**query_of(who, VIEWS[view]), **chosen, "sort": sort, "limit": ROWS}
    if after:
        query["after"] = after
    cases, *counts = await at_once(
        who.voice.panel(CASES, query=query), *(counted(who, name) for name in VIEWS)
    )
    if cases.value is None and not cases.away:
        raise NotTheirs
    kept = {"view": view, "sort": sort, **chosen}
    return who.page(
        "cases.html", status, cases=cases, counters=dict(zip(VIEWS, counts, strict=True)), views=VIEWS, view=view,
        sorts=SORTS, sort=sort, chosen=chosen, kept=kept, after=after, **more,
    )  # fmt: skip


@router.post("/cases/find")
async def find_case(who: WhoByForm, reference: Annotated[str, Form(max_length=80)] = "") -> Response:
    """By its reference. What was typed may be a name after all, so it stands in no address."""
    said = reference.strip()
    try:
        if said and all(letter.isalnum() or letter in " -–—" for letter in said):
            found = await who.voice.ask(CASE, case_id=said.replace(" ", "-"))
            return who.sent_to(f"/cases/{found.value.id}")
    except OrderRefused as refused:
        codes = {error.get("code") for error in refused.errors}
        wrong = "wrong-check-digit" in codes
        fault = (
            marked("A letter or digit is not right. Ask for the reference again.") if wrong else _NO_REFERENCE
        )
        return await _not_found(who, said, fault)
    except NotTheirs:
        return await _not_found(who, said, marked("No case of yours has this reference."))
    return await _not_found(who, said, _NO_REFERENCE)


_NO_REFERENCE = marked("A reference looks like %(reference)s.")


async def _not_found(who: SignedIn, said: str, fault: str) -> Response:
    return await _listed(
        who, "mine", "newest", {}, "", HTTPStatus.UNPROCESSABLE_ENTITY, reference=said, reference_fault=fault
    )
