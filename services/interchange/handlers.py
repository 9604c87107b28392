"""The handlers of interchange: whoever may no longer be read about is in no file that can still be fetched."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from chassis.events.subscription import Subscription
from chassis.outbox import DueWork
from contracts.events.intake import CaseErasedV1, CaseTransferredV1, ErasureConfirmedV1
from services.interchange.outgoing import destroy_export_key
from services.interchange.store import exports
from services.interchange.store.exports import EVERYBODYS, OpenExports


def on_erasure_confirmed(files: OpenExports, event: ErasureConfirmedV1, now: datetime) -> Iterable[DueWork]:
    return map(destroy_export_key, files.end())


def on_case_erased(files: OpenExports, event: CaseErasedV1, now: datetime) -> Iterable[DueWork]:
    """Also where nobody asked for it: everything came from abroad and was recalled."""
    return map(destroy_export_key, files.end())


def on_case_transferred(files: OpenExports, event: CaseTransferredV1, now: datetime) -> Iterable[DueWork]:
    return map(destroy_export_key, files.end())


def _whose(event: Any) -> str:
    """The organisation whose files may hold the case. An erasure does not say it, and ends everybody's."""
    return event.organisation if isinstance(event, CaseTransferredV1) else EVERYBODYS


def subscription() -> Subscription[str, OpenExports]:
    return Subscription(
        handlers={
            ErasureConfirmedV1: on_erasure_confirmed,
            CaseErasedV1: on_case_erased,
            CaseTransferredV1: on_case_transferred,
        },
        key=_whose,
        load=exports.open_exports,
        save=exports.save_ended,
        outgoing=lambda due: due,
    )
