"""The references of cases: drawn by chance, and given once each."""

from collections.abc import Sequence
from secrets import choice
from uuid import UUID

from sqlalchemy import text

from chassis.database import Origin, Transaction
from chassis.identity.references import claim, reference_column, references_of
from contracts.casefile.reference import DRAWN, SYMBOLS, reference_of
from services.intake.casefile.domain.facts import CaseReferenced
from services.intake.casefile.outgoing import outgoing

ROUNDS = 20
"""The draws for a case after which none is taken to be free: even where half of all are given, one case in a million."""
_UNNAMED = text(f"select c.id from intake.cases c where {reference_column('c.id')} is null limit :limit")


class NoReferenceFree(Exception):
    """As good as every reference of this cell is given."""


async def give(tx: Transaction, cases: Sequence[UUID], origin: Origin | None = None) -> None:
    """Give a reference to each of these cases that has none, and say it."""
    waiting = list(cases)
    for _ in range(ROUNDS):
        if not waiting:
            return
        given = await claim(tx, {_drawn(tx.database.cell): case_id for case_id in waiting})
        facts = [CaseReferenced(case_id, given[case_id]) for case_id in waiting if case_id in given]
        tx.say(*map(outgoing, facts), origin=origin)
        if len(given) == len(waiting):
            return
        known = await references_of(tx, waiting)
        waiting = [case_id for case_id in waiting if case_id not in known]
    if waiting:
        raise NoReferenceFree


async def unnamed(tx: Transaction, limit: int) -> list[UUID]:
    """Cases without a reference: from before there were references."""
    return [row.id for row in await tx.execute(_UNNAMED, {"limit": limit})]


def _drawn(cell: str) -> str:
    return reference_of(cell, [choice(SYMBOLS) for _ in range(DRAWN)])
