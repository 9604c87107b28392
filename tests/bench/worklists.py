"""The lists of referrals, returns and consents among 100,000 rows of one organisation, for `tests.bench.lists`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from sqlalchemy import TextClause, text

from chassis.database import Transaction
from chassis.web.listing import BoundedCount, Order, Page
from chassis.web.worklist import RowQuery, Worklist, count_of, statement_of
from services.consent.worklist_queries import WORKLIST as CONSENTS
from services.consent.worklist_queries import ConsentWait
from services.referral.queries import WORKLIST as REFERRALS
from services.returns.queries import WORKLIST as RETURNS
from tests.bench.listed import AGENCY, PAGE, SUPERVISOR, WORKER, WORKERS, Listed, each_worker, one_of

ROWS = 100_000
MADE = f"""
    create temporary table made as select n, gen_random_uuid() as id, gen_random_uuid() as case_id, now() - n * interval '7 minutes' as at,
        case when n % 997 = 0 then '{{}}' else array['th.worker-' || n % {WORKERS}] end as workers from generate_series(1, {ROWS}) n;
    insert into chassis.case_access (case_id, organisation, workers, handed_over)
        select case_id, '{AGENCY}', workers, n % 20 = 0 from made;
    insert into chassis.case_references (reference, case_id) select 'TH-' || n, case_id from made;
    vacuum analyze chassis.case_access; vacuum analyze chassis.case_references
"""
OF_REFERRALS = f"""
    insert into referral.referrals (id, half, case_id, organisation, sender, sender_cell, recipient, recipient_cell, recipient_role,
        service, purpose, urgency, asked, created_at, kind, state, fields, withheld, respond_by, reminded_at, version, updated_at)
        select id, case when n % 10 = 0 then 'incoming' else 'outgoing' end, case_id, '{AGENCY}',
            case when n % 10 = 0 then 'kh-partner-' || n % 400 else '{AGENCY}' end, 'TH',
            case when n % 10 = 0 then '{AGENCY}' else 'kh-partner-' || n % 400 end, 'KH', 'care',
            'service-' || n % 40, 'purpose-' || n % 8, case when n % 50 = 0 then 'immediate' else 'routine' end, '[]', at,
            case when n % 200 = 3 then 'transfer' else 'referral' end,
            (array['draft', 'requested', 'received', 'accepted', 'in_progress'] || array_fill('completed'::text, array[45]))[(n + 49) % 50 + 1],
            '[]', '[]', at + interval '90 days', case when n % 250 = 2 then at end, 1, at + n % 50 * interval '1 hour' from made;
    insert into referral.consents (consent_id, case_id, revision, purposes, recipients, valid_until)
        select gen_random_uuid(), case_id, 1, jsonb_build_array('purpose-' || n % 8), jsonb_build_array('kh-partner-' || n % 400),
            now() + interval '90 days' from made where n % 100 = 1;
    vacuum analyze referral.referrals; vacuum analyze referral.consents
"""
OF_RETURNS = f"""
    insert into returns.returns (id, half, case_id, organisation, sender, receiver, receiver_cell, requested_at, state, expected_at,
        overdue_at, version, updated_at)
        select id, case when n % 10 = 0 then 'receiving' else 'sending' end, case_id, '{AGENCY}',
            case when n % 10 = 0 then 'kh-partner-' || n % 400 else '{AGENCY}' end,
            case when n % 10 = 0 then '{AGENCY}' else 'kh-partner-' || n % 400 end, 'KH', at,
            (array['requested', 'counselled', 'cleared', 'departed', 'arrived'] || array_fill('closed'::text, array[45]))[n % 50 + 1],
            at + interval '90 days', case when n % 250 = 3 then at end, 1, at + n % 50 * interval '1 hour' from made;
    vacuum analyze returns.returns
"""

OF_CONSENTS = f"""
    insert into consent.records (id, case_id, organisation, state, revision, head, salt, valid_until, terms, sealed, created_at, updated_at)
        select id, case_id, '{AGENCY}', (array['requested', 'given', 'withdrawn'] || array_fill('given'::text, array[47]))[n % 50 + 1], 1, 'h', 's',
            now() + n * interval '5 minutes', jsonb_build_object('capacity', case when n % 100 = 0 then 'guardian' else 'self' end,
            'legal_basis', case when n % 500 = 250 then 'immediate-protection' else 'consent' end, 'approved_by', case when n % 1000 = 250 then 'x' end),
            '{{}}', at, at + n % 50 * interval '1 hour' from made;
    insert into consent.disclosures (id, case_id, referral_id, stage, consent_id, fence_due, purpose, sender, recipient, recipient_cell,
        recipient_role, service, urgency, kind, asked)
        select gen_random_uuid(), case_id, id, case when n % 500 = 2 then 'recalled' else 'answered' end, id, false, 'p', '{AGENCY}', 'x', 'KH',
            'care', 's', 'routine', 'referral', '{{}}' from made where n % 50 = 2;
    vacuum analyze consent.records; vacuum analyze consent.disclosures
