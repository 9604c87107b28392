"""The calls that another service may make: the holder of a case now, and the authorised fields at the moment of sealing."""

from collections.abc import Sequence
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

router = APIRouter(prefix=PREFIX, tags=["internal"])


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
    go on while its grant stands; one that came with a referral never does. 503 while consent's authorisation has not
    arrived here.
    """
    async with service.database.transaction(actor.origin()) as tx:
        case = await cases.get(tx, actor, "internal.disclosable", case_id)
        allowed = await _authorised(tx, case_id, body)
        own = await records.own_fields(tx, case_id)
        held = await queries.held_in_custody(tx, case_id)
        asked = {name: own[name] for name in allowed if name in own}
        tx.say(record_read(case_id, "disclosure", body.disclosure_id, tuple(asked)))
    opened = await _inherited(service, actor, body.disclosure_id, allowed, case, held)
    opened |= await open_fields(service.vault, case.person_id, case_id, asked)
    response.headers["Cache-Control"] = "no-store"
    return {name: from_text(name, text) for name, text in opened.items()}


async def _inherited(
    service: Running,
    actor: Actor,
    disclosure_id: UUID,
    allowed: Sequence[str],
    case: Case,
    held: Sequence[SealedCustody],
) -> dict[str, str]:
    """The asked fields that came with her, the newest of each, as far as they are still granted.

    Raises Unavailable where consent cannot be asked: sealing waits, so that nothing is left out in silence.
    """
    closed = await service.parts.grants.closed([row.id for row in held])
    if UNCONFIRMED in closed.values():
        raise Unavailable("consent cannot be asked")
    opened: dict[str, str] = {}
    for row in held:
        if closed[row.id] is not None:
            continue
        values = {n: v for n, v in row.values.items() if n in row.fields and n in allowed}
        opened |= await open_fields(service.vault, case.person_id, row.id, values)
    if opened:
        async with service.database.transaction(actor.origin()) as tx:
            tx.say(record_read(case.id, "received-fields", disclosure_id, tuple(opened)))
    return opened


async def _authorised(tx: Transaction, case_id: UUID, body: DisclosableQuestion) -> list[str]:
    """The asked fields that may leave. Raises NotFound where the disclosure is of another case, was recalled, or has
    ended.
    """
    disclosure = await authorised.read(tx, body.disclosure_id)
    if disclosure is None:
        raise Unavailable
    if not disclosure.allows(case_id, await tx.clock()):
        raise NotFound
    return [name for name in body.fields if name in disclosure.fields]
