"""The tables from which audit tells what it holds about the person of a case: who has read about her, who tried, and what was done, without a value."""

from collections.abc import Iterable

from chassis.held import FoundRow, HeldTable
from contracts.internal import HeldValue
from services.audit.domain.timeline import CONFIDENTIAL, LINKED
from services.audit.store import tables
from services.audit.store.readings import LOOKED, TRIED

AUDIT_LOG = "audit-log"
TOLD = f"type not in {(*CONFIDENTIAL, LINKED)}"
OF_CASE = "stream = cast(cast(:case_id as uuid) as text)"


def _reading(row: FoundRow) -> Iterable[HeldValue]:
    said = row.details
    if said.get("resource"):
        yield HeldValue(name="resource", value=said["resource"], code_list="resource")
    if said.get("fields"):
        yield HeldValue(name="fields", value=said["fields"], code_list="field")


def _attempt(row: FoundRow) -> Iterable[HeldValue]:
    yield from _reading(row)
    yield HeldValue(name="refused_times", value=row.details.get("count", 1))


def _happened(row: FoundRow) -> Iterable[HeldValue]:
    yield HeldValue(name="what", value=row.type.rpartition(".")[0], code_list="timeline")


SHOWN = ("at=time", "organisation", "by=actor", "purpose:purpose")
HELD = (
    HeldTable(
        tables.ENTRIES,
        "reading",
        SHOWN,
        AUDIT_LOG,
        more=_reading,
        which=f"{OF_CASE} and {LOOKED} order by entry",
    ),
    HeldTable(
        tables.ENTRIES,
        "attempt",
        SHOWN,
        AUDIT_LOG,
        more=_attempt,
        which=f"{OF_CASE} and {TRIED} order by entry",
    ),
    HeldTable(
        tables.ENTRIES,
        "log",
        SHOWN,
        AUDIT_LOG,
        more=_happened,
        which=f"{OF_CASE} and not ({LOOKED} or {TRIED}) and {TOLD} order by entry",
    ),
)
