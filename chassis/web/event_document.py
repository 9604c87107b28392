"""A route that every service has: the AsyncAPI document of the cell, with the schemas of all events in it.

It is made from the catalogue in `contracts`, so it is the same in every service, and tells what this very release says and hears.
"""

from functools import cache
from typing import Any

from fastapi import APIRouter, Response

from chassis.identity.access import require
from chassis.web.code_lists import READ
from chassis.web.http import Who
from chassis.web.kept_answers import UNCHANGED, IfNoneMatch, KeptAnswer
from contracts.codes import ENGLISH
from contracts.tools.asyncapi import self_contained

router = APIRouter(prefix="/v1/asyncapi", tags=["events"])


@router.get(
    "",
    summary="The events of a cell, as an AsyncAPI 3 document",
    response_model=dict[str, Any],
    responses=UNCHANGED,
)
async def get_event_document(actor: Who, if_none_match: IfNoneMatch = None) -> Response:
    require(actor, READ)
    return _document().response(if_none_match)


@cache
def _document() -> KeptAnswer:
    return KeptAnswer.of(self_contained(), ENGLISH)
