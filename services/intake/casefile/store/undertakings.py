"""The halves of referrals and returns of the cases here: loaded for a batch of events by one query, saved as a set."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from chassis.database import Transaction
from chassis.rows import RowReader
from chassis.tables import source, upsert_set
from contracts.disclosure import ANSWER_WITHIN
from services.intake.casefile.domain.undertaking import Undertaking, UndertakingKind, UndertakingState
from services.intake.casefile.store.tables import UNDERTAKINGS

Key = tuple[UUID, str]
"""The identifier, which both halves share, and the half."""

_UNDERTAKINGS = RowReader(Undertaking, UNDERTAKINGS)
_KEYS = {name: UNDERTAKINGS.c[name] for name in ("id", "half")}
_LOAD = text(
    f"select {_UNDERTAKINGS.columns()} from intake.undertakings where (id, half) in (select id, half from {source(_KEYS)})"
    " order by id, half for update"
)
_SAVE = upsert_set(UNDERTAKINGS)

# A half that came with custody is the case itself. What intake heard of the transfer says so, in whatever order it came.
_IN_CUSTODY = (
    f"u.kind = '{UndertakingKind.TRANSFER}' or exists (select from intake.disclosures d"
    f" where d.referral_id = u.id and d.case_id = u.case_id and d.kind = '{UndertakingKind.TRANSFER}')"
)
BLOCKS = f"""
    select case when u.kind = '{UndertakingKind.RETURN}' then 'return-under-way'
        when u.state = '{UndertakingState.WAITING}' then 'referral-unanswered' else 'referral-under-way' end as block
    from intake.undertakings u where u.case_id = :case and ({_IN_CUSTODY}) is not true
        and (u.state = '{UndertakingState.GOING_ON}' or (u.state = '{UndertakingState.WAITING}' and u.half = 'outgoing'))
"""
"""The codes of `case_block` of what is under way. The answer to an incoming request is blocked over by the request itself."""

_LATE_REFERRAL = f"""
    from intake.undertakings u
    where u.state = '{UndertakingState.UNANSWERED}' and u.half = 'outgoing' and ({_IN_CUSTODY}) is not true
        and not exists (select from intake.undertakings n where n.case_id = u.case_id and n.half = u.half
            and n.service = u.service and n.sent_at > u.sent_at)
"""
_LATE_RECALL = f"""
    from intake.authorised r where r.answered_at is null
        and r.recalled_at <= cast(:now as timestamptz) - interval '{ANSWER_WITHIN.total_seconds():.0f} seconds'
"""
LATE_REFERRAL, LATE_RECALL = f"select u.case_id {_LATE_REFERRAL}", f"select r.case_id {_LATE_RECALL}"
"""The cases with a referral that nobody answered in its time, and after which nobody else was asked for the same service; and
those of whose recalls one should have been answered.
"""
HAS_LATE_REFERRAL = f"exists (select {_LATE_REFERRAL} and u.case_id = c.id)"
HAS_LATE_RECALL = f"exists (select {_LATE_RECALL} and r.case_id = c.id)"
"""The same, asked of one case."""


async def load(tx: Transaction, keys: Sequence[Key]) -> dict[Key, Undertaking]:
    columns = {"id": [key[0] for key in keys], "half": [key[1] for key in keys]}
    found = {(one.id, one.half): one for one in _UNDERTAKINGS.all(await tx.execute(_LOAD, columns))}
    return {key: found.get(key) or Undertaking(*key) for key in keys}


async def save(tx: Transaction, moved: Sequence[Undertaking]) -> None:
    changed = sorted((one for one in moved if one.changed), key=lambda one: (one.id, one.half))
    await _SAVE.write(tx, changed)
