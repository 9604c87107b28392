"""At rest every recipient reads exactly what the present consent covers, whatever was narrowed, ended, delayed or lost before."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.casefile.fields import FIELDS as CASE_FILE
from contracts.disclosure import AgreementTerms
from contracts.events.intake import FieldsRecordedV1
from services.consent import outgoing as consent_out
from services.consent.domain.coverage import reconsider
from services.consent.domain.disclosure import OPEN, Stage
from services.consent.domain.narrowing import Part
from services.consent.domain.record import Act, ConsentRecord
from services.consent.domain.terms import Recipient as Named
from services.consent.handlers import ENDS
from services.intake.casefile.outgoing import disclosure_closed
from services.referral.domain.referral import Referral
from services.referral.domain.states import ENDED, OFFERED, Half, State, WrongMove
from services.referral.outgoing import outgoing as referral_out
from tests.consent.making import AGENCY, PURPOSE, SALT, SENDER, terms
from tests.model.two_cells import CLINIC, CLOCK, FIELDS, OTHER_PURPOSE, RETENTION_DAYS, TwoCells

CATEGORIES = ("contact", "identity", "needs")
RECIPIENTS, PURPOSES = (AGENCY, CLINIC), (PURPOSE, OTHER_PURPOSE)
EXAMPLES, STEPS, WANTED = 300, 100, 10_000
"""Examples end early here and there."""


def some(values: tuple[Any, ...], least: int = 1) -> Any:
    return st.sets(st.sampled_from(values), min_size=least).map(sorted).map(tuple)


TERMS = st.fixed_dictionaries(
    {
        "recipients": some(RECIPIENTS),
        "purposes": some(PURPOSES),
        "categories": some(CATEGORIES),
        "days": st.sampled_from([20, 100, 300]),
    }
)
PICK = st.integers(min_value=0, max_value=10_000)
WORKERS_THERE = ("accept", "accept", "reject", "start", "complete", "fail")
CODES = {"reject": "no-capacity", "complete": "service-delivered", "fail": "moved-away"}


@dataclass(frozen=True)
class Covered:
    """What the test itself holds a recipient to be allowed to read for one referral: sets, and nothing of the product."""

    record: UUID
    recipient: str
    purpose: str
    fields: frozenset[str]
    until: datetime

    def under(self, record: ConsentRecord, now: datetime) -> "Covered":
        agreed = record.terms
        named = {r.organisation for r in agreed.recipients}
        stands = record.permits(now) and self.recipient in named and self.purpose in agreed.purposes
        left = {name for name in self.fields if CASE_FILE[name].category in agreed.categories}
        fields = frozenset(left) if stands else frozenset()
        return replace(self, fields=fields, until=min(self.until, agreed.valid_until))

    def within(self, agreement: AgreementTerms) -> "Covered":
        allowed = frozenset(agreement.fields) if self.purpose in agreement.purposes else frozenset()
        return replace(self, fields=self.fields & allowed)


class WhatRecipientsRead(RuleBasedStateMachine):
    taken = 0
    """Steps, in all examples."""

    @initialize(arrived=st.booleans())
    def begin(self, arrived: bool) -> None:
        self.world = TwoCells()
        self.world.heard = self.consent_heard
        self.covered: dict[UUID, Covered] = {}
        self.lapsed: dict[UUID, Covered] = {}
        self.sealed: dict[UUID, int] = {}
        self.give({"recipients": RECIPIENTS, "purposes": PURPOSES, "categories": CATEGORIES, "days": 300})
        self.refer(AGENCY, PURPOSE)
        self.refer(CLINIC, OTHER_PURPOSE)
        if arrived:
            self.come_to_rest()
        else:
            self.events_arrive()

    # --- she decides

    @property
    def act(self) -> Act:
        return Act("th.worker", SENDER, self.world.now)

    def permitting(self) -> ConsentRecord | None:
        records = self.world.consent.records.values()
        return next((r for r in records if r.permits(self.world.now)), None)

    def decided(self, record: ConsentRecord, facts: list[Any], *, asks: bool) -> None:
        """As a command ends: said, and exchange asked at once unless it is away."""
        world = self.world
        for disclosure in record.disclosures:
            world.consent.disclosures[disclosure.id] = disclosure
        world.say("consent", facts, consent_out.outgoing)
        self.covered = {
            referral: one.under(record, world.now) if one.record == record.id else one
            for referral, one in self.covered.items()
        }
        if asks:
            for disclosure in record.disclosures:
                if disclosure.fence_due:
                    world.fence(disclosure.id)

    def agreed(self, chosen: dict[str, Any]) -> Any:
        return terms(
            recipients=tuple(Named(name, "KH") for name in chosen["recipients"]),
            purposes=chosen["purposes"],
            categories=chosen["categories"],
            valid_until=self.world.now + timedelta(days=chosen["days"]),
        )

    @rule(chosen=TERMS)
    def give(self, chosen: dict[str, Any]) -> None:
        if self.permitting() is None:
            record = ConsentRecord.asked(
                self.world.new_id(), self.world.case_id, SALT, self.agreed(chosen), {}
            )
            self.world.consent.records[record.id] = record
            self.decided(record, record.give(self.act), asks=True)

    @rule(chosen=TERMS, asks=st.booleans())
    def renew(self, chosen: dict[str, Any], asks: bool) -> None:
        record = self.permitting()
        if record is not None:
            facts = record.renew(self.agreed(chosen), {}, self.act)
            facts += reconsider(record, self.world.consent.ground, self.world.now)
            self.decided(record, facts, asks=asks)

    @rule(taken=st.sampled_from([*RECIPIENTS, *PURPOSES, *CATEGORIES]), asks=st.booleans())
    def withdraw_part(self, taken: str, asks: bool) -> None:
        record, one = self.permitting(), frozenset({taken})
        if record is not None:
            part = Part(one & {*RECIPIENTS}, one & {*PURPOSES}, one & {*CATEGORIES})
            facts = record.narrow(part, self.act)
            facts += reconsider(record, self.world.consent.ground, self.world.now)
            self.decided(record, facts, asks=asks)

    @rule(verb=st.sampled_from(["withdraw", "revoke"]), asks=st.booleans())
    def take_back(self, verb: str, asks: bool) -> None:
        record = self.permitting()
        if record is not None:
            self.decided(record, getattr(record, verb)(self.act), asks=asks)

    @precondition(lambda self: self.world.seals)
    @rule(pick=PICK, taken=st.sampled_from(["withdraw", "revoke", *RECIPIENTS, *CATEGORIES]))
    def take_back_in_the_middle_of_a_seal(self, pick: int, taken: str) -> None:
        """The token is given; the sealing is committed after she was answered."""
        disclosure_id = self.world.seals[pick % len(self.world.seals)]
        if disclosure_id not in self.world.tokens:
            self.world.take_token(disclosure_id)
        if taken in {"withdraw", "revoke"}:
            self.take_back(taken, asks=True)
        else:
            self.withdraw_part(taken, asks=True)
        self.nothing_is_sealed_once_it_is_complete()
        if disclosure_id in self.world.tokens:
            self.world.commit_seal(disclosure_id)

    # --- the two countries agree

    @rule(purposes=some(PURPOSES, 0), fields=some(FIELDS, 0), whole=st.booleans())
    def agree_anew(self, purposes: tuple[str, ...], fields: tuple[str, ...], whole: bool) -> None:
        """To more or to less. What is left is looked at when consent hears of it."""
        world, before = self.world, self.agreement
        allowed = (
            {"purposes": PURPOSES, "fields": FIELDS} if whole else {"purposes": purposes, "fields": fields}
        )
        newer = replace(before, version=before.version + 1, sha256=f"{before.version:064x}", **allowed)
        world.consent.ground = replace(world.consent.ground, agreements=(newer,))
        world.say("consent", world.consent.agreement_changed(world.now), consent_out.outgoing)
        self.covered = {referral: one.within(newer) for referral, one in self.covered.items()}

    @property
    def agreement(self) -> AgreementTerms:
        (standing,) = self.world.consent.ground.agreements
        return standing

    # --- workers at both ends

    @rule(recipient=st.sampled_from(RECIPIENTS), purpose=st.sampled_from(PURPOSES))
    def refer(self, recipient: str, purpose: str) -> None:
        halves = self.world.referral.halves
        ours = [r for r in halves.values() if (r.recipient, r.purpose) == (recipient, purpose)]
        if any(r.state in OFFERED for r in ours):
            return
        role = self.world.consent.ground.directory[recipient].role
        referral = Referral(
            id=self.world.new_id(),
            half=Half.OUTGOING,
            case_id=self.world.case_id,
            sender=SENDER,
            sender_cell="TH",
            recipient=recipient,
            recipient_cell="KH",
            recipient_role=role,
            service="shelter",
            purpose=purpose,
            urgency="routine",
            asked=FIELDS,
            created_at=self.world.now,
        )
        halves[referral.id, Half.OUTGOING] = referral
        sent = referral.send(CLOCK.deadlines("routine", self.world.now), self.world.now)
        self.world.say("referral", sent, referral_out)

    @rule(pick=PICK, verb=st.sampled_from(WORKERS_THERE))
    def help_there(self, pick: int, verb: str) -> None:
        halves = [r for there in self.world.recipients.values() for r in there.referral.halves.values()]
        self.move([r for r in halves if r.state not in ENDED], pick, verb)

    @rule(pick=PICK, verb=st.sampled_from(["cancel", "correct"]))
    def end_here(self, pick: int, verb: str) -> None:
        self.move(list(self.world.referral.halves.values()), pick, verb)

    def move(self, halves: list[Referral], pick: int, verb: str) -> None:
        mine = [r for r in halves if r.organisation]
        if not mine:
            return
        code = [CODES[verb]] if verb in CODES else []
        referral = mine[pick % len(mine)]
        try:
            facts = getattr(referral, verb)(*code, self.world.now)
        except WrongMove:
            return
        self.world.say("referral", facts, referral_out)

    @rule(name=st.sampled_from(FIELDS))
    def correct_a_value(self, name: str) -> None:
        world = self.world
        recorded = FieldsRecordedV1(case_id=world.case_id, revision=1, fields=(name,))
        world.queues["intake", world.case_id, "consent"].append(recorded)

    # --- the machines between them

    @precondition(lambda self: self.world.queues)
    @rule(pick=PICK, overtaking=st.booleans(), many=st.integers(1, 25))
    def bus(self, pick: int, overtaking: bool, many: int) -> None:
        for _ in range(many):
            keys = sorted(self.world.queues, key=str)
            if keys:
                self.world.deliver(keys[pick % len(keys)], overtaking=overtaking)
                pick //= 2

    @rule()
    def events_arrive(self) -> None:
        """In each cell by itself; what is at the border stays there."""
        while self.world.queues:
            self.world.deliver(min(self.world.queues, key=str))

    @precondition(lambda self: self.world.border)
    @rule(pick=PICK, many=st.integers(1, 8))
    def border(self, pick: int, many: int) -> None:
        for _ in range(min(many, len(self.world.border))):
            self.world.cross(pick % len(self.world.border))

    @precondition(lambda self: self.world.border)
    @rule(pick=PICK)
    def repeat(self, pick: int) -> None:
        self.world.border.append(self.world.border[pick % len(self.world.border)])

    @precondition(lambda self: self.world.seals)
    @rule(pick=PICK, finish=st.sampled_from([True, True, False]))
    def seal(self, pick: int, finish: bool) -> None:
        """A token is taken; it may be long until its sealing is committed."""
        disclosure_id = self.world.seals[pick % len(self.world.seals)]
        if disclosure_id not in self.world.tokens:
            self.world.take_token(disclosure_id)
        if finish and disclosure_id in self.world.tokens:
            self.world.commit_seal(disclosure_id)

    @rule()
    def crash(self) -> None:
        self.world.crash()

    @rule()
    def calm(self) -> None:
        """Nobody does anything for a while, and everything arrives."""
        self.come_to_rest()
        self.check()

    @rule(pick=PICK, answered=st.booleans())
    def ask_exchange(self, pick: int, answered: bool) -> None:
        waiting = [d for d in self.world.consent.disclosures.values() if d.fence_due]
        if waiting:
            self.world.fence(waiting[pick % len(waiting)].id, answered=answered)

    @rule(days=st.sampled_from([1, 1, 8, 31]))
    def time_passes(self, days: int) -> None:
        self.world.now += timedelta(days=days)
        self.clocks()

    def clocks(self) -> None:
        """What is due by now, an expiry of consent first: it is a second late at most."""
        world = self.world
        now_due = [one for one in world.due if one[1].due_at is None or one[1].due_at <= world.now]
        world.due = [one for one in world.due if one not in now_due]
        for service, due in sorted(now_due, key=lambda one: one[1].kind != "expire"):
            getattr(self, f"due_{service}_{due.kind}".replace("-", "_"), lambda _: None)(due.payload)

    def due_consent_expire(self, payload: dict[str, Any]) -> None:
        record = self.world.consent.records[UUID(payload["consent_id"])]
        if record.revision == payload["revision"]:
            self.decided(record, record.expire(self.act, None), asks=False)

    def due_consent_fence(self, payload: dict[str, Any]) -> None:
        if self.world.consent.disclosures[UUID(payload["disclosure_id"])].fence_due:
            self.world.fence(UUID(payload["disclosure_id"]))

    def due_consent_end(self, payload: dict[str, Any]) -> None:
        disclosure = self.world.consent.disclosures[UUID(payload["disclosure_id"])]
        record = self.world.consent.records[disclosure.authorised_by.consent_id]
        facts = record.end_reading(disclosure.request.referral_id, payload["reason"], self.world.now)
        self.world.say("consent", facts, consent_out.outgoing)

    def due_referral_expire(self, payload: dict[str, Any]) -> None:
        key = UUID(payload["referral_id"]), Half(payload["half"])
        for case in (self.world.referral, *(r.referral for r in self.world.recipients.values())):
            if key in case.halves:
                self.world.say("referral", case.halves[key].expire(self.world.now), referral_out)

    def due_intake_destroy_key(self, payload: dict[str, Any]) -> None:
        there = next(r for r in self.world.recipients.values() if str(r.case_id) == payload["case_id"])
        closed = disclosure_closed(there.case_id, UUID(payload["disclosure_id"]), "erased")
        self.world._said("intake", closed)

    # --- what the test holds to be right

    def consent_heard(self, event: Any) -> None:
        """The moments at which consent learns of a referral are the moments at which the rules look at it."""
        if event.type == "referral.sent.v1":
            record = self.permitting()
            if record is not None:
                until = record.terms.valid_until
                whole = Covered(record.id, event.recipient, event.purpose, frozenset(FIELDS), until)
                self.covered[event.referral_id] = whole.under(record, self.world.now).within(self.agreement)
        elif type(event) in ENDS and event.half == "outgoing":
            self.ended(event.referral_id, ENDS[type(event)])
        elif event.type in {"referral.accepted.v1", "referral.started.v1"} and event.half == "outgoing":
            self.answered(event.referral_id)

    def ended(self, referral_id: UUID, reason: str) -> None:
        one = self.covered.get(referral_id)
        if one is None:
            return
        if reason == "unanswered":
            self.lapsed.setdefault(referral_id, one)
        found = [d for d in self.world.consent.disclosures.values() if d.request.referral_id == referral_id]
        received = all(d.stage is Stage.DELIVERED or d.recalled_for for d in found)
        if reason in {"completed", "failed"} or (reason == "cancelled" and received):
            until = min(one.until, self.world.now + timedelta(days=RETENTION_DAYS))
            self.covered[referral_id] = replace(one, until=until)
        else:
            self.covered[referral_id] = replace(one, fields=frozenset())

    def answered(self, referral_id: UUID) -> None:
        """It had answered before this side stopped waiting: it reads what she agrees to by now."""
        one, record = self.lapsed.pop(referral_id, None), self.permitting()
        if one is not None and one.fields and record is not None:
            until = record.terms.valid_until
            again = replace(one, record=record.id, until=until).under(record, self.world.now)
            self.covered[referral_id] = again.within(self.agreement)

    @invariant()
    def nothing_is_sealed_once_it_is_complete(self) -> None:
        WhatRecipientsRead.taken += 1
        for disclosure in self.world.consent.disclosures.values():
            if disclosure.recalled_for and not disclosure.fence_due:
                held = self.world.disclosures.get(disclosure.id)
                sealed = 0 if held is None else held.seals
                assert self.sealed.setdefault(disclosure.id, sealed) == sealed

    def come_to_rest(self) -> None:
        """Until nobody has anything to do but to wait for another day."""
        world = self.world
        for _ in range(5_000):
            self.clocks()
            if world.queues:
                world.deliver(min(world.queues, key=str))
            elif world.seals:
                disclosure_id = world.seals[0]
                if disclosure_id not in world.tokens:
                    world.take_token(disclosure_id)
                if disclosure_id in world.tokens:
                    world.commit_seal(disclosure_id)
            elif world.border:
                world.cross(0)
            else:
                waiting = [d for d in world.consent.disclosures.values() if d.fence_due]
                if not waiting:
                    return
                world.fence(waiting[0].id)
        raise AssertionError("it never comes to rest")

    def teardown(self) -> None:
        self.come_to_rest()
        self.check()

    def check(self) -> None:
        now = self.world.now
        for name, there in self.world.recipients.items():
            allowed = [c.fields for c in self.covered.values() if c.recipient == name and now < c.until]
            assert there.reads(now) == frozenset().union(*allowed), name
        for disclosure in self.world.consent.disclosures.values():
            assert (
                disclosure.stage in OPEN
                or disclosure.recalled_for is None
                or disclosure.stage is Stage.ANSWERED
            )
        assert all(r.state is not State.DRAFT for r in self.world.referral.halves.values())


def test_at_rest_every_recipient_reads_exactly_what_the_present_consent_covers():
    limits = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, suppress_health_check=list(HealthCheck)
    )
    WhatRecipientsRead.taken = 0
    run_state_machine_as_test(WhatRecipientsRead, settings=limits)
    assert WhatRecipientsRead.taken > WANTED
