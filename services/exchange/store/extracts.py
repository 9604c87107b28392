"""The signed texts of extracts that partners released to auditors of this cell."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import insert_missing
from contracts.border.envelope import read_kept
from contracts.border.extract import Extract
from services.exchange.store.tables import EXTRACT_EVIDENCE

_ADD = insert_missing(EXTRACT_EVIDENCE)
_KEPT = text(
    "select evidence from exchange.extract_evidence where cell = :cell and request_id = :id order by part"
)
_READ = text("select evidence from exchange.extract_evidence where request_id = :id order by cell, part")


async def kept(tx: Transaction, cell: str, request_id: UUID) -> list[Extract]:
    """The parts of an answer that are kept, in their order."""
    signed = (await tx.execute(_KEPT, {"cell": cell, "id": request_id})).scalars()
    parts = (read_kept(one).extract for one in signed)
    return [one for one in parts if one is not None]


async def add(tx: Transaction, cell: str, extract: Extract, evidence: str) -> bool:
    """Keep a part; the first of its number stays. True where it was new."""
    row = {
        "cell": cell,
        "request_id": extract.request_id,
        "part": extract.part,
        "evidence": evidence,
        "at": tx.now,
    }
    return await _ADD.write(tx, [row]) == 1


async def evidence(tx: Transaction, request_id: UUID) -> list[str]:
    """In the order of the parts."""
    return list((await tx.execute(_READ, {"id": request_id})).scalars())


async def load(_: Transaction, keys: Sequence[UUID]) -> dict[UUID, None]:
    """Nothing is kept of what goes out but the item itself, in its envelope."""
    return dict.fromkeys(keys)


async def save(_: Transaction, __: Sequence[None]) -> None:
    """Nothing, as `load` says."""
