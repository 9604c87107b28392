"""Recalls that a recipient has not answered, in numbers, by the recipient's cell: what she withdrew may still be read there."""

from collections.abc import Iterable

from chassis.database import Transaction
from chassis.observe.metrics import Gauge, Sample
from chassis.readings import Ask
from services.consent.store.disclosures import unanswered_recalls

PARTNER = ("partner",)
UNANSWERED = Gauge("recalls.unanswered", "Disclosures that were recalled and are not answered.", PARTNER)
OLDEST = Gauge("recalls.oldest", "Since when the oldest of them has waited; 0 where none does.", PARTNER, "s")


def recalls(cell: str) -> Ask:
    async def ask(tx: Transaction) -> Iterable[Sample]:
        waiting = {row.cell: row for row in await unanswered_recalls(tx)}
        samples: list[Sample] = []
        for partner in sorted({cell, *waiting}):
            row = waiting.get(partner)
            age = (tx.now - row.since).total_seconds() if row else 0.0
            samples += [UNANSWERED.at(row.recalls if row else 0, partner), OLDEST.at(age, partner)]
        return samples

    return ask
