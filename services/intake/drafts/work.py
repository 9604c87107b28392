"""Work: reminders of drafts that stand open, and the end of the content of those that do not."""

from datetime import datetime
from uuid import UUID

from chassis.database import Transaction
from chassis.service import Service
from chassis.vault.ledger import ErasureLedger
from chassis.vault.vault import KeyHeld
from chassis.work import WorkItem, WorkKind, no_act, no_finish
from contracts.country.response_clock import ResponseClock
from services.intake.casefile.domain.case import CaseVerb, passes
from services.intake.casefile.store import cases
from services.intake.drafts import store
from services.intake.drafts.domain.draft import Draft, DraftKind, DraftState
from services.intake.drafts.outgoing import CLEAR, LET_GO, REMIND
from services.intake.drafts.sealing import draft_record

ATTEMPTS = 1_000


def draft_work(service: Service, clock: ResponseClock, ledger: ErasureLedger) -> list[WorkKind]:
    return [_reminding(clock), _clearing(), _letting_go(service, ledger)]


def _reminding(clock: ResponseClock) -> WorkKind:
    async def remind(tx: Transaction, item: WorkItem, _: None) -> None:
        draft = await store.hold(tx, UUID(item.payload["draft_id"]))
        if draft is None:
            return
        if await _is_nobodys(tx, draft):
            await store.save(tx, draft, draft.abandon("other", tx.now))
            return
        again_at = clock.deadlines(draft.urgency, tx.now).remind_at
        if facts := draft.remind(datetime.fromisoformat(item.payload["at"]), again_at):
            await store.save_reminder(tx, draft, facts)

    return WorkKind(REMIND, no_act, remind, max_attempts=ATTEMPTS)


async def _is_nobodys(tx: Transaction, draft: Draft) -> bool:
    """True for an open screening of a case on which nobody may screen any more: it was handed over, closed or erased."""
    if draft.kind is not DraftKind.SCREENING or draft.state is not DraftState.OPEN:
        return False
    case = await cases.read(tx, draft.case_id)
    return case is None or not passes(case.state, CaseVerb.SCREEN)


def _clearing() -> WorkKind:
    async def clear(tx: Transaction, item: WorkItem, _: None) -> None:
        draft = await store.hold(tx, UUID(item.payload["draft_id"]))
        if draft is None:
            return
        if facts := draft.clear(datetime.fromisoformat(item.payload["at"])):
            await store.save(tx, draft, facts)

    return WorkKind(CLEAR, no_act, clear, max_attempts=ATTEMPTS)


def _letting_go(service: Service, ledger: ErasureLedger) -> WorkKind:
    async def let_go(item: WorkItem) -> None:
        """Release the content; where there is no case either, nothing of the person is left, and the key goes."""
        person_id = UUID(item.payload["person_id"])
        await service.vault.release(person_id, [draft_record(item.key)])
        if not item.payload["nobody"]:
            return
        try:
            ledger.append(person_id, await service.vault.destroy(person_id))
        except KeyHeld:
            return

    return WorkKind(LET_GO, let_go, no_finish, max_attempts=ATTEMPTS)
