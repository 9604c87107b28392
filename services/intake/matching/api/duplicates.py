"""The route of the cases that may be of one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.service import Service
from chassis.web.http import Listing, Who
from contracts.types import Code, KnownCode
from services.intake.casefile.domain.pair import PairState
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Parts, Running
from services.intake.casefile.store import pairs
from services.intake.matching import finding
from services.intake.matching.api.views import MatchView, shown
from services.intake.matching.domain.likeness import OFFERED
from services.intake.matching.finding import Match
from services.intake.settings import Settings

router = APIRouter(tags=["matching"])


@dataclass(frozen=True, slots=True)
class PairFilters:
    """The filter of the cases that may be of one person."""

    decision: Annotated[
        Annotated[str, KnownCode("pair_decision")],
        Query(description="only those of which this was decided; unasked, those that are still undecided"),
    ] = PairState.UNDECIDED


class PairMatchView(MatchView):
    """A case that may be of the same person, with what somebody decided."""

    decision: Annotated[str, Code("pair_decision")]


@router.get(
    "/v1/cases/{case_id}/duplicates", summary="Cases that may be of the same person, the likeliest first"
)
async def list_duplicates(
    case_id: UUID,
    actor: Who,
    service: Running,
    filters: Annotated[PairFilters, Depends()],
    response: Response,
) -> Listing[PairMatchView]:
    """A person decides; nothing merges by itself. Different persons are not offered again."""
    async with service.database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, "case.read", case_id)
        decided = {row.other_id: row.decision for row in await pairs.of_case(tx, case_id)}
    asked = PairState(filters.decision)
    found = await _matches(service, actor, case_id, asked, decided)
    async with service.database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, "case.read", case_id)  # still allowed, now that it is shown
        tx.say(record_read(case_id, "person"))
        readable = await finding.still_readable(tx, actor, found)
        views = await shown(tx, readable, buddhist=service.settings.country.buddhist_era)
    response.headers["Cache-Control"] = "no-store"
    return Listing(items=[PairMatchView(**view.model_dump(), decision=asked) for view in views])


async def _matches(
    service: Service[Settings, Parts],
    actor: Actor,
    case_id: UUID,
    asked: PairState,
    decided: Mapping[UUID, PairState],
) -> list[Match]:
    """The matches of which this was decided: a decision stands, however alike the two are by now."""
    (mine,) = await finding.opened(service, actor, [case_id])
    chosen = [other for other, decision in decided.items() if decision is asked]
    others = await finding.compared(service, actor, mine.fields, chosen)
    if asked is not PairState.UNDECIDED:
        return others
    found = await finding.find(service, actor, mine.fields, without=case_id, least=OFFERED)
    fresh = [one for one in found if one.case_id not in decided]
    return sorted([*others, *fresh], key=lambda one: one.order)
