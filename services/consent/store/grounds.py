"""What a decision rests on besides her consent: the agreements that consent was told of, and the directory."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import Reader
from chassis.tables import insert_missing
from contracts.disclosure import AgreementTerms
from contracts.organisations import ACTIVE, may_receive
from services.consent.domain.authorisation import Ground, Listed
from services.consent.domain.ground import AgreementVersions
from services.consent.store.tables import AGREEMENTS

_AGREEMENTS = text(
    "select distinct on (id) * from consent.agreements order by id, (valid_from <= :now) desc, version desc"
)
_DIRECTORY = text("select id, cell, role, type from chassis.organisations where status = :active")
_SAVE = insert_missing(AGREEMENTS)
_TERMS = Reader(AgreementTerms, AGREEMENTS)


async def ground(tx: Transaction, cell: str, now: datetime) -> Ground:
    """Agreements as they stand (the newest version that has begun, else the newest) and the directory."""
    agreements = _TERMS.all(await tx.execute(_AGREEMENTS, {"now": now}))
    listed = await tx.execute(_DIRECTORY, {"active": ACTIVE})
    directory = {row.id: Listed(row.cell, row.role) for row in listed if may_receive(row.role, row.type)}
    return Ground(cell=cell, agreements=agreements, directory=directory)


async def load_agreements(_: Transaction, ids: Sequence[str]) -> dict[str, AgreementVersions]:
    return {id_: AgreementVersions(id_) for id_ in ids}


async def save_agreements(tx: Transaction, agreements: Sequence[AgreementVersions]) -> None:
    await _SAVE.write(tx, [terms for agreement in agreements for terms in agreement.heard.values()])
