"""The account of one case and its parts, and the recalls that wait for an answer. Every reading is logged."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from chassis.database import Transaction
from chassis.identity.access import require
from chassis.service import Running
from chassis.web.http import Listing, Page, PageQuery, Tx, Who, following
from chassis.web.positions import identifier, instant, number, positioned
from contracts.codes import codes
from contracts.events.access import LogReadV1
from contracts.types import Cell
from services.audit import account_queries, half_queries
from services.audit.account_queries import LookedView, OpenRecall, RecallsSought, TriedView
from services.audit.api.trails import open_trail
from services.audit.domain.account import AccountedDisclosure, ConsentStep, Direction
from services.audit.half_queries import HalfEntry, HalvesAsked
from services.audit.store import matters

router = APIRouter(tags=["audit"])
FIRST = PageQuery(50, None)
PERSON = ("actor", "organisation", "purpose")


class Account(BaseModel):
    """The answer to "who saw her data, and under which consent?": the first page of each part. `next` of a part leads
    on at the route of that part.
    """

    case_id: UUID
    consents: Listing[ConsentStep]
    disclosures: Listing[AccountedDisclosure]
    readings: Listing[LookedView]
    attempts: Listing[TriedView]
    halves: Listing[HalfEntry]


@router.get(
    "/v1/trails/{case_id}/account",
    summary="What she agreed to, every disclosure under it and its end, who looked, and who tried",
)
async def get_account(case_id: UUID, actor: Who, tx: Tx, running: Running) -> Account:
    await open_trail(tx, actor, case_id)
    return Account(
        case_id=case_id,
        consents=await _consents(tx, case_id, FIRST),
        disclosures=await _disclosures(tx, case_id, FIRST),
        readings=await _readings(tx, case_id, FIRST),
        attempts=await _attempts(tx, case_id, FIRST),
        halves=await _halves(tx, case_id, running.settings.cell, FIRST),
    )


@router.get(
    "/v1/trails/{case_id}/consents", summary="What she was asked, gave, narrowed and took back, oldest first"
)
async def list_logged_consents(case_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[ConsentStep]:
    await open_trail(tx, actor, case_id)
    return await _consents(tx, case_id, page)


@router.get(
    "/v1/trails/{case_id}/disclosures",
    summary="Every disclosure with the revision of the consent, its recall, and the answer with its clock",
)
async def list_logged_disclosures(
    case_id: UUID, actor: Who, tx: Tx, page: Page
) -> Listing[AccountedDisclosure]:
    await open_trail(tx, actor, case_id)
    return await _disclosures(tx, case_id, page)


@router.get("/v1/trails/{case_id}/readings", summary="Who looked at what, how often, first and last")
async def list_logged_readings(case_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[LookedView]:
    await open_trail(tx, actor, case_id)
    return await _readings(tx, case_id, page)


@router.get(
    "/v1/trails/{case_id}/attempts", summary="Who tried what was refused to them, how often, first and last"
)
async def list_logged_attempts(case_id: UUID, actor: Who, tx: Tx, page: Page) -> Listing[TriedView]:
    await open_trail(tx, actor, case_id)
    return await _attempts(tx, case_id, page)


@router.get(
    "/v1/trails/{case_id}/halves",
    summary="What crossed and what became of it, both halves by time: the partner's as far as its auditor released it",
)
async def list_logged_halves(
    case_id: UUID, actor: Who, tx: Tx, running: Running, page: Page
) -> Listing[HalfEntry]:
    await open_trail(tx, actor, case_id)
    return await _halves(tx, case_id, running.settings.cell, page)


async def _consents(tx: Transaction, case_id: UUID, page: PageQuery) -> Listing[ConsentStep]:
    (after,) = positioned(page.after, number) or (0,)
    items = await account_queries.consents(tx, case_id, after, page.limit)
    return Listing(items=items, next=following(items, page, "entry"))


async def _disclosures(tx: Transaction, case_id: UUID, page: PageQuery) -> Listing[AccountedDisclosure]:
    (after,) = positioned(page.after, number) or (0,)
    items = await account_queries.disclosed(tx, case_id, after, page.limit)
    return Listing(items=items, next=following(items, page, "entry"))


async def _readings(tx: Transaction, case_id: UUID, page: PageQuery) -> Listing[LookedView]:
    items = await account_queries.looked(tx, case_id, _person(page), page.limit)
    return Listing(items=items, next=following(items, page, *PERSON, "resource"))


async def _attempts(tx: Transaction, case_id: UUID, page: PageQuery) -> Listing[TriedView]:
    items = await account_queries.tried(tx, case_id, _person(page), page.limit)
    return Listing(items=items, next=following(items, page, *PERSON, "what"))


async def _halves(tx: Transaction, case_id: UUID, cell: str, page: PageQuery) -> Listing[HalfEntry]:
    found = positioned(page.after, instant, _cell, number)
    after = None if found is None else (found[0], found[1], found[2])
    items = await half_queries.halves(tx, HalvesAsked(case_id, cell, after, page.limit))
    return Listing(items=items, next=following(items, page, "at", "cell", "entry"))


def _cell(part: str) -> str:
    if re.fullmatch(r"[A-Z]{2}", part) is None:
        raise ValueError("not a cell")
    return part


def _word(part: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9:_.\-]{1,80}", part) is None:
        raise ValueError("neither a pseudonym nor a code")
    return part


def _purpose(part: str) -> str:
    if part not in codes("purpose"):
        raise ValueError("not a purpose")
    return part


def _person(page: PageQuery) -> account_queries.Person | None:
    found = positioned(page.after, _word, identifier, _purpose, _word)
    return None if found is None else (found[0], found[1], found[2], found[3])


@router.get("/v1/recalls", summary="Recalls that nobody has answered, over all cases, the oldest first")
async def list_open_recalls(
    actor: Who,
    tx: Tx,
    page: Page,
    overdue: Annotated[
        bool | None, Query(description="only those whose time to answer is over, or is not")
    ] = None,
    direction: Annotated[
        Direction | None, Query(description="out: ours; in: those that we must answer")
    ] = None,
    partner: Annotated[Cell | None, Query(description="only those with this cell")] = None,
) -> Listing[OpenRecall]:
    """404 for a partner that this cell never had: an empty page would say that nothing is open with it."""
    require(actor, "trail.read")
    sought = RecallsSought(overdue, direction, partner)
    items = await account_queries.open_recalls(
        tx, sought, positioned(page.after, instant, number), page.limit
    )
    if not items:
        await matters.require_partner(tx, actor.cell, partner)
    tx.say(LogReadV1(view="recalls", sought_cell=partner))
    return Listing(items=items, next=following(items, page, "recalled_at", "entry"))
