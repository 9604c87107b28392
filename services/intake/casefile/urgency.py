"""Urgent flags that came with her act where she is now, as long as nobody has recorded any here."""

import json
from dataclasses import dataclass
from uuid import UUID

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.vault import Sealing
from chassis.work import WorkItem, WorkKind
from services.intake.casefile import queries
from services.intake.casefile.age import evidence_of
from services.intake.casefile.domain.age import FLAG, AgeEvidence
from services.intake.casefile.domain.case import CaseState
from services.intake.casefile.domain.field_classes import FLAGS_CLASS
from services.intake.casefile.outgoing import RECEIVED_FLAGS
from services.intake.casefile.received_flags import flags_that_came, opened_flags
from services.intake.casefile.store import ages, attention, cases

ATTEMPTS = 1_000


@dataclass(frozen=True, slots=True)
class _ReceivedFlags:
    flags: frozenset[str]
    before: frozenset[str]
    """The flags that had come by the last time."""
    sealed: str
    """The flags as ciphertext, for the services that hear of them, as recorded flags are."""
    evidence: AgeEvidence


def received_flags_work(service: Service) -> WorkKind:
    """The kind of work that opens received flags, because their handler could not."""

    async def act(item: WorkItem) -> _ReceivedFlags | None:
        case_id, origin = UUID(item.payload["case_id"]), service.database.system()
        async with service.database.transaction(origin) as tx:
            case, known = await cases.read(tx, case_id), await queries.came_flags(tx, case_id)
        if case is None or case.state is not CaseState.OPEN:
            return None
        flags = await flags_that_came(service, origin, case_id, case.person_id)
        before = await opened_flags(service, case_id, case.person_id, known)
        if known is not None and flags == before:
            return None  # another value of hers was corrected
        value = Sealing(case.person_id, FLAGS_CLASS, case_id, json.dumps(sorted(flags)))
        came_with = UUID(item.key)
        (sealed,) = await service.vault.seal_many([value], kept_with=came_with)
        return _ReceivedFlags(flags, before, sealed, await evidence_of(service, origin, case_id))

    async def finish(tx: Transaction, item: WorkItem, came: _ReceivedFlags | None) -> None:
        case = await cases.hold(tx, UUID(item.payload["case_id"]))
        if came is None or case is None or case.state is not CaseState.OPEN:
            return
        if await queries.flags(tx, case.id) is not None:
            return
        urgency = case.urgency
        facts = case.learn_flags(came.sealed, came.flags, came.before)
        await cases.keep_came_flags(tx, case.id, came.sealed, raised=bool(came.flags))
        if FLAG in came.flags:
            facts += case.learn_age(came.evidence, service.today())
            await ages.put(tx, {case.id: case.age})
        await cases.save(tx, case, facts)
        if case.urgency != urgency:
            await attention.hasten(tx, case.id)

    return WorkKind(RECEIVED_FLAGS, act, finish, max_attempts=ATTEMPTS)
