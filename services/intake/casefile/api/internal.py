"""The calls that another service may make: the holder of a case now, and the authorised fields at the moment of sealing."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.database import Transaction
from chassis.identity.access import require, standing
from chassis.identity.auth import Actor
from chassis.identity.standing import principal
from chassis.problems import NotFound, Unavailable
from chassis.web.http import Tx, Who
from contracts.casefile.fields import FieldValue, from_text
from contracts.internal import PREFIX, CaseStanding, DisclosableQuestion, StandingQuestion
from services.intake.casefile import queries
from services.intake.casefile.domain.case import Case
from services.intake.casefile.grants import UNCONFIRMED
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Running
from services.intake.casefile.sealed_rows import SealedCustody
from services.intake.casefile.sealing import open_fields
from services.intake.casefile.store import authorised, cases, records

PAUSES_SECONDS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
"""The pauses between two looks for an authorisation. Sealing would ask again after a second."""

router = APIRouter(prefix=PREFIX, tags=["internal"])


class Unheard(Unavailable):
    """Consent's authorisation has not arrived here."""


@dataclass(frozen=True, slots=True)
class DisclosableFields:
    """A case, the asked fields that may leave, the values of them that were recorded here, and what came with her; sealed as they are kept."""

    case: Case
    allowed: list[str]
    own: Mapping[str, str]
    held: Sequence[SealedCustody]


@router.post(
    "/cases/{case_id}/standing",
    summary="Whether somebody may do something with a case, as it is now",
)
async def ask_standing(case_id: UUID, body: StandingQuestion, actor: Who, tx: Tx) -> CaseStanding:
    require(actor, "internal.standing")
    return await standing(tx, actor.policies, principal(body, actor), body.action, case_id)


@router.post("/cases/{case_id}/disclosable", summary="The values of these fields, and no more")
async def read_disclosable(
    case_id: UUID, body: DisclosableQuestion, actor: Who, service: Running, response: Response
) -> dict[str, FieldValue]:
    """Field → value, of the fields that this very disclosure was authorised for, as far as somebody has recorded
    them.

    A value recorded here goes before one that came with her. A value that came with a transfer which was accepted may
    go on while its grant stands; one that came with a referral never does. Consent's authorisation, which is on its way here while the log hears of it, is
    waited for; 503 where it has not arrived by then.
    """
    found = await _when_heard(lambda: _found(service, actor, case_id, body))
    opened = await _inherited(service, actor, body.disclosure_id, found)
    opened |= await open_fields(service.vault, found.case.person_id, case_id, found.own)
    response.headers["Cache-Control"] = "no-store"
    return {name: from_text(name, text) for name, text in opened.items()}


async def _when_heard(find: Callable[[], Awaitable[DisclosableFields]]) -> DisclosableFields:
    """Look again for a moment where the authorisation is not here; between two looks no transaction is open. Raises Unheard."""
    for seconds in PAUSES_SECONDS:
        with contextlib.suppress(Unheard):
            return await find()
        await asyncio.sleep(seconds)
    return await find()


async def _found(
    service: Running, actor: Actor, case_id: UUID, body: DisclosableQuestion
) -> DisclosableFields:
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "internal.disclosable", case_id)
        allowed = await _authorised(tx, case_id, body)
        recorded = await records.own_fields(tx, case_id)
        held = await queries.held_in_custody(tx, case_id)
        own = {name: recorded[name] for name in allowed if name in recorded}
        tx.say(record_read(case_id, "disclosure", body.disclosure_id, tuple(own)))
    return DisclosableFields(case, allowed, own, held)


async def _inherited(
    service: Running, actor: Actor, disclosure_id: UUID, found: DisclosableFields
) -> dict[str, str]:
    """The asked fields that came with her, the newest of each, as far as they are still granted.

    Raises Unavailable where consent cannot be asked: sealing waits, so that nothing is left out in silence.
    """
    case = found.case
    closed = await service.parts.grants.closed([row.id for row in found.held])
    if UNCONFIRMED in closed.values():
        raise Unavailable("consent cannot be asked")
    opened: dict[str, str] = {}
    for row in found.held:
        if closed[row.id] is not None:
            continue
        values = {n: v for n, v in row.values.items() if n in row.fields and n in found.allowed}
        opened |= await open_fields(service.vault, case.person_id, row.id, values)
    if opened:
        async with service.database.transaction(actor.origin()) as tx:
            tx.say(record_read(case.id, "received-fields", disclosure_id, tuple(opened)))
    return opened


async def _authorised(tx: Transaction, case_id: UUID, body: DisclosableQuestion) -> list[str]:
    """The asked fields that may leave. Raises Unheard, and NotFound where the disclosure is of another case, was recalled, or has
    ended.
    """
    disclosure = await authorised.read(tx, body.disclosure_id)
    if disclosure is None:
        raise Unheard
    if not disclosure.allows(case_id, await tx.clock()):
        raise NotFound
    return [name for name in body.fields if name in disclosure.fields]
