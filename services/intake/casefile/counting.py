"""The count of a month, the first time that somebody asks for it: values are opened in memory, and only counts are kept."""

from collections.abc import AsyncIterator, Mapping, Sequence
from uuid import UUID

from chassis.database import Database
from chassis.service import Service
from chassis.vault.vault import Sealing
from contracts.casefile.fields import from_text
from services.intake.casefile.domain.statistics import (
    EXPLOITATION,
    NEEDS,
    SEX,
    CountedCase,
    Month,
    tables,
)
from services.intake.casefile.store import statistics
from services.intake.casefile.store.statistics import SealedCounted, StoredTable

PART = 500


async def counted(service: Service, month: Month) -> Sequence[StoredTable]:
    """The tables of a month. It is counted once, so that no two answers can be compared."""
    if kept := await _kept(service.database, month):
        return kept
    cases = [one async for one in _cases(service, month)]
    async with service.database.transaction(service.database.system()) as tx:
        await statistics.add(tx, month.first, tables(cases))
    return await _kept(service.database, month)


async def _kept(database: Database, month: Month) -> Sequence[StoredTable]:
    async with database.transaction(database.system()) as tx:
        return await statistics.of_month(tx, month.first)


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
