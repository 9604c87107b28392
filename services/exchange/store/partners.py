"""The partners as known here, the trust list in force, and the agreements that were announced."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from chassis.tables import upsert_set
from contracts.border.check import Agreement
from contracts.border.items import AgreementReference
from services.exchange.domain.border import BorderView
from services.exchange.domain.sent import SentState
from services.exchange.store.tables import AGREEMENTS, PARTNERS, TRUST

AWAY = timedelta(days=1)

_HEARD = upsert_set(
    PARTNERS,
    "cell",
    "present_at",
    "heard_at",
    "read_by_partner",
    where="t.present_at is null or t.present_at < excluded.present_at",
)
_TROUBLE = upsert_set(
    PARTNERS, "cell", "trouble", "trouble_at", where="t.trouble is distinct from excluded.trouble"
)
_TRUST = upsert_set(TRUST, "version", "issued", "sha256", where="t.version <= excluded.version")
_AGREEMENT = upsert_set(
    AGREEMENTS, update=["current"], where="not t.current", returning="(xmax = 0) as inserted"
)

_VIEW = text(
    f"""
    select (select present_at from exchange.partners where cell = :cell) as present_at,
      (select issued from exchange.trust) as issued,
      (select count(*) from exchange.envelope_items where cell = :cell and state = '{SentState.WAITING}') as waiting
    """
)


async def hear(tx: Transaction, cell: str, present_at: datetime, read: Mapping[int, int]) -> bool:
    """Take a sign of life; one older than the last says nothing. True for the first, or the first for a day."""
    before = await tx.execute(
        text("select heard_at from exchange.partners where cell = :cell"), {"cell": cell}
    )
    last = before.scalar_one_or_none()
    heard = {"cell": cell, "present_at": present_at, "heard_at": tx.now, "read_by_partner": dict(read)}
    taken = await _HEARD.write(tx, [heard]) == 1
    return taken and (last is None or tx.now - last > AWAY)


async def heard_since(tx: Transaction, since: datetime) -> list[str]:
    """The partners who gave a sign of life since then."""
    statement = text("select cell from exchange.partners where heard_at > :since order by cell")
    return list((await tx.execute(statement, {"since": since})).scalars())


async def trouble(tx: Transaction, cell: str, what: str | None) -> None:
    """Write the reason why this partner's topic cannot be read; None when it can be read again."""
    at = None if what is None else tx.now
    await _TROUBLE.write(tx, [{"cell": cell, "trouble": what, "trouble_at": at}])


async def view(tx: Transaction, cell: str, own_cell: str) -> BorderView:
    row = (await tx.execute(_VIEW, {"cell": cell})).one()
    return BorderView(cell != own_cell, row.present_at, row.waiting, row.issued)


async def trust_in_force(tx: Transaction) -> tuple[int, str]:
    """Version and hash of the trust list that was last in force; 0 when there was none."""
    row = (await tx.execute(text("select version, sha256 from exchange.trust"))).first()
    return (0, "") if row is None else (row.version, row.sha256)


async def agreements_in_force(tx: Transaction) -> list[AgreementReference]:
    """The versions that were last in force; what has not begun is not among them."""
    statement = text(
        "select id, version, sha256 from exchange.agreements where current and valid_from <= :now order by id"
    )
    rows = await tx.execute(statement, {"now": tx.now})
    return [AgreementReference(row.id, row.version, row.sha256) for row in rows]


async def agreement_version(tx: Transaction, agreement_id: str) -> int | None:
    """The current version of an agreement."""
    statement = text("select version from exchange.agreements where id = :id and current")
    version: int | None = (await tx.execute(statement, {"id": agreement_id})).scalar()
    return version


async def put_trust(tx: Transaction, version: int, issued: datetime, sha256: str) -> None:
    await _TRUST.write(tx, [{"version": version, "issued": issued, "sha256": sha256}])


async def put_agreement(tx: Transaction, agreement: Agreement) -> bool:
    """Make this the agreement's current version. True where the version was never announced before."""
    terms = agreement.terms
    document: dict[str, Any] = {
        "purposes": list(terms.purposes),
        "fields": list(terms.fields),
        "process_codes": list(agreement.process_codes),
        "legal_basis": agreement.legal_basis,
    }
    others = (
        "update exchange.agreements set current = false where id = :id and version <> :version and current"
    )
    await tx.execute(text(others), {"id": terms.id, "version": terms.version})
    row = {
        "id": terms.id,
        "version": terms.version,
        "sha256": terms.sha256,
        "cells": terms.cells,
        "document": document,
        "valid_from": terms.valid_from,
        "valid_until": terms.valid_until,
        "current": True,
        "announced_at": tx.now,
    }
    return bool((await _AGREEMENT.execute(tx, [row])).scalar())
