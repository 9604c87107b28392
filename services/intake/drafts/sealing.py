"""The content of a draft in the vault: one sealed text under the person's key, under a name of its own in the register."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis.problems import WrongState
from chassis.vault.vault import Sealing, Vault
from services.intake.casefile.sealing import open_json, seal_json
from services.intake.drafts.domain.draft import Draft

CONTENT = "draft.content"


def draft_record(draft_id: UUID | str) -> str:
    """Never the identifier of the case, for that one is released only when she is erased."""
    return f"{draft_id}.draft"


async def seal_content(vault: Vault, person_id: UUID, draft_id: UUID, content: Mapping[str, Any]) -> str:
    return await seal_json(vault, person_id, CONTENT, draft_record(draft_id), dict(content))


async def open_content(vault: Vault, draft: Draft) -> dict[str, Any]:
    """Empty where the draft has none any more. Raises WrongState where the key is gone."""
    if draft.content is None:
        return {}
    sealed = Sealing(draft.person_id, CONTENT, draft_record(draft.id), draft.content)
    (content,) = await open_json(vault, [sealed])
    if content is None:
        raise WrongState
    return dict(content)
