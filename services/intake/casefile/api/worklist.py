"""Route: the worklist, and on it the words by which a worker knows each person again, opened for this page alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis.database import Transaction
from chassis.identity.access import require, rights_of
from chassis.identity.auth import Actor
from chassis.vault.vault import Sealing
from chassis.web.http import Page, PageQuery, Who, following
from chassis.web.listing import BoundedCount, CountedListing, CountQuery, ListFilters, Order, SortQuery
from chassis.web.moves import Offer
from chassis.web.named import require_listed
from chassis.web.positions import position
from contracts.casefile.buddhist_era import buddhist_era
from contracts.casefile.partial_date import PartialDate
from contracts.types import GivenInstant, KnownCode, Pseudonym
from services.intake.casefile.daily_limit import OWN_LIST
from services.intake.casefile.domain.field_classes import OWN_NUMBER
from services.intake.casefile.domain.index_texts import BIRTHDATE, LANGUAGES, name_of
from services.intake.casefile.domain.listing import NamesShown, WaitingFor
from services.intake.casefile.indexing import language_entry
from services.intake.casefile.list_sources import READ
from services.intake.casefile.outgoing import record_read
from services.intake.casefile.parts import Running
from services.intake.casefile.store import persons
from services.intake.casefile.store.persons import SealedWord
from services.intake.casefile.worklist_queries import (
    ListedCase,
    ListQuery,
    ShownPerson,
    counted_cases,
    still_visible,
    worklist,
)

router = APIRouter(tags=["cases"])

OTHERS = "person"
"""The resource of a name on a case that the reader neither has nor covers."""


@dataclass(frozen=True, slots=True)
class CaseFilters(ListFilters):
    """The filters of a worklist; each that is given must hold."""

    urgency: Annotated[Annotated[str, KnownCode("urgency")] | None, Query(description="only these")] = None
    channel: Annotated[
        Annotated[str, KnownCode("channel")] | None, Query(description="only those that came by it")
    ] = None
    state: Annotated[
        Annotated[str, KnownCode("case_state")] | None,
        Query(description="only these; all but the closed ones where nothing is said"),
    ] = None
    worker: Annotated[
        Pseudonym | None, Query(description="only those of this worker; `nobody`: of no worker yet")
    ] = None
    language: Annotated[
        Annotated[str, KnownCode("language")] | None,
        Query(description="only those of persons who speak it; each on the page is a reading, and logged"),
    ] = None
    flagged: Annotated[bool | None, Query(description="only those with an urgent flag, or without")] = None
    on_hold: Annotated[bool | None, Query(description="only those with a hold in force, or without")] = None
    unattended: Annotated[
        bool | None,
        Query(
            description="only those that nobody opened in the time of their urgency, or that nobody has left"
        ),
    ] = None
    waiting_for: Annotated[WaitingFor | None, Query(description="only those that wait for them")] = None
    due_by: Annotated[
        GivenInstant | None, Query(description="only those in which something is due by then")
    ] = None
    late: Annotated[
        bool | None, Query(description="only those in which something should have been done by now, or not")
    ] = None
    updated_since: Annotated[
        GivenInstant | None, Query(description="only those that changed at this instant or later")
    ] = None


@router.get("/v1/cases", summary="The cases of your organisation that you may read")
async def list_cases(
    actor: Who,
    page: Page,
    service: Running,
    response: Response,
    filters: Annotated[CaseFilters, Depends()],
    sort: SortQuery = Order.NEWEST,
    names: Annotated[
        NamesShown, Query(description="on which cases of the page name, languages and age are shown; logged")
    ] = NamesShown.MINE,
    count: CountQuery = False,
) -> CountedListing[ListedCase]:
    require(actor, READ, organisation=actor.organisation)
    narrowed = filters.asked()
    if filters.language is not None:
        narrowed["language"] = await language_entry(service, actor.organisation, filters.language)
    asked = ListQuery(narrowed, sort)
    items, sealed, counted = await _read(service, actor, asked, page, names, count=count)
    if sealed:
        shown = await _shown(service, sealed)
        await _show(service, actor, items, shown)
        response.headers["Cache-Control"] = "no-store"
    offers = [Offer("open_case", "case.open"), Offer("search_cases", READ)]
    moves = service.commands.open(offers, rights_of(actor))
    return CountedListing[ListedCase](
        items=items, next=following(items, page, "sorted_at", "id"), moves=moves, count=counted
    )


async def _read(
    service: Running, actor: Actor, asked: ListQuery, page: PageQuery, names: NamesShown, *, count: bool
) -> tuple[list[ListedCase], list[SealedWord], BoundedCount | None]:
    async with service.database.transaction(actor.origin()) as tx:
        items = await worklist(tx, actor, asked, after=position(page.after), limit=page.limit)
        await require_listed(tx, actor, asked.filters, items, page)
        named = [item.id for item in items if _is_named(item, actor, names)]
        sealed = await persons.words_of(tx, actor, named) if named else []
        if "language" in asked.filters:
            _say_languages(tx, actor, items)
        return items, sealed, await counted_cases(tx, actor, asked) if count else None


def _say_languages(tx: Transaction, actor: Actor, items: Sequence[ListedCase]) -> None:
    """Whoever narrows a list to a language learns it of each row, whether it is shown or not."""
    for item in items:
        resource = OWN_LIST if _is_own(item, actor) else OTHERS
        tx.say(record_read(item.id, resource, fields=LANGUAGES))


def _is_named(item: ListedCase, actor: Actor, names: NamesShown) -> bool:
    return names is NamesShown.PAGE or (names is NamesShown.MINE and _is_own(item, actor))


def _is_own(item: ListedCase, actor: Actor) -> bool:
    return actor.subject in item.workers or actor.subject in item.covers


async def _shown(service: Running, sealed: Sequence[SealedWord]) -> dict[UUID, dict[str, str]]:
    """Case → field → text. What came from elsewhere is shown while consent says that it may be read."""
    came = sorted({word.disclosure_id for word in sealed if word.disclosure_id is not None})
    closed = await service.parts.grants.closed(came)
    readable = [word for word in sealed if word.disclosure_id is None or closed[word.disclosure_id] is None]
    texts = await service.vault.open_many(
        [Sealing(word.person_id, word.field, word.record_id, word.value) for word in readable]
    )
    shown: dict[UUID, dict[str, str]] = {}
    for word, text in zip(readable, texts, strict=True):
        if text is not None:
            shown.setdefault(word.case_id, {})[word.field] = text
    return shown


async def _show(
    service: Running, actor: Actor, items: Sequence[ListedCase], shown: Mapping[UUID, Mapping[str, str]]
) -> None:
    """Put the words on the page, of cases that the actor may still read now, and log each."""
    today = service.today()
    async with service.database.transaction(actor.origin()) as tx:
        allowed = await still_visible(tx, actor, list(shown))
        for item in items:
            if item.id in allowed:
                words = dict(shown[item.id])
                item.own_number = words.pop(OWN_NUMBER, None)
                item.person = (
                    _person(words, today, buddhist=service.settings.country.buddhist_era) if words else None
                )
                resource = OWN_LIST if _is_own(item, actor) else OTHERS
                tx.say(record_read(item.id, resource, fields=tuple(words)))


def _person(texts: Mapping[str, str], today: date, *, buddhist: bool) -> ShownPerson:
    born = PartialDate.parse(texts[BIRTHDATE]) if BIRTHDATE in texts else None
    youngest, oldest = (None, None) if born is None else born.ages_on(today)
    return ShownPerson(
        name=name_of(texts) or None,
        languages=[texts[name] for name in LANGUAGES if name in texts],
        born=None if born is None else str(born),
        born_buddhist=buddhist_era(born) if buddhist and born is not None else None,
        youngest=youngest,
        oldest=oldest,
    )
