"""Seal a control item: receipts, recalls, answers and resend requests pass, whatever the state of the border; a recall and its answer are
signed even with a key of ours that was lost.
"""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkPostponed
from contracts.border.items import Answer, ControlContent, ControlItem, Recall
from contracts.border.wire import control_from_json
from contracts.organisations import authority
from services.exchange.domain.sent import SentControl
from services.exchange.sealing import Address, NoKey, Sealer
from services.exchange.settings import Settings
from services.exchange.store import outgoing_envelopes


class SealControl:
    def __init__(self, settings: Settings, sealer: Sealer) -> None:
        self._settings, self._sealer = settings, sealer

    async def act(self, work: WorkItem) -> None:
        """Nothing: everything stands in the work row already."""

    async def finish(self, tx: Transaction, work: WorkItem, result: None) -> None:  # noqa: ARG002
        payload: dict[str, Any] = work.payload
        reference = None if payload["reference"] is None else UUID(payload["reference"])
        content = control_from_json(payload["content"])
        item = ControlItem(UUID(payload["item_id"]), content, reference, traceparent=work.traceparent)
        sent = SentControl(item.id, content, reference)
        address = Address(authority(self._settings.cell), authority(payload["cell"]), payload["cell"])
        protects = await _protects(tx, item.id, content)
        try:
            await self._sealer.send(tx, address, [(item, sent)], payload["replaces"], protects=protects)
        except NoKey as error:
            raise WorkPostponed(self._settings.wait_seconds) from error


async def _protects(tx: Transaction, item_id: UUID, content: ControlContent) -> bool:
    """True for what ends a reading, the first time: nobody who has our key learns more by it. A partner that refuses it for that
    key is sent it again under the next one alone, so that it is not sealed until it is given up.
    """
    return isinstance(content, Recall | Answer) and await outgoing_envelopes.times_sealed(tx, item_id) == 0
