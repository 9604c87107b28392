"""Seal a control item: receipts, recalls, answers and resend requests always pass, whatever the state of the border."""

from typing import Any
from uuid import UUID

from chassis.database import Transaction
from chassis.work import Item as Work
from chassis.work import Later
from contracts.organisations import authority
from services.exchange.domain.items import Item, ItemClass
from services.exchange.sealing import Address, NoKey, Sealer
from services.exchange.settings import Settings
from services.exchange.store.outgoing_envelopes import SentItem
from services.exchange.wire import control_from_json


class SealControl:
    def __init__(self, settings: Settings, sealer: Sealer) -> None:
        self._settings, self._sealer = settings, sealer

    async def act(self, work: Work) -> None:
        """Everything stands in the work row already."""

    async def finish(self, tx: Transaction, work: Work, result: None) -> None:  # noqa: ARG002
        payload: dict[str, Any] = work.payload
        reference = None if payload["reference"] is None else UUID(payload["reference"])
        item = Item(
            UUID(payload["item_id"]),
            ItemClass.CONTROL,
            reference,
            traceparent=work.traceparent,
            control=control_from_json(payload["content"]),
        )
        sent = SentItem(item.id, ItemClass.CONTROL, reference=reference, content=item.control)
        address = Address(authority(self._settings.cell), authority(payload["cell"]), payload["cell"])
        try:
            await self._sealer.send(tx, address, [(item, sent)], payload["replaces"])
        except NoKey as error:
            raise Later(self._settings.wait_seconds) from error
