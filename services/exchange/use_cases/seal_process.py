"""Seal a process code: after every disclosure of its case and every code before it, and only under the agreement."""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkPostponed
from contracts.border.check import Agreement, Way, check_item
from contracts.border.items import AgreementReference, ItemClass, ProcessContent, ProcessItem
from contracts.crossing import BY_CODE, REFERRAL
from services.exchange.border_state import require_open
from services.exchange.domain.facts import ItemRefused, ItemSealed
from services.exchange.domain.process import untold
from services.exchange.domain.sent import QueueState, SentProcess
from services.exchange.outgoing import outgoing
from services.exchange.sealing import Address, NoKey, Sealer, TrustAwaited
from services.exchange.settings import Settings
from services.exchange.store import relations
from services.exchange.store.relations import KnownRelation, QueuedCode

NOT_SEALED = "not_sealed"
NO_AGREEMENT = AgreementReference("none", 0, "0" * 64)


class SealProcess:
    def __init__(self, settings: Settings, sealer: Sealer) -> None:
        self._settings, self._sealer = settings, sealer

    async def finish(self, tx: Transaction, work: WorkItem, result: None) -> None:  # noqa: ARG002
        """Raises WorkPostponed while something of the case must go first, or the border is closed. Without any envelope about the case there
        is nobody to tell.
        """
        queued = await relations.queued(tx, UUID(work.payload["item_id"]))
        if queued is None or queued.state is not QueueState.WAITING:
            return
        known = await relations.by_case(tx, queued.pair, lock=True)
        if queued.disclosure_pending or not queued.first:
            raise WorkPostponed(self._settings.wait_seconds / 4)
        if known is None or not known.live:
            await _drop(tx, queued)
            return
        await require_open(tx, self._settings, known.other_cell)
        await self._send(tx, queued, known, work)

    async def given_up(self, tx: Transaction, work: WorkItem) -> None:
        """Give up a code that failed too often for no known reason: the organisation that said it is told, and the
        codes behind it go on.
        """
        queued = await relations.queued(tx, UUID(work.payload["item_id"]))
        known = None if queued is None else await relations.by_case(tx, queued.pair)
        if queued is not None and queued.state is QueueState.WAITING and known is not None:
            await relations.move_queued(tx, queued.item.item_id, QueueState.REFUSED)
            tx.say(outgoing(ItemRefused(**_outcome(queued, known, tx), code=NOT_SEALED)))

    async def _send(self, tx: Transaction, queued: QueuedCode, known: KnownRelation, work: WorkItem) -> None:
        way = Way(known.own, self._settings.cell, known.other, known.other_cell)
        agreement = self._agreement(way, queued.item.code)
        item = _item(queued, known, agreement, work.traceparent)
        code = check_item(item, agreement, way, tx.now)
        replaces = work.payload.get("replaces")
        if code is None:
            try:
                address = Address(known.own, known.other, known.other_cell)
                envelope = await self._sealer.send(tx, address, [(item, _sent(queued))], replaces)
            except TrustAwaited as error:
                raise WorkPostponed(self._settings.wait_seconds) from error
            except NoKey as error:
                code = error.code
        if code is not None:
            await relations.move_queued(tx, item.id, QueueState.REFUSED)
            tx.say(outgoing(ItemRefused(**_outcome(queued, known, tx), code=code)))
            return
        await relations.move_queued(tx, item.id, QueueState.SEALED)
        sealed = ItemSealed(**_outcome(queued, known, tx), envelope_id=envelope.id, envelope_seq=envelope.seq)
        tx.say(outgoing(sealed))

    def _agreement(self, way: Way, code: str) -> Agreement | None:
        """The agreement between the two cells that has this code, else any of theirs, so that the refusal says why."""
        joining = [
            a
            for _, a in sorted(self._sealer.trust.agreements.items())
            if a.terms.joins(way.sender_cell, way.recipient_cell)
        ]
        return next((a for a in joining if code in a.process_codes), joining[0] if joining else None)


async def _drop(tx: Transaction, queued: QueuedCode) -> None:
    item = queued.item
    await relations.move_queued(tx, item.item_id, QueueState.DROPPED)
    tx.say(*map(outgoing, untold(queued.pair, item.item_id, item.code, tx.now)))


def _item(
    queued: QueuedCode, known: KnownRelation, agreement: Agreement | None, traceparent: str | None
) -> ProcessItem:
    process = queued.item
    content = ProcessContent(
        agreement=NO_AGREEMENT if agreement is None else agreement.reference,
        code=process.code,
        subject_id=process.subject_id,
        at=process.at,
        reason=process.reason,
        journey=process.journey,
    )
    return ProcessItem(process.item_id, known.reference, content, traceparent=traceparent)


def referral_of(code: str, subject_id: UUID) -> UUID | None:
    return subject_id if BY_CODE[code].subject is REFERRAL else None


def _sent(queued: QueuedCode) -> SentProcess:
    item = queued.item
    return SentProcess(item.item_id, queued.pair.case_id, referral_of(item.code, item.subject_id))


def _outcome(queued: QueuedCode, known: KnownRelation, tx: Transaction) -> dict[str, Any]:
    item = queued.item
    return {
        "case_id": queued.pair.case_id,
        "item_id": item.item_id,
        "item_class": ItemClass.PROCESS,
        "disclosure_id": None,
        "referral_id": referral_of(item.code, item.subject_id),
        "recipient_cell": known.other_cell,
        "at": tx.now,
    }
