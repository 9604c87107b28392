"""Signs of life: at each turn while something crosses, and at every second one where nothing does."""

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from chassis.database import Transaction
from contracts.border.items import ControlItem
from services.exchange import presence as module
from services.exchange.presence import OFTEN_ENOUGH, PresenceLoop
from services.exchange.sealing import Address, NoKey
from tests.exchange.test_refusals import sealed
from tests.exchange.two_cells import Cell


class Turns:
    """The turns of a cell's loop, on a clock of their own."""

    def __init__(self, cell: Cell, partner: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
        self._cell, self._partner, self._at = cell, partner, 1_000.0
        found = next(loop for loop in cell.harness.service.loops if loop.name == "presence")
        assert isinstance(found, PresenceLoop)
        self._loop, self.settings, self.sealer = found, found._settings, found._sealer
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self._at))

    async def said(self, turns: int) -> list[bool]:
        """Whether the partner was told, in each of so many turns."""
        found = []
        for _ in range(turns):
            await self._loop.say_all()
            found.append(bool(await self._cell.leaving(self._partner)))
            self._at += self.settings.presence_seconds
        return found


async def test_a_partner_to_whom_nothing_went_is_told_in_every_second_turn(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(th, kh, monkeypatch)
    assert await turns.said(OFTEN_ENOUGH + 4) == [*[True] * OFTEN_ENOUGH, False, True, False, True]


async def test_a_partner_to_whom_an_envelope_went_is_told_in_the_next_turns(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(th, kh, monkeypatch)
    assert (await turns.said(OFTEN_ENOUGH + 2))[-2:] == [False, True]  # the next would be left out
    await sealed(th, kh)
    assert await turns.said(OFTEN_ENOUGH + 1) == [*[True] * OFTEN_ENOUGH, False]


async def test_no_turn_is_left_out_where_the_border_would_close_if_the_next_were_lost(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(th, kh, monkeypatch)
    monkeypatch.setattr(turns.settings, "presence_seconds", turns.settings.presence_lifetime_seconds / 4)
    assert all(await turns.said(OFTEN_ENOUGH + 3))


async def test_as_it_is_set_one_sign_of_life_may_be_lost(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Turns(th, kh, monkeypatch).settings
    assert settings.presence_lifetime_seconds > 2 * 2 * settings.presence_seconds


async def test_where_one_partner_has_no_key_or_is_stuck_the_other_is_told(
    th: Cell, kh: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = Turns(th, kh, monkeypatch)
    sealer, send = turns.sealer, turns.sealer.send_uncounted

    async def without(tx: Transaction, address: Address, item: ControlItem) -> None:
        if address.cell == kh.name:
            raise NoKey("recipient_unknown")
        await send(tx, address, item)

    monkeypatch.setattr(sealer, "send_uncounted", without)
    assert (await turns.said(1), bool(await th.leaving(th))) == ([False], True)
    monkeypatch.setattr(sealer, "send_uncounted", send)
    assert await turns.said(1) == [True]
    async with th.harness.service.database.transaction(th.harness.service.database.system()) as tx:
        await tx.execute(
            text("update chassis.outbox set time = :at where topic = 'egress.kh'"),
            {"at": tx.now - 2 * module.TOO_LONG},
        )
    await th.leaving(th)
    assert (await turns.said(1), bool(await th.leaving(th))) == ([False], True)
