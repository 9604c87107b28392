"""The ground of a decision besides her consent: the agreements that consent was told of, and the directory."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import text

from chassis.database import Transaction
from chassis.directory import find_all
from chassis.rows import RowReader
from chassis.tables import insert_missing
from contracts.disclosure import AgreementTerms
from contracts.organisations import ACTIVE, may_receive
from services.consent.domain.authorisation import DirectoryEntry, Ground
from services.consent.domain.disclosure import Disclosure
from services.consent.domain.ground import AgreementVersions
from services.consent.store.tables import AGREEMENTS

_AGREEMENTS = text(
    """
    select distinct on (id) * from consent.agreements
    where id = any(cast(:ids as text[])) or (cells @> array[cast(:cell as text)] and cells && cast(:cells as text[]))
    order by id, (valid_from <= :now) desc, version desc
    """
)
_SAVE = insert_missing(AGREEMENTS)
_TERMS = RowReader(AgreementTerms, AGREEMENTS)


async def ground(
    tx: Transaction,
    cell: str,
    now: datetime,
    disclosures: Iterable[Disclosure] = (),
    recipients: Iterable[str] = (),
) -> Ground:
    """The ground to decide about these disclosures and requests to these recipients, and no more.

    The recipients as the directory has them; the agreements between their countries and this one, and those of
    earlier authorisations, as they stand: the newest version that has begun, else the newest.
    """
    known = list(disclosures)
    named = {*recipients, *(disclosure.request.recipient for disclosure in known)}
    if not named:
        return Ground(cell=cell, agreements=[], directory={})
    listed = await find_all(tx, named)
    directory = {
        one.id: DirectoryEntry(one.cell, one.role)
        for one in listed
        if one.status == ACTIVE and may_receive(one.role, one.type)
    }
    under = sorted({one.authority.agreement_id for one in known if one.authority is not None})
    cells = sorted({one.cell for one in directory.values()})
    asked = {"now": now, "ids": under, "cell": cell, "cells": cells}
    return Ground(cell=cell, agreements=_TERMS.all(await tx.execute(_AGREEMENTS, asked)), directory=directory)


async def load_agreements(_: Transaction, ids: Sequence[str]) -> dict[str, AgreementVersions]:
    return {id_: AgreementVersions(id_) for id_ in ids}


async def save_agreements(tx: Transaction, agreements: Sequence[AgreementVersions]) -> None:
    await _SAVE.write(tx, [terms for agreement in agreements for terms in agreement.heard.values()])
