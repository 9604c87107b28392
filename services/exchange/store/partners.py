"""What is known of each partner, of the trust list in force, and of the agreements that were announced."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.check import Agreement
from services.exchange.domain.border import BorderView
from services.exchange.store import outgoing_envelopes

AWAY = timedelta(days=1)


async def hear(tx: Transaction, cell: str, present_at: datetime, read: Mapping[int, int]) -> bool:
    """A sign of life. An older one than the last says nothing. Whether it is the first, or the first for a day."""
    before = await tx.execute(
        text("select heard_at from exchange.partners where cell = :cell"), {"cell": cell}
    )
    last = before.scalar_one_or_none()
    statement = """
        insert into exchange.partners (cell, present_at, heard_at, read_by_partner)
        values (:cell, :at, :now, cast(:read as jsonb))
        on conflict (cell) do update set present_at = excluded.present_at, heard_at = excluded.heard_at,
            read_by_partner = excluded.read_by_partner
        where exchange.partners.present_at is null or exchange.partners.present_at < excluded.present_at
    """
    positions = json.dumps({str(partition): offset for partition, offset in read.items()})
    heard = {"cell": cell, "at": present_at, "now": tx.now, "read": positions}
    taken = (await tx.execute(text(statement), heard)).rowcount == 1
    return taken and (last is None or tx.now - last > AWAY)


async def heard_since(tx: Transaction, since: datetime) -> list[str]:
    """The partners who gave a sign of life since then."""
    statement = text("select cell from exchange.partners where heard_at > :since order by cell")
    return list((await tx.execute(statement, {"since": since})).scalars())


async def trouble(tx: Transaction, cell: str, what: str | None) -> None:
    """What keeps us from reading this partner's topic; None when it can be read again."""
    statement = """
        insert into exchange.partners (cell, trouble, trouble_at)
        values (:cell, cast(:what as text), case when cast(:what as text) is null then null else cast(:now as timestamptz) end)
        on conflict (cell) do update set trouble = excluded.trouble, trouble_at = excluded.trouble_at
        where exchange.partners.trouble is distinct from excluded.trouble
    """
    await tx.execute(text(statement), {"cell": cell, "what": what, "now": tx.now})


async def view(tx: Transaction, cell: str, own_cell: str) -> BorderView:
    row = (
        await tx.execute(
            text(
                "select (select present_at from exchange.partners where cell = :cell) as present_at,"
                " (select issued from exchange.trust) as issued"
            ),
            {"cell": cell},
        )
    ).one()
    waiting = await outgoing_envelopes.waiting(tx, cell)
    return BorderView(cell != own_cell, row.present_at, waiting, row.issued)


async def trust_version(tx: Transaction) -> int:
    """Of the list that was last in force; 0 when there was none."""
    return int((await tx.execute(text("select max(version) from exchange.trust"))).scalar() or 0)


async def put_trust(tx: Transaction, version: int, issued: datetime, sha256: str) -> None:
    statement = """
        insert into exchange.trust (version, issued, sha256) values (:version, :issued, :sha256)
        on conflict (one) do update set version = excluded.version, issued = excluded.issued, sha256 = excluded.sha256
        where exchange.trust.version <= excluded.version
    """
    await tx.execute(text(statement), {"version": version, "issued": issued, "sha256": sha256})


async def put_agreement(tx: Transaction, agreement: Agreement) -> bool:
    """Make it the current version; whether this version was never announced before."""
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
    statement = """
        insert into exchange.agreements (id, version, sha256, cells, document, valid_from, valid_until, current,
                                         announced_at)
        values (:id, :version, :sha256, :cells, cast(:document as jsonb), :valid_from, :valid_until, true, :now)
        on conflict (id, version) do update set current = true where not exchange.agreements.current
        returning (xmax = 0) as inserted
    """
    parameters = {
        "id": terms.id,
        "version": terms.version,
        "sha256": terms.sha256,
        "cells": list(terms.cells),
        "document": json.dumps(document),
        "valid_from": terms.valid_from,
        "valid_until": terms.valid_until,
        "now": tx.now,
    }
    row = (await tx.execute(text(statement), parameters)).first()
    return row is not None and bool(row.inserted)
