"""Finding persons: the index says whom to open, and opened, they are compared. Nothing of what is looked for is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Transaction
from chassis.identity.access import require_case
from chassis.identity.auth import Actor
from chassis.service import Service
from services.intake.casefile import queries
from services.intake.casefile.domain.index_texts import BIRTHDATE, FOUND_BY
from services.intake.casefile.indexing import asked_of
from services.intake.casefile.numbering import entries_of
from services.intake.casefile.parts import Parts
from services.intake.casefile.store import own_numbers
from services.intake.casefile.worklist_queries import still_visible
from services.intake.matching.domain.likeness import BANDS, MOST, Agreement, Band, Likeness, likeness
from services.intake.matching.store import candidates
from services.intake.matching.store.candidates import Candidate, CandidateValue
from services.intake.settings import Settings

SHOWN = BANDS[Band.POSSIBLE]
COMPARED = tuple(sorted({*FOUND_BY, BIRTHDATE}))
"""The fields that are opened to be compared."""


@dataclass(frozen=True, slots=True)
class Match:
    """A case that may be hers, and why."""

    candidate: Candidate
    likeness: Likeness

    @property
    def case_id(self) -> UUID:
        return self.candidate.case_id

    @property
    def order(self) -> tuple[int, UUID]:
        return self.ordered(self.likeness.score, self.case_id)

    @staticmethod
    def ordered(score: int, case_id: UUID) -> tuple[int, UUID]:
        """The place of a match: the best first, the same for each page of one search."""
        return (-score, case_id)


async def find(
    service: Service[Settings, Parts],
    actor: Actor,
    sought: Mapping[str, str],
    *,
    without: UUID | None = None,
    least: int = SHOWN,
) -> list[Match]:
    """The matches of at least this score among the cases that the actor may read, the best first."""
    asked = await asked_of(service, actor.organisation, sought)
    async with service.database.transaction(actor.origin()) as tx:
        cases = await candidates.candidates(tx, actor, asked, without)
    found = await opened(service, actor, cases)
    matches = [Match(one, likeness(sought, one.fields)) for one in found]
    return sorted((one for one in matches if one.likeness.score >= least), key=lambda one: one.order)


async def compared(
    service: Service[Settings, Parts], actor: Actor, sought: Mapping[str, str], cases: Sequence[UUID]
) -> list[Match]:
    """The matches of these cases, as far as the actor may read them, the best first."""
    async with service.database.transaction(actor.origin()) as tx:
        readable = sorted(await still_visible(tx, actor, cases))
    found = await opened(service, actor, readable)
    matches = [Match(one, likeness(sought, one.fields)) for one in found]
    return sorted(matches, key=lambda one: one.order)


async def named(service: Service[Settings, Parts], actor: Actor, case_id: UUID) -> list[Match]:
    """The case itself. Raises CaseRefused, as any route that takes a case."""
    async with service.database.transaction(actor.origin()) as tx:
        await require_case(tx, actor, "case.read", case_id)
    found = await opened(service, actor, [case_id])
    return [Match(one, Likeness(MOST, (Agreement.REFERENCE,))) for one in found]


async def numbered(service: Service[Settings, Parts], actor: Actor, number: str) -> list[Match]:
    """The case to which the actor's organisation gave this number, as far as the actor may read it."""
    entries = await entries_of(service, actor.organisation, [number])
    async with service.database.transaction(actor.origin()) as tx:
        cases = await own_numbers.cases_with(tx, actor.organisation, entries)
        readable = sorted(await still_visible(tx, actor, sorted(cases.values())))
    found = await opened(service, actor, readable)
    return [Match(one, Likeness(MOST, (Agreement.OWN_NUMBER,))) for one in found]


async def opened(
    service: Service[Settings, Parts], actor: Actor, cases: Sequence[UUID], fields: Sequence[str] = COMPARED
) -> list[Candidate]:
    """The candidates in these cases, with what may be read of them now: nothing of a disclosure that consent does not confirm."""
    async with service.database.transaction(actor.origin()) as tx:
        rows = await candidates.values(tx, cases, fields)
    received = {row.disclosure_id for row in rows if row.disclosure_id is not None}
    closed = await service.parts.grants.closed(sorted(received)) if received else {}
    granted = [row for row in rows if row.disclosure_id is None or closed[row.disclosure_id] is None]
    texts = await service.vault.open_many([row.sealing() for row in granted])
    found = {case_id: Candidate(case_id) for case_id in cases}
    for row, text in zip(granted, texts, strict=True):
        if text is not None:
            _add(found[row.case_id], row, text)
    return list(found.values())


def _add(candidate: Candidate, row: CandidateValue, text: str) -> None:
    candidate.fields[row.field] = text
    if row.disclosure_id is not None:
        candidate.received.setdefault(row.disclosure_id, set()).add(row.field)


async def still_readable(tx: Transaction, actor: Actor, matches: Sequence[Match]) -> list[Match]:
    """The matches that may still be read, now that they are shown."""
    visible = await still_visible(tx, actor, [one.case_id for one in matches])
    disclosures = sorted({each for one in matches for each in one.candidate.received})
    closed = await queries.closed_by_now(tx, disclosures) if disclosures else {}
    open_ = {one for one in disclosures if closed.get(one, "gone") is None}
    return [one for one in matches if one.case_id in visible and one.candidate.received.keys() <= open_]
