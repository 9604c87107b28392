"""Her age, read from sealed values, and the clock that finds persons who have come of age. Never inside a transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from chassis.clock import next_day
from chassis.database import Origin, Transaction
from chassis.outbox import DueWork
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import WorkItem, WorkKind
from contracts.casefile.partial_date import PartialDate
from services.intake.casefile.domain.age import BIRTHDATE, FLAG, AgeEvidence, Basis, Group
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.facts import AgeGroupChanging, AgeGroupKnown
from services.intake.casefile.domain.field_classes import FLAGS_CLASS
from services.intake.casefile.outgoing import COME_OF_AGE, RECEIVED_AGE, outgoing
from services.intake.casefile.received_flags import flags_that_came
from services.intake.casefile.store import ages, cases
from services.intake.casefile.store.ages import Child, GrownChild, OnRecord

KEY = "daily"
PAGE = 500
LEASE_SECONDS = 600.0
LOOK_AGAIN_AFTER = timedelta(minutes=1)
ATTEMPTS = 1_000


async def evidence_of(service: Service, origin: Origin, case_id: UUID) -> AgeEvidence:
    """The evidence on record about the age of the case's person. Flags that came with her count where none were
    recorded here.
    """
    async with service.database.transaction(origin) as tx:
        found = await ages.on_record(tx, case_id)
    if found is None:
        return AgeEvidence()
    evidence = await _opened(service, case_id, found)
    if found.flags is not None:
        return evidence
    return replace(evidence, flagged=FLAG in await flags_that_came(service, origin, case_id, found.person_id))


async def _opened(service: Service, case_id: UUID, found: OnRecord) -> AgeEvidence:
    sealed = []
    if found.born is not None:
        sealed.append(Sealing(found.person_id, BIRTHDATE, found.record_id, found.born))
    if found.flags is not None:
        sealed.append(Sealing(found.person_id, FLAGS_CLASS, case_id, found.flags))
    texts = dict(zip([s.field_class for s in sealed], await service.vault.open_many(sealed), strict=True))
    born, flags = texts.get(BIRTHDATE), texts.get(FLAGS_CLASS)
    return AgeEvidence(
        None if born is None else PartialDate.parse(born),
        flags is not None and FLAG in json.loads(flags),
    )


def age_work(service: Service) -> list[WorkKind]:
    return [_received(service), _come_of_age(service)]


def _received(service: Service) -> WorkKind:
    """A date of birth came from abroad: its handler could not open it."""

    async def act(item: WorkItem) -> AgeEvidence:
        return await evidence_of(service, service.database.system(), UUID(item.payload["case_id"]))

    async def finish(tx: Transaction, item: WorkItem, evidence: AgeEvidence) -> None:
        case = await cases.hold(tx, UUID(item.payload["case_id"]))
        if case is not None and case.state is CaseState.OPEN:
            facts = case.learn_age(evidence, service.today(), first=case.age.basis is Basis.UNKNOWN)
            await ages.put(tx, {case.id: case.age})
            tx.say(*map(outgoing, facts))

    return WorkKind(RECEIVED_AGE, act, finish, max_attempts=ATTEMPTS)


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The children who have grown up by today, and those of whom it is told today that they do so soon."""

    grown: list[GrownChild]
    told_today: list[UUID]


def _come_of_age(service: Service) -> WorkKind:
    """Once a day, when the day begins at the place. No birthday waits anywhere in clear: every date is opened anew."""

    async def act(_: WorkItem) -> LookedAt:
        looked = LookedAt([], [])
        after: UUID | None = None
        while page := await _children(service, after):
            await _look(service, page, looked)
            after = page[-1].case_id
        return looked

    async def finish(tx: Transaction, _: WorkItem, looked: LookedAt) -> None:
        found = looked.grown
        adults = await ages.grown(tx, found) if found else []
        tx.say(*(outgoing(AgeGroupKnown(case_id, Group.ADULT, basis)) for case_id, basis in adults))
        all_done = len(adults) == len(found)
        if all_done:  # else it looks again today
            tx.say(*(outgoing(AgeGroupChanging(case_id)) for case_id in looked.told_today))
        due = next_day(tx.now, service.settings.zone) if all_done else tx.now + LOOK_AGAIN_AFTER
        tx.say(DueWork(COME_OF_AGE, KEY, due_at=due))

    return WorkKind(
        COME_OF_AGE, act, finish, recurs=first_look, max_attempts=ATTEMPTS, lease_seconds=LEASE_SECONDS
    )


def first_look(_: Transaction) -> DueWork:
    """The first look, at once when the service starts; saying it while it is due already changes nothing."""
    return DueWork(COME_OF_AGE, KEY)


async def _children(service: Service, after: UUID | None) -> list[Child]:
    async with service.database.transaction(service.database.system()) as tx:
        return await ages.children(tx, after, PAGE)


async def _look(service: Service, page: Sequence[Child], looked: LookedAt) -> None:
    """Look at a page, with one query for all keys. A date whose key is gone is nobody's any more."""
    sealed = [Sealing(child.person_id, BIRTHDATE, child.record_id, child.born) for child in page]
    texts = await service.vault.open_many(sealed)
    today = service.today()
    for child, text in zip(page, texts, strict=True):
        if text is None:
            continue
        born = PartialDate.parse(text)
        if (grown := child.age.come_of_age(born, today)) is not None:
            looked.grown.append(GrownChild(child.case_id, child.version, grown.basis))
        elif child.age.told_today(born, today):
            looked.told_today.append(child.case_id)
