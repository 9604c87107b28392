"""All of consent about one case, as a batch of events finds it: records, disclosures, and the ground they stand on."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from contracts.organisations import authority
from services.consent.domain.authorisation import Ground, decide
from services.consent.domain.coverage import REPLACED, again, reconsider
from services.consent.domain.disclosure import OPEN, Disclosure
from services.consent.domain.facts import ConsentEnding, DisclosureCorrected, Fact
from services.consent.domain.lengthening import lengthen
from services.consent.domain.record import SYSTEM, Act, ConsentRecord
from services.consent.domain.request import Request
from services.consent.domain.states import PERMITTING

ADULT = "adult"
COMES_OF_AGE, EXPIRES = "comes-of-age", "expires"
"""The codes of `consent_ending`."""
REFERRAL_ENDED = "referral_cancelled"
"""The code of `disclosure_refusal` for a disclosure that nobody asks for any more."""


def is_child(age_group: str) -> bool:
    """True for everybody who is not known to be adult."""
    return age_group != ADULT


@dataclass(slots=True)
class CaseConsents:
    case_id: UUID
    ground: Ground
    records: dict[UUID, ConsentRecord] = field(default_factory=dict)
    disclosures: dict[UUID, Disclosure] = field(default_factory=dict)
    in_error: set[UUID] = field(default_factory=set)
    """Referrals that were sent in error: nothing is disclosed for them, whatever is heard later."""
    heard_in_error: set[UUID] = field(default_factory=set)
    """Of the referrals `in_error` the ones that were heard of in this batch."""
    age_group: str | None = None
    """The age group, set when it became known in this batch."""
    erased: bool = False
    """She was erased in this batch: no paper of hers is genuine any more, and no age of before is kept."""

    def learn_age(self, age_group: str, now: datetime) -> list[Fact]:
        """A consent given by somebody who may not speak at her age permits nothing more: by a child alone, or by
        another for an adult.
        """
        self.age_group = age_group
        act = Act(SYSTEM, authority(self.ground.cell), now)
        child = is_child(age_group)
        unfit = [r for r in self.records.values() if r.state in PERMITTING and not r.fits(child=child)]
        return [fact for record in unfit for fact in record.lapse(act)]

    def erase(self, now: datetime) -> list[Fact]:
        """Nothing is consented to any more, nothing that was disclosed may be read on, and her age is not kept."""
        self.age_group, self.erased = None, True
        act = Act(SYSTEM, authority(self.ground.cell), now)
        return [fact for record in self.records.values() for fact in record.erase(act)]

    def comes_of_age_soon(self) -> list[Fact]:
        """Tell of each consent that another gave for her, which lapses on the day on which she is asked herself."""
        given = [r for r in self.records.values() if r.state in PERMITTING and r.terms.capacity.for_child]
        return [ConsentEnding(self.case_id, r.id, r.revision, COMES_OF_AGE) for r in given]

    def ask(self, disclosure_id: UUID, request: Request, now: datetime) -> list[Fact]:
        """Authorise or refuse the fields that a referral asks to send. After a refusal a new request is decided anew.

        Protective: the word that the referral was sent in error may have come before it.
        """
        known = self.disclosures.get(disclosure_id)
        if known is not None and known.refusal is None:
            return []
        decision = decide(list(self.records.values()), self.ground, request, now)
        disclosure = known or Disclosure(disclosure_id, decision.request)
        disclosure.request = decision.request
        self.disclosures[disclosure_id] = disclosure
        refusal = REFERRAL_ENDED if request.referral_id in self.in_error else decision.computed.refusal
        if refusal is not None:
            return disclosure.refuse(refusal)
        facts = disclosure.authorise(decision.authority())
        if decision.record is not None:
            decision.record.disclosures.append(disclosure)
        return facts

    def end(self, referral_id: UUID, reason: str, now: datetime) -> list[Fact]:
        """A referral is over: so is the reading of every disclosure that was made for it."""
        return [
            fact
            for disclosure in self._of_referral(referral_id)
            if disclosure.stage in OPEN
            for fact in disclosure.end(reason, self._retention(disclosure), now)
        ]

    def agreement_changed(self, now: datetime) -> list[Fact]:
        """Take back every disclosure that the agreements of today do not allow whole, and disclose the allowed rest
        anew.
        """
        said: list[Fact] = []
        for record in self.records.values():
            said += reconsider(record, self.ground, now)
            said += lengthen(record, self.ground, now)
            self.disclosures |= {disclosure.id: disclosure for disclosure in record.disclosures}
        return said

    def sent_in_error(self, referral_id: UUID, now: datetime) -> list[Fact]:
        """A referral was sent in error, before or after anything was disclosed for it."""
        self.in_error.add(referral_id)
        self.heard_in_error.add(referral_id)
        return self.end(referral_id, "entered_in_error", now)

    def answered_late(self, referral_id: UUID, now: datetime) -> list[Fact]:
        """The answer had been given when this side stopped waiting: a disclosure taken back for that is authorised
        again.
        """
        if referral_id in self.in_error:
            return []
        found = self._of_referral(referral_id)
        if any(d.stage in OPEN for d in found):
            return []
        before = next((d for d in found if d.recalled_for == "unanswered"), None)
        if before is None:
            return []
        following, facts = again(before, list(self.records.values()), self.ground, now)
        if following is None or following.id in self.disclosures:
            return []
        self._keep(following)
        return facts

    def corrected(self, fields: Collection[str], revision: int, now: datetime) -> list[Fact]:
        """Values that were disclosed are others by now, or gone: each such disclosure is taken back, and the one with
        today's values follows.

        Also one that is not sealed yet: its values may have been read a moment before the change. Where none may
        follow, the recipient of the old value is told the names of the fields.
        """
        said: list[Fact] = []
        held = [d for d in self.disclosures.values() if d.stage in OPEN]
        for disclosure in [d for d in held if not set(fields).isdisjoint(d.authorised_by.fields)]:
            record = self.records[disclosure.authorised_by.consent_id]
            following, facts = again(disclosure, [record], self.ground, now)
            if following is not None:
                said += [*disclosure.recall(REPLACED, now), *facts]
                self._keep(following)
        return said + self._told(fields, revision)

    def _told(self, fields: Collection[str], revision: int) -> list[Fact]:
        """Tell the recipients of replaced disclosures of fields that no later disclosure of their referral holds: the
        later one is told itself, or has them.
        """
        said: list[Fact] = []
        for disclosure in self.disclosures.values():
            names = disclosure.told_of(fields)
            if disclosure.recalled_for == REPLACED:
                names -= self._held_later(disclosure)
            if names:
                referral_id = disclosure.request.referral_id
                said.append(
                    DisclosureCorrected(
                        self.case_id, disclosure.id, referral_id, revision, tuple(sorted(names))
                    )
                )
        return said

    def _held_later(self, replaced: Disclosure) -> set[str]:
        others = self._of_referral(replaced.request.referral_id)
        return {
            name for d in others if d.recalled_for != REPLACED and d.authority for name in d.authority.fields
        }

    def _keep(self, following: Disclosure) -> None:
        self.disclosures[following.id] = following
        self.records[following.authorised_by.consent_id].disclosures.append(following)

    def _of_referral(self, referral_id: UUID) -> list[Disclosure]:
        return [d for d in self.disclosures.values() if d.request.referral_id == referral_id]

    def _retention(self, disclosure: Disclosure) -> timedelta:
        return self.ground.retention(disclosure.authorised_by.agreement_id)

    def disclosure(self, disclosure_id: UUID | None) -> Disclosure | None:
        """The disclosure; None for an item at the border that is no disclosure, or none of this case."""
        return None if disclosure_id is None else self.disclosures.get(disclosure_id)
