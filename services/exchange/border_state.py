"""Asks the database, inside the transaction that is open, whether sealing for a partner may go on."""

from datetime import timedelta

from chassis.database import Transaction
from chassis.work import WorkPostponed
from services.exchange.domain.border import Limits, closed
from services.exchange.settings import Settings
from services.exchange.store import partners


def limits(settings: Settings) -> Limits:
    return Limits(timedelta(seconds=settings.presence_lifetime_seconds), settings.window)


async def require_open(tx: Transaction, settings: Settings, cell: str) -> None:
    """Raises WorkPostponed while nothing may be sealed for this cell."""
    view = await partners.view(tx, cell, settings.cell)
    if closed(view, limits(settings), tx.now) is not None:
        raise WorkPostponed(settings.wait_seconds)
