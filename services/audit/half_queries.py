"""Both halves of a case by time: the entries here about what crossed, and those that partners' auditors released to ours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from chassis.database import Transaction
from contracts.types import Code
from services.audit.domain.other_half import crossed, releasable
from services.audit.store import extracts, matters

Place = tuple[datetime, str, int]
"""The place of an entry among both halves: its time, its cell, its number there."""


class HalfEntry(BaseModel):
    """An entry of either half. Of the other half it is known as its auditor released it, by the request named."""

    at: datetime
    cell: str
    entry: int
    event: str
    about: UUID
    role: Annotated[
        Annotated[str, Code("recipient_role")] | None,
        Field(description="the kind of organisation that did it"),
    ]
    code: str | None
    hash: str
    request_id: UUID | None


@dataclass(frozen=True, slots=True)
class HalvesAsked:
    """The question for both halves of a case, and from where on."""

    case_id: UUID
    cell: str
    after: Place | None
    limit: int


async def halves(tx: Transaction, asked: HalvesAsked) -> list[HalfEntry]:
    """Oldest first."""
    found = await _own(tx, asked.case_id, asked.cell) + await _other(tx, asked.case_id)
    found.sort(key=_place)
    return [one for one in found if asked.after is None or _place(one) > asked.after][: asked.limit]


async def _own(tx: Transaction, case_id: UUID, cell: str) -> list[HalfEntry]:
    shared = crossed(await matters.of_case(tx, case_id))
    known = await matters.about(tx, frozenset[UUID]().union(*shared.values()))
    here = [one for one in known if one.stream == str(case_id)]
    roles = await matters.roles(tx, {one.organisation for one in here})
    shown = {
        one.entry: HalfEntry(
            at=one.at,
            cell=cell,
            entry=one.entry,
            event=one.event,
            about=one.about,
            role=one.role,
            code=one.code,
            hash=one.hash,
            request_id=None,
        )
        for partner, about in shared.items()
        for one in releasable(here, about, partner, roles)
    }
    return list(shown.values())


async def _other(tx: Transaction, case_id: UUID) -> list[HalfEntry]:
    """An entry that was released twice stands once, by the first request."""
    told: dict[tuple[str, int], HalfEntry] = {}
    for partner, request_id, one in await extracts.released(tx, case_id):
        half = HalfEntry(**one.model_dump(exclude={"path"}), cell=partner, request_id=request_id)
        told.setdefault((partner, one.entry), half)
    return list(told.values())


def _place(one: HalfEntry) -> Place:
    return one.at, one.cell, one.entry
