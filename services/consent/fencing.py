"""When the authority of a disclosure ends, exchange is asked to seal nothing of it any more; its answer makes the end complete."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from chassis.database import Origin, Transaction
from chassis.peers import PeerAway
from chassis.service import Service
from chassis.work import WorkItem, WorkKind, WorkPostponed
from contracts import internal
from contracts.internal import FenceQuestion
from services.consent import queries, use_cases
from services.consent.outgoing import FENCE
from services.consent.queries import WaitingRecall

AT_ONCE = 8
AGAIN_SECONDS = 1.0
FOR_EVER = 1_000_000
"""The work is protective: it is not given up."""


class Fences:
    """Asks the exchange of this cell. It answers yes when no token that it may hold can become an envelope any more."""

    def __init__(self, service: Service) -> None:
        self._service, self._gate = service, asyncio.Semaphore(AT_ONCE)

    async def ask(self, recalled: WaitingRecall) -> bool:
        """True where exchange has fenced. Any error is a no: exchange is asked again."""
        question = FenceQuestion(
            case_id=recalled.case_id, referral_id=recalled.referral_id, reason=recalled.reason
        )
        try:
            async with self._gate:
                await self._service.peers.ask(internal.FENCE, recalled.disclosure_id, question)
        except PeerAway:
            return False
        return True


async def settle(service: Service, origin: Origin, consent_id: UUID) -> Sequence[WaitingRecall]:
    """Ask for everything of this record at once, after the commit that recalled it. Answers the disclosures that
    still wait.
    """
    async with service.database.transaction(origin) as tx:
        waiting = await queries.waiting_of(tx, consent_id)
    fences = Fences(service)
    answers = await asyncio.gather(*(fences.ask(one) for one in waiting))
    fenced = [one.disclosure_id for one, yes in zip(waiting, answers, strict=True) if yes]
    if fenced:
        async with service.database.transaction(origin) as tx:
            await use_cases.fence(tx, consent_id, fenced)
    return [one for one, yes in zip(waiting, answers, strict=True) if not yes]


def fence_work(service: Service) -> WorkKind:
    """The kind of work for recalls that no request waits for any more: an expiry, or an end for which exchange was away."""
    fences = Fences(service)

    async def act(item: WorkItem) -> WaitingRecall | None:
        async with service.database.transaction(service.database.system()) as tx:
            waiting = await queries.waiting(tx, UUID(item.payload["disclosure_id"]))
        if waiting is not None and not await fences.ask(waiting):
            raise WorkPostponed(AGAIN_SECONDS)
        return waiting

    async def finish(tx: Transaction, _: WorkItem, fenced: WaitingRecall | None) -> None:
        if fenced is not None:
            await use_cases.fence(tx, fenced.consent_id, [fenced.disclosure_id])

    return WorkKind(FENCE, act=act, finish=finish, max_attempts=FOR_EVER)
