"""Applies the records of a partner's topic: recalls and all other control first, then the rest in its order."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from enum import Enum, auto
from uuid import UUID

from chassis.database import Transaction
from chassis.faults import named, transient
from chassis.problems import Unavailable
from chassis.service import Service
from contracts.border.check import check_claims, is_presence
from contracts.border.envelope import KeyOf, OpenedEnvelope, UnopenedEnvelope, open_envelope, sha256
from contracts.border.items import ControlItem, DisclosureItem, Item, Presence
from services.exchange.domain.distrust import Distrusts
from services.exchange.store import distrusts, inbox, outgoing_envelopes
from services.exchange.store.inbox import RawRecord
from services.exchange.trust import Trust
from services.exchange.use_cases.prepare_disclosure import NotYet, look, prepare
from services.exchange.use_cases.receive import (
    EnvelopeOvertaken,
    JudgedEnvelope,
    put_away,
    quarantine,
    receive,
    refuse_bytes,
)

NOTHING = Distrusts()
BEGINNING = (-1, -1)
TRIES = 5
"""The failures of one envelope by itself before it is set aside and the rest of its case goes on."""


HeardRecord = tuple[RawRecord, OpenedEnvelope | UnopenedEnvelope]
"""A stored record, and what it says, or why it cannot be opened."""


class Kind(Enum):
    """The three turns in which envelopes are applied."""

    CONTROL = auto()
    OTHER = auto()
    PRESENCE = auto()


log = logging.getLogger(__name__)


class Receiver:
    """Applies the records stored for one partner. Two processes may do it at once: each record is held while it is
    applied.
    """

    def __init__(self, service: Service, trust: Trust, cell: str) -> None:
        self._service, self._trust, self._cell = service, trust, cell
        self.waiting = False
        """A record was left because something must happen in this cell first."""

    async def run(self) -> int:
        """Apply everything stored so far; how many records were applied. Raises errors that pass if one waits."""
        applied, failed, few = 0, False, await self._few()
        async for raw, opened in self._records(few):
            if _kind(opened) is Kind.CONTROL:
                done = await self._apply(raw, opened)
                applied, failed = applied + done, failed or not done
        if few is not None:
            few = None if failed else [heard for heard in few if _kind(heard[1]) is not Kind.CONTROL]
        return applied + await self._run_rest(few)

    async def _run_rest(self, few: Sequence[HeardRecord] | None) -> int:
        """Apply the rest after all control, presence last."""
        applied, blocked = 0, set[UUID]()
        async for raw, opened in self._records(few):
            about = _references(opened)
            if _kind(opened) is Kind.PRESENCE or about & blocked:
                continue
            if await self._apply(raw, opened):
                applied += 1
            else:
                blocked |= about
        self.waiting = bool(blocked)
        return applied + await self._hear(few, complete=not blocked)

    async def _hear(self, few: Sequence[HeardRecord] | None, *, complete: bool) -> int:
        """Presence last: the partner's count is compared with the envelopes that came, once all of them were looked
        at.

        The newest presence says all that the others said; they are dropped, however many they are.
        """
        presences = [
            (raw, opened)
            async for raw, opened in self._records(few)
            if isinstance(opened, OpenedEnvelope) and _kind(opened) is Kind.PRESENCE
        ]
        if not presences:
            return 0
        newest = max(presences, key=lambda pair: pair[1].claims.iat)
        if len(presences) > 1:
            async with self._transaction() as tx:
                for raw, _ in presences:
                    if raw is not newest[0]:
                        await inbox.take(tx, raw)
        raw, opened = newest
        return await self._apply(raw, opened if complete else _without_heads(opened)) + len(presences) - 1

    async def _few(self) -> list[HeardRecord] | None:
        """All that is stored, opened once, where it is little; None where it is more than is held in memory."""
        page = await self._page(BEGINNING)
        return [(raw, self._open(raw)) for raw in page] if len(page) < inbox.PAGE else None

    async def _page(self, after: tuple[int, int]) -> list[RawRecord]:
        async with self._transaction() as tx:
            return await inbox.page(tx, self._cell, after)

    async def _records(self, few: Sequence[HeardRecord] | None) -> AsyncIterator[HeardRecord]:
        """The few that are in hand; else all that is stored, read and opened anew."""
        for heard in few or ():
            yield heard
        after = BEGINNING if few is None else None
        while after is not None:
            page = await self._page(after)
            for raw in page:
                yield raw, self._open(raw)
            after = (page[-1].partition, page[-1].offset) if len(page) == inbox.PAGE else None

    def _open(self, raw: RawRecord) -> OpenedEnvelope | UnopenedEnvelope:
        now = self._service.database.clock()

        def senders_key(kid: str) -> KeyOf | None:
            trusted = self._trust.list
            return None if trusted is None else trusted.signing_key(kid, now)

        try:
            return open_envelope(raw.raw, self._trust.own.reader, senders_key)
        except UnopenedEnvelope as refusal:
            return refusal

    async def _apply(self, raw: RawRecord, opened: OpenedEnvelope | UnopenedEnvelope) -> bool:
        """True once the record is done with. Errors of the surroundings are raised; errors of the envelope are counted."""
        try:
            if isinstance(opened, UnopenedEnvelope):
                await self._refuse(raw, opened.code)
            else:
                traces = [item.traceparent for item in opened.claims.items]
                with self._service.telemetry.batch("border", traces):
                    await self._receive(raw, opened)
        except (Unavailable, EnvelopeOvertaken) as error:
            raise ConnectionError(named(error)) from error
        except NotYet:
            return False  # the envelope waits for this cell as long as it is valid; then it is refused as expired
        except Exception as error:
            if transient(error):
                raise
            return await self._failed(raw, opened, error)
        return True

    async def _receive(self, raw: RawRecord, opened: OpenedEnvelope) -> None:
        """Apply an envelope in one transaction; where a disclosure has to be sealed here first, in one of its own after that."""
        async with self._transaction() as tx:
            distrusted = await distrusts.active(tx)
            if opened.signed_with in distrusted.keys and not await self._is_ours(tx, raw):
                await _refuse_held(tx, raw, "unknown_key")
                return
            judged = self._judge(raw, opened, distrusted)
            looked = {item.id: (item, await look(tx, judged.way, item)) for item in self._disclosures(judged)}
            if not looked:
                await _receive_held(tx, judged)
                return
        vault = self._service.vault
        prepared = {id_: await prepare(vault, item, found) for id_, (item, found) in looked.items()}
        async with self._transaction() as tx:
            await _receive_held(tx, replace(judged, prepared=prepared))

    def _disclosures(self, judged: JudgedEnvelope) -> list[DisclosureItem]:
        """The disclosures that nothing in the envelope itself refuses."""
        items, now = judged.opened.claims.items, self._service.database.clock()
        return [
            item for item in items if isinstance(item, DisclosureItem) and judged.refusal(item, now) is None
        ]

    async def _is_ours(self, tx: Transaction, raw: RawRecord) -> bool:
        return await outgoing_envelopes.is_ours(tx, self._cell, sha256(raw.raw))

    async def _refuse(self, raw: RawRecord, code: str) -> None:
        async with self._transaction() as tx:
            await _refuse_held(tx, raw, code)

    async def _failed(
        self, raw: RawRecord, opened: OpenedEnvelope | UnopenedEnvelope, error: Exception
    ) -> bool:
        """Count the failure. The record is tried again with the next one that comes, and set aside in the end: other
        cases go on.
        """
        log.warning("envelope at %s/%d/%d: %s", raw.cell, raw.partition, raw.offset, named(error))
        async with self._transaction() as tx:
            if not await inbox.hold(tx, raw):
                return True
            if raw.attempts + 1 < TRIES:
                await inbox.failed(tx, raw)
                return False
        await self._give_up(raw, opened)
        return True

    async def _give_up(self, raw: RawRecord, opened: OpenedEnvelope | UnopenedEnvelope) -> None:
        """Set the record aside. One record never stops the border: where quarantine itself fails, it is put away unread."""
        try:
            if isinstance(opened, OpenedEnvelope):
                async with self._transaction() as tx:
                    if await inbox.take(tx, raw):
                        await quarantine(tx, self._judge(raw, opened))
                return
        except Exception as error:
            if transient(error):
                raise
            log.warning("envelope at %s/%d/%d: %s", raw.cell, raw.partition, raw.offset, named(error))
        async with self._transaction() as tx:
            if await inbox.take(tx, raw):
                await put_away(tx, raw)

    def _judge(
        self, raw: RawRecord, opened: OpenedEnvelope, distrusted: Distrusts = NOTHING
    ) -> JudgedEnvelope:
        code = check_claims(
            opened.claims,
            signer=opened.signer,
            reader=opened.reader,
            partner=self._cell,
            now=self._service.database.clock(),
        )
        own = frozenset(self._trust.own.signing)
        agreements = {
            name: one
            for name, one in self._trust.agreements.items()
            if not distrusted.suspends(name, one.terms.version)
        }
        return JudgedEnvelope(raw, opened, agreements, own, code)

    def _transaction(self) -> AbstractAsyncContextManager[Transaction]:
        database = self._service.database
        return database.transaction(database.system())


async def _receive_held(tx: Transaction, judged: JudgedEnvelope) -> None:
    if await inbox.take(tx, judged.raw):
        await receive(tx, judged)


async def _refuse_held(tx: Transaction, raw: RawRecord, code: str) -> None:
    if await inbox.take(tx, raw):
        await refuse_bytes(tx, raw, code)


def _kind(opened: OpenedEnvelope | UnopenedEnvelope) -> Kind:
    if isinstance(opened, UnopenedEnvelope):
        return Kind.OTHER
    items = opened.claims.items
    if items and all(map(is_presence, items)):
        return Kind.PRESENCE
    return Kind.CONTROL if any(isinstance(item, ControlItem) for item in items) else Kind.OTHER


def _without_heads(opened: OpenedEnvelope) -> OpenedEnvelope:
    items = tuple(map(_without_its_heads, opened.claims.items))
    return replace(opened, claims=replace(opened.claims, items=items))


def _without_its_heads(item: Item) -> Item:
    if isinstance(item, ControlItem) and isinstance(item.control, Presence):
        return replace(item, control=replace(item.control, heads={}))
    return item


def _references(opened: OpenedEnvelope | UnopenedEnvelope) -> set[UUID]:
    if isinstance(opened, UnopenedEnvelope):
        return set()
    return {item.reference for item in opened.claims.items if item.reference is not None}
