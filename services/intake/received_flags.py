"""Urgent flags that came with her: what stands in everything that was received and not taken back."""

from uuid import UUID

from chassis.database import Origin
from chassis.service import Service
from contracts.casefile.fields import from_text
from contracts.casefile.urgent import URGENT_FIELDS, flags_in
from services.intake import queries
from services.intake.domain.received import READABLE, State
from services.intake.sealing import open_fields, vault_of


async def flags_that_came(service: Service, origin: Origin, case_id: UUID, person_id: UUID) -> frozenset[str]:
    """Opened outside any transaction. A value whose key is gone says nothing any more."""
    async with service.database.transaction(origin) as tx:
        received = await queries.received_fields(tx, case_id)
    flags = frozenset[str]()
    for row in received:
        if State(row.state) in READABLE:
            urgent = {name: value for name, value in row.values.items() if name in URGENT_FIELDS}
            texts = await open_fields(vault_of(service), person_id, row.id, urgent)
            flags |= flags_in({name: from_text(name, text) for name, text in texts.items()})
    return flags
