"""The words of a call in the vault: one sealed text, under a key of its own or of the person in whose case it is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.vault.vault import Sealing, Vault
from services.intake.casefile.sealing import open_json, seal_json
from services.intake.reports.domain.calls import Call, CallWords, call_record
from services.intake.reports.domain.field_classes import CALL_CONTENT


async def seal_call(
    vault: Vault, call_id: UUID, owner: UUID, sealing: int, content: Mapping[str, Any]
) -> CallWords:
    record = call_record(call_id, sealing)
    return CallWords(owner, sealing, await seal_json(vault, owner, CALL_CONTENT, record, dict(content)))


async def open_call(vault: Vault, call: Call) -> dict[str, Any] | None:
    """None where the words are gone: deleted, or erased with her in whose case it is."""
    if call.content is None:
        return None
    place = Sealing(call.owner, CALL_CONTENT, call_record(call.id, call.sealing), call.content)
    (content,) = await open_json(vault, [place])
    return None if content is None else dict(content)
