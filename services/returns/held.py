"""The tables from which returns tells what it holds about the person of a case."""

from collections.abc import Iterable
from uuid import UUID

from chassis.held import FoundRow, HeldTable, SealedValue
from contracts.internal import HeldValue
from services.returns.domain.states import ENDED
from services.returns.sealing import CHECK, FLAGS, GROUNDS
from services.returns.store import tables


def _return(row: FoundRow, _case_id: UUID) -> Iterable[SealedValue]:
    if row.grounds is not None:
        yield SealedValue("grounds", GROUNDS, row.id, row.grounds)
    for kind, check in row.checks.items():
        if check.get("grounds") is not None:
            yield SealedValue("grounds", f"{CHECK}.{kind}", row.id, check["grounds"])


def _ended(row: FoundRow) -> Iterable[HeldValue]:
    """When it was closed, or withdrawn by her; nothing of one that is not over, whatever was recorded before."""
    ended = row.closed_at or row.withdrawn_at
    if row.state in ENDED and ended is not None:
        yield HeldValue(name="ended_at", value=ended.isoformat())


def _known(row: FoundRow, case_id: UUID) -> Iterable[SealedValue]:
    if row.flags is not None:
        yield SealedValue("flags", FLAGS, case_id, row.flags)


HELD = (
    HeldTable(
        tables.RETURNS,
        "return",
        (
            "at=requested_at",
            "half:return_half",
            "sender",
            "recipient=receiver",
            "country=receiver_cell:country",
            "state:return_state",
            "result:risk_result",
            "outcome:return_outcome",
            "expected_at",
            "handover:handover_point",
        ),
        "statistics",
        _return,
        _ended,
    ),
    HeldTable(
        tables.KNOWN,
        "return_preparation",
        ("age_group:age_group",),
        None,
        _known,
        which="case_id = :case_id and (age_group is not null or flags is not null)",
    ),
)
