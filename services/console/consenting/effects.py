"""The effects of one consent as the ledger has them: to whom something was told, when it was taken back, and who answered with what."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.console.consenting.views import LEDGER, LedgerEntry
from services.console.visiting import SignedIn

PAGES, ROWS = 10, 200
"""At most so many entries of a case are looked through."""


@dataclass(slots=True)
class Effect:
    """One disclosure. `steps` has the latest entry of each kind."""

    recipient: str
    cell: str
    fields: list[str] = field(default_factory=list)
    expires: datetime | None = None
    steps: dict[str, LedgerEntry] = field(default_factory=dict)

    @property
    def recalled(self) -> LedgerEntry | None:
        return self.steps.get("recalled")

    @property
    def answered(self) -> LedgerEntry | None:
        return self.steps.get("answered")

    @property
    def delivered(self) -> LedgerEntry | None:
        return self.steps.get("delivered")


def effects_of(entries: Iterable[LedgerEntry], consent_id: UUID) -> list[Effect]:
    """The disclosures under this consent in their order. One that was refused told nobody anything, and is left out."""
    found: dict[UUID, Effect] = {}
    for entry in entries:
        if entry.consent_id != consent_id:
            continue
        effect = found.setdefault(entry.disclosure_id, Effect(entry.recipient, entry.recipient_cell))
        effect.fields = entry.fields or effect.fields
        effect.expires = entry.expires or effect.expires
        effect.steps[entry.step] = entry
    return [effect for effect in found.values() if effect.steps.keys() - {"refused"}]


async def told(who: SignedIn, case_id: UUID) -> list[LedgerEntry]:
    """The ledger of a case. Raises like `Voice.ask`."""
    entries: list[LedgerEntry] = []
    query: dict[str, object] = {"limit": ROWS}
    for _ in range(PAGES):
        page = (await who.voice.ask(LEDGER, case_id=case_id, query=query)).value
        entries += page.items
        if page.next is None:
            break
        query["after"] = page.next
    return entries
