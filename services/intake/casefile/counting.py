"""The count of a month, the first time that somebody asks for it: values are opened in memory, and only counts are kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from chassis.month_tables import StoredTable
from chassis.service import Service
from chassis.vault.vault import Sealing
from contracts.casefile.fields import from_text
from contracts.months import Month
from contracts.small_cells import ShownTable
from services.intake.casefile.domain.statistics import (
    EXPLOITATION,
    NAMES,
    NEEDS,
    SEX,
    CountedCase,
    tables,
)
from services.intake.casefile.store import statistics
from services.intake.casefile.store.statistics import SealedCounted

PART = 500


async def counted(service: Service, month: Month) -> Sequence[StoredTable]:
    """The tables of a month."""

    async def count() -> Mapping[str, ShownTable]:
        return tables([one async for one in _cases(service, month)])

    return await statistics.KEPT.counted(service.database, month, NAMES, count)


async def _cases(service: Service, month: Month) -> AsyncIterator[CountedCase]:
    zone, after = service.settings.zone, None
    since, until = month.begins(zone), month.following.begins(zone)
    while True:
        async with service.database.transaction(service.database.system()) as tx:
            part = await statistics.cases_opened(tx, since, until, after, PART)
        opened = await _opened(service, part)
        for one in part:
            yield _case(one, opened.get(one.id, {}))
        if len(part) < PART:
            return
        after = part[-1].id


async def _opened(service: Service, part: Sequence[SealedCounted]) -> Mapping[UUID, Mapping[str, str]]:
    """Case → field → text; a field whose key was destroyed is left out."""
    places = [(one, name) for one in part for name in one.values]
    texts = await service.vault.open_many(
        [Sealing(one.person_id, name, one.id, one.values[name]) for one, name in places]
    )
    found: dict[UUID, dict[str, str]] = {}
    for (one, name), text in zip(places, texts, strict=True):
        if text is not None:
            found.setdefault(one.id, {})[name] = text
    return found


def _case(one: SealedCounted, values: Mapping[str, str]) -> CountedCase:
    return CountedCase(
        age_group=one.age_group,
        sex=values.get(SEX),
        exploitation=_many(EXPLOITATION, values),
        needs=_many(NEEDS, values),
    )


def _many(name: str, values: Mapping[str, str]) -> tuple[str, ...]:
    found = from_text(name, values[name]) if name in values else ()
    return (found,) if isinstance(found, str) else found
