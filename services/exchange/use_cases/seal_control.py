"""Seal a control item: receipts, recalls, answers and resend requests always pass, whatever the state of the border."""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import WorkItem, WorkPostponed
from contracts.border.items import ControlItem
from contracts.border.wire import control_from_json
from contracts.organisations import authority
from services.exchange.domain.sent import SentControl
from services.exchange.sealing import Address, NoKey, Sealer
from services.exchange.settings import Settings


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
        try:
            await self._sealer.send(tx, address, [(item, sent)], payload["replaces"])
        except NoKey as error:
            raise WorkPostponed(self._settings.wait_seconds) from error
