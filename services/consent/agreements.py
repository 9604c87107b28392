"""Disclosures follow when their agreement changes or ends: case by case, in batches, from a due row."""

import logging
from uuid import UUID

from chassis.database import Transaction
from chassis.outbox import DueWork
from chassis.work import WorkItem, WorkKind, no_act
from services.consent.domain.facts import DisclosureAuthorised, DisclosureRecalled, Fact
from services.consent.outgoing import LOOK, outgoing
from services.consent.store import disclosures, records

BATCH = 100
"""The cases whose records are held by one transaction."""

ATTEMPTS = 100
"""The work is protective and needs the database alone: it is not given up."""

log = logging.getLogger(__name__)


def look_work(cell: str) -> WorkKind:
    async def look(tx: Transaction, item: WorkItem, _: None) -> None:
        """Look at one batch, and make the row due again for the next. A case that an earlier look has settled is
        found in order.
        """
        done, agreement_id = item.payload, item.payload["agreement_id"]
        cases = await disclosures.cases_under(tx, agreement_id, done.get("after"), BATCH)
        said = await _reconsider(tx, cell, cases)
        counts = {
            "looked": done.get("looked", 0) + len(cases),
            "recalled": done.get("recalled", 0) + _count(said, DisclosureRecalled),
            "anew": done.get("anew", 0) + _count(said, DisclosureAuthorised),
        }
        log.info(
            "agreement %s version %d: %d cases looked at, %d disclosures taken back, %d of them disclosed anew",
            *(agreement_id, done["version"], *counts.values()),
        )
        if len(cases) == BATCH:
            tx.say(DueWork(LOOK, item.key, {**done, **counts, "after": str(cases[-1])}))

    return WorkKind(LOOK, act=no_act, finish=look, max_attempts=ATTEMPTS)


async def _reconsider(tx: Transaction, cell: str, cases: list[UUID]) -> list[Fact]:
    loaded = await records.load(tx, cell, cases)
    said = [fact for case in loaded.values() for fact in case.agreement_changed(tx.now)]
    await records.save_cases(tx, list(loaded.values()))
    tx.say(*map(outgoing, said))
    return said


def _count(said: list[Fact], kind: type[Fact]) -> int:
    return sum(isinstance(fact, kind) for fact in said)
