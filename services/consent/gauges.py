"""Recalls that a recipient has not answered, in numbers, by the recipient's cell: what she withdrew may still be read there."""

from collections.abc import Iterable

from sqlalchemy import text

from chassis.database import Transaction
from chassis.observe.metrics import Gauge, Sample
from chassis.readings import Ask

PARTNER = ("partner",)
UNANSWERED = Gauge("recalls.unanswered", "Disclosures that were recalled and are not answered.", PARTNER)
OLDEST = Gauge("recalls.oldest", "Since when the oldest of them has waited; 0 where none does.", PARTNER, "s")

_UNANSWERED = text(
    """
    select d.recipient_cell as cell, count(*) as unanswered, min(written.at) as since
    from consent.disclosures d cross join lateral (
        select max(l.at) as at from consent.ledger l
        where l.case_id = d.case_id and l.disclosure_id = d.id and l.step = 'recalled'
    ) as written
    where d.stage = 'recalled' group by d.recipient_cell order by d.recipient_cell
    """
)


def recalls(cell: str) -> Ask:
    async def ask(tx: Transaction) -> Iterable[Sample]:
        waiting = {row.cell: row for row in await tx.execute(_UNANSWERED)}
        samples: list[Sample] = []
        for partner in sorted({cell, *waiting}):
            row = waiting.get(partner)
            age = (tx.now - row.since).total_seconds() if row else 0.0
            samples += [UNANSWERED.at(row.unanswered if row else 0, partner), OLDEST.at(age, partner)]
        return samples

    return ask
