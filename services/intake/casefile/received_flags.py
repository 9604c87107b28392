"""The standing urgent flags: those recorded here, else those that came with her."""

import json
from uuid import UUID

from chassis.database import Origin
from chassis.service import Service
from contracts.casefile.fields import from_text
from contracts.casefile.urgent import URGENT_FIELDS, flags_in
from services.intake.casefile import queries
from services.intake.casefile.domain.field_classes import FLAGS_CLASS
from services.intake.casefile.domain.received import READABLE, ReceivedState
from services.intake.casefile.sealing import open_fields


async def standing_flags(service: Service, origin: Origin, case_id: UUID, person_id: UUID) -> frozenset[str]:
    """The standing flags, opened outside any transaction, like everything here. A value whose key is gone says
    nothing any more.
    """
    async with service.database.transaction(origin) as tx:
        sealed = await queries.flags(tx, case_id)
    if sealed is None:
        return await flags_that_came(service, origin, case_id, person_id)
    return await opened_flags(service, case_id, person_id, sealed)


async def opened_flags(
    service: Service, case_id: UUID, person_id: UUID, sealed: str | None
) -> frozenset[str]:
    if sealed is None:
        return frozenset()
    texts = await open_fields(service.vault, person_id, case_id, {FLAGS_CLASS: sealed})
    return frozenset(json.loads(texts.get(FLAGS_CLASS, "[]")))


async def came_with(service: Service, origin: Origin, case_id: UUID) -> UUID | None:
    """The newest disclosure by which standing flags came; with it goes what is derived from them. None where they
    were recorded here.
    """
    async with service.database.transaction(origin) as tx:
        if await queries.flags(tx, case_id) is not None:
            return None
        received = await queries.received_fields(tx, case_id)
    readable = [row for row in received if ReceivedState(row.state) in READABLE]
    return next((row.id for row in reversed(readable) if URGENT_FIELDS & row.values.keys()), None)


async def flags_that_came(service: Service, origin: Origin, case_id: UUID, person_id: UUID) -> frozenset[str]:
    """The flags in every disclosure that was received and not taken back."""
    async with service.database.transaction(origin) as tx:
        received = await queries.received_fields(tx, case_id)
    flags = frozenset[str]()
    for row in received:
        if ReceivedState(row.state) in READABLE:
            urgent = {name: value for name, value in row.values.items() if name in URGENT_FIELDS}
            texts = await open_fields(service.vault, person_id, row.id, urgent)
            flags |= flags_in({name: from_text(name, text) for name, text in texts.items()})
    return flags