"""


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of one service: its rows, a bare indexed select of them, and what is asked for."""

    service: str
    fill: str
    of: Worklist[Any]
    asked: Mapping[str, Listed]

    @property
    def versions(self) -> Any:
        return import_module(f"services.{self.service}.app").VERSIONS

    @property
    def floor(self) -> TextClause:
        key = self.of.made_at
        return text(
            f"select r.id from {self.of.source} where r.organisation = :organisation order by {key} desc, r.id desc limit :limit"
        )

    async def page(self, tx: Transaction, one: Listed, turn: int) -> tuple[Page, dict[str, Any]]:
        after = None
        if one.deep:
            key = self.of.made_at
            somewhere = (
                f"select {key} as at, r.id from {self.of.source} order by {key} desc offset :beyond limit 1"
            )
            row = (await tx.execute(text(somewhere), {"beyond": one.beyond(turn, ROWS)})).one()
            after = (row.at, row.id)
        asked = RowQuery(one.asked(turn), one.order)
        return await statement_of(tx, one.actor(turn), self.of, asked, after=after, limit=PAGE)

    async def count(self, tx: Transaction, one: Listed, turn: int) -> BoundedCount:
        return await count_of(tx, one.actor(turn), self.of, RowQuery(one.asked(turn), one.order))


def of_everybody() -> dict[str, Listed]:
    """The lists that each of them has."""
    now = datetime.now(UTC)
    return {
        "everything": Listed(SUPERVISOR),
        "everything, a page somewhere": Listed(SUPERVISOR, {}, deep=True),
        "changed last": Listed(SUPERVISOR, {}, Order.CHANGED),
        "changed since yesterday": Listed(
            SUPERVISOR, {"updated_since": now - timedelta(days=1)}, Order.CHANGED
        ),
        "due soonest": Listed(SUPERVISOR, {}, Order.DUE),
        "due within a day": Listed(SUPERVISOR, {"due_by": now + timedelta(days=1)}, Order.DUE),
        "due within a day, newest first": Listed(SUPERVISOR, {"due_by": now + timedelta(days=1)}),
        "of one worker": Listed(SUPERVISOR, {"worker": each_worker()}),
        "of nobody": Listed(SUPERVISOR, {"worker": "nobody"}),
        "a worker's": Listed(WORKER),
        "a worker's, changed last": Listed(WORKER, {}, Order.CHANGED),
        "a worker's, due soonest": Listed(WORKER, {}, Order.DUE),
    }


def of_services() -> list[Lists]:
    return [
        Lists(
            "referral",
            OF_REFERRALS,
            REFERRALS,
            {
                **of_everybody(),
                "drafts": Listed(SUPERVISOR, {"state": "draft"}),
                "drafts with a consent": Listed(SUPERVISOR, {"state": "draft", "consent_recorded": True}),
                "received": Listed(SUPERVISOR, {"half": "incoming"}),
                "received and late": Listed(SUPERVISOR, {"half": "incoming", "late": True}),
                "transfers": Listed(SUPERVISOR, {"kind": "transfer"}),
                "with one partner": Listed(SUPERVISOR, {"partner": one_of("kh-partner", 400)}),
                "for one service": Listed(SUPERVISOR, {"service": one_of("service", 40)}),
                "for one purpose": Listed(SUPERVISOR, {"purpose": one_of("purpose", 8)}),
                "immediate": Listed(SUPERVISOR, {"urgency": "immediate"}),
                "waiting for us": Listed(SUPERVISOR, {"waiting_for": "own"}),
                "waiting for the partner": Listed(SUPERVISOR, {"waiting_for": "partner"}),
                "late": Listed(SUPERVISOR, {"late": True}),
                "not late": Listed(SUPERVISOR, {"late": False}),
                "a worker's, received": Listed(WORKER, {"half": "incoming"}),
            },
        ),
        Lists(
            "returns",
            OF_RETURNS,
            RETURNS,
            {
                **of_everybody(),
                "requested": Listed(SUPERVISOR, {"state": "requested"}),
                "received": Listed(SUPERVISOR, {"half": "receiving"}),
                "with one partner": Listed(SUPERVISOR, {"partner": one_of("kh-partner", 400)}),
                "waiting for us": Listed(SUPERVISOR, {"waiting_for": "own"}),
                "waiting for the partner": Listed(SUPERVISOR, {"waiting_for": "partner"}),
                "late": Listed(SUPERVISOR, {"late": True}),
                "not late": Listed(SUPERVISOR, {"late": False}),
            },
        ),
        Lists(
            "consent",
            OF_CONSENTS,
            CONSENTS,
            {
                **of_everybody(),
                "withdrawn": Listed(SUPERVISOR, {"state": "withdrawn"}),
                **{f"waiting for {wait}": Listed(SUPERVISOR, {"waiting_for": wait}) for wait in ConsentWait},
                "waiting for renewal, due soonest": Listed(
                    SUPERVISOR, {"waiting_for": ConsentWait.RENEWAL}, Order.DUE
                ),
            },
        ),
    ]
