"""Fences a disclosure that consent took back: the answer tells consent that nothing of it can be sealed any more."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Transaction
from services.exchange.outgoing import outgoing
from services.exchange.store import disclosures

PATIENCE_MILLISECONDS = 2_000
"""The time that the caller waits for a sealing that has begun. Then it is answered 503 and asks again."""


@dataclass(frozen=True, slots=True)
class RecalledDisclosure:
    """A disclosure that consent recalled, and why, as `disclosure.recalled` says it too."""

    disclosure_id: UUID
    case_id: UUID
    referral_id: UUID
    reason: str


async def fence(tx: Transaction, recalled: RecalledDisclosure) -> bool:
    """Fence the disclosure. True where anything of it ever left. A process that seals holds the row until its commit,
    and one that comes later finds the disclosure over.

    The event that says the same comes later or came before, and then changes nothing.
    """
    tx.wait_at_most(PATIENCE_MILLISECONDS)
    held = (await disclosures.load(tx, [recalled.disclosure_id]))[recalled.disclosure_id]
    facts = held.recall(recalled.case_id, recalled.referral_id, recalled.reason, await tx.clock())
    tx.say(*map(outgoing, facts))
    await disclosures.save(tx, [held])
    return held.seals > 0
