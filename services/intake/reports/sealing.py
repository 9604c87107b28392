"""Words in the vault: of a call, under a key of its own or of the person in whose case it is; of an incident, under a key of its own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.problems import AlreadyThere
from chassis.vault.vault import KeyDestroyed, Sealing, Vault
from services.intake.casefile.sealing import open_json, seal_json
from services.intake.reports.domain.calls import Call, CallWords, call_record
from services.intake.reports.domain.field_classes import CALL_CONTENT, INCIDENT_TEXT
from services.intake.reports.domain.incidents import Incident, incident_key, incident_record


async def make_own_key(vault: Vault, owner: UUID) -> None:
    """A key that is one call's or incident's alone. Raises AlreadyThere where it has gone since: the thing was written down before."""
    try:
        await vault.create(owner)
    except KeyDestroyed:
        raise AlreadyThere from None


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


async def seal_incident(vault: Vault, incident_id: UUID, revision: int, words: str) -> str:
    """Under a new key of this revision."""
    owner = incident_key(incident_id, revision)
    await make_own_key(vault, owner)
    return await vault.seal(owner, INCIDENT_TEXT, incident_record(incident_id, revision), words)


async def open_incident(vault: Vault, incident: Incident) -> str | None:
    """None where there are no words, or their key is gone."""
    sealed = incident.account.content
    if sealed is None:
        return None
    record = incident_record(incident.id, incident.revision)
    (words,) = await vault.open_many([Sealing(incident.owner, INCIDENT_TEXT, record, sealed)])
    return words
