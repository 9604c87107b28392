"""Disclosures of a person received from elsewhere: kept with their grants, accepted, recalled, closed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from contracts.casefile.urgent import URGENT_FIELDS
from contracts.disclosure import REFERRAL
from contracts.grant import GrantTerms
from services.intake.casefile.domain import facts
from services.intake.casefile.domain.age import BIRTHDATE, Age
from services.intake.casefile.domain.case import GONE, CaseState, WrongMove
from services.intake.casefile.domain.facts import CaseFact
from services.intake.casefile.domain.index_texts import INDEXED

RECEIVED_CHANNEL = "exchange"
"""The channel of whoever came from another organisation. No case that is opened here has it."""


class ReceivedState(StrEnum):
    """The states of one received disclosure. Only the first two may be read."""

    HELD = "held"
    ACCEPTED = "accepted"
    ERASED = "erased"
    RESTRICTED = "restricted"
    STOPPED = "stopped"
    """The recall came first: whatever arrives under this disclosure is not kept."""


class ReceivedVerb(StrEnum):
    ACCEPT = "accept"
    RECALL = "recall"


READABLE = frozenset({ReceivedState.HELD, ReceivedState.ACCEPTED})
CLOSED = frozenset(ReceivedState) - READABLE
RETAINABLE = frozenset({ReceivedState.RESTRICTED})
"""The states in which a law may have kept values in this country's own record: accepted here, and then taken back."""

MOVES: Mapping[tuple[ReceivedState, ReceivedVerb], ReceivedState] = MappingProxyType(
    {
        (ReceivedState.HELD, ReceivedVerb.ACCEPT): ReceivedState.ACCEPTED,
        (ReceivedState.HELD, ReceivedVerb.RECALL): ReceivedState.ERASED,
        (ReceivedState.ACCEPTED, ReceivedVerb.RECALL): ReceivedState.RESTRICTED,
    }
)
"""A verb without a row here changes nothing: events are repeated, and a closed disclosure stays closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedGrant(GrantTerms):
    """The grant of the fields, with who sent them and for which service."""

    sender: str
    sender_cell: str
    service: str
    kind: str = REFERRAL
    """A code of `referral_kind`: with a transfer comes custody, so that its fields may go on, with her own consent."""


@dataclass(slots=True)
class Disclosure:
    """One disclosure as this cell keeps it. `grant` is None where only its recall has been seen."""

    id: UUID
    case_id: UUID
    referral_id: UUID
    state: ReceivedState
    grant: ReceivedGrant | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    """Field → ciphertext, for fields that are new in this batch."""
    closed_for: str | None = None
    """The reason of the recall, where it says one."""
    retained_by: str | None = None
    """The law under which this country keeps, in its own record, the values that were taken back."""
    corrected: tuple[str, ...] = ()
    """Fields whose values its sender has corrected since, where no newer one came: names."""
    changed: bool = False

    def move(self, verb: ReceivedVerb) -> bool:
        """True when the verb changed the state."""
        after = MOVES.get((self.state, verb))
        if after is None:
            return False
        self.state, self.changed = after, True
        return True


@dataclass(frozen=True, slots=True)
class Arrival:
    """A disclosure that exchange has opened, for a case and a person of this cell."""

    disclosure_id: UUID
    referral_id: UUID
    person_id: UUID
    urgency: str
    grant: ReceivedGrant
    values: Mapping[str, str]
    at: datetime


@dataclass(slots=True)
class ReceivedFile:
    """A case as far as it came from elsewhere. `person_id` is None until the case exists here."""

    case_id: UUID
    person_id: UUID | None = None
    organisation: str = ""
    urgency: str = ""
    state: CaseState = CaseState.OPEN
    opened: facts.CaseOpened | None = None
    """The facts of the opening, where this batch opened the case."""
    reopened: bool = False
    """The case was handed over or erased, and something about her came back."""
    returned: bool = False
    """Nobody worked on the case any more, and it is worked on again because of what arrived."""
    opened_here: bool = False
    """The case did not come from elsewhere: it goes on, and so does its key, whatever is taken back."""
    disclosures: dict[UUID, Disclosure] = field(default_factory=dict)
    accepted: set[UUID] = field(default_factory=set)
    """Referrals accepted here, also those whose disclosure has not been seen yet: the two come by different topics."""
    newly_accepted: set[UUID] = field(default_factory=set)
    changed: bool = False

    def receive(self, arrival: Arrival) -> list[CaseFact]:
        """Keep what the grant allows. A recalled disclosure is dropped, a repeated one changes nothing."""
        known = self.disclosures.get(arrival.disclosure_id)
        if known is not None:
            return self._drop(known, arrival)
        if self.state is CaseState.ERASED and arrival.person_id == self.person_id:
            return self._drop_erased(arrival)
        first = self.person_id is None
        anew = first or self.state is CaseState.ERASED  # the knowledge of her age went with everything else
        self.returned = self.returned or not (first or self.state is CaseState.OPEN)
        opened = self._open(arrival) if first else self._reopen(arrival)
        state = ReceivedState.ACCEPTED if arrival.referral_id in self.accepted else ReceivedState.HELD
        allowed = {name: value for name, value in arrival.values.items() if name in arrival.grant.fields}
        self.disclosures[arrival.disclosure_id] = Disclosure(
            arrival.disclosure_id,
            self.case_id,
            arrival.referral_id,
            state,
            arrival.grant,
            allowed,
            changed=True,
        )
        self.state, self.changed = CaseState.OPEN, True
        aged = self._aged(arrival.disclosure_id, dated=BIRTHDATE in allowed, anew=anew)
        named = [facts.IndexDue(self.case_id, arrival.disclosure_id)] if INDEXED & allowed.keys() else []
        flagged = URGENT_FIELDS & allowed.keys()
        urgent = [facts.ReceivedFlagsDue(self.case_id, arrival.disclosure_id)] if flagged else []
        return [*opened, *aged, *urgent, *named]

    def _aged(self, disclosure_id: UUID, *, dated: bool, anew: bool) -> list[CaseFact]:
        """A date that came is opened before anything is said of her age: until then it is not known yet, and not
        unknown.
        """
        if dated:
            return [facts.ReceivedAgeDue(self.case_id, disclosure_id)]
        return [facts.AgeGroupKnown(self.case_id, (unknown := Age()).group, unknown.basis)] if anew else []

    def accept(self, referral_id: UUID) -> list[CaseFact]:
        if referral_id not in self.accepted:
            self.accepted.add(referral_id)
            self.newly_accepted.add(referral_id)
        for disclosure in self.disclosures.values():
            if disclosure.referral_id == referral_id:
                disclosure.move(ReceivedVerb.ACCEPT)
        return []

    def recall(self, disclosure_id: UUID, referral_id: UUID, reason: str | None = None) -> list[CaseFact]:
        """Recall a disclosure. Protective: the recall may run before the disclosure itself has been handled, and then
        leaves a tombstone.
        """
        disclosure = self.disclosures.get(disclosure_id)
        if disclosure is None:
            tombstone = Disclosure(
                disclosure_id,
                self.case_id,
                referral_id,
                ReceivedState.STOPPED,
                closed_for=reason,
                changed=True,
            )
            self.disclosures[disclosure_id] = tombstone
            return []  # the recall is answered when the values have come, were not kept, and are nowhere any more
        if not disclosure.move(ReceivedVerb.RECALL):
            return []
        self.changed, disclosure.values, disclosure.closed_for = True, {}, reason
        unindexed = facts.IndexDue(self.case_id, disclosure_id, closed=True)
        return [*self._deleted(disclosure_id, self.person_id), unindexed]

    def retain(self, disclosure_id: UUID, law: str) -> list[CaseFact]:
        """The received values are deleted; somebody names the law that keeps the copy in this country's own record.

        Raises WrongMove where nothing was taken back after an acceptance.
        """
        disclosure = self.disclosures.get(disclosure_id)
        if disclosure is None or disclosure.state not in RETAINABLE:
            raise WrongMove
        if disclosure.retained_by == law:
            return []
        disclosure.retained_by, disclosure.changed = law, True
        return [facts.DisclosureClosed(self.case_id, disclosure_id, "retained", law)]

    def correct(self, disclosure_id: UUID, fields: Collection[str]) -> list[CaseFact]:
        """The sender has other values by now. A disclosure that was not kept here, or never received, needs no
        correction.
        """
        disclosure = self.disclosures.get(disclosure_id)
        kept = (*READABLE, ReceivedState.RESTRICTED)
        if disclosure is not None and disclosure.grant is not None and disclosure.state in kept:
            names = {*disclosure.corrected, *({*fields} & {*disclosure.grant.fields})}
            disclosure.corrected, disclosure.changed = tuple(sorted(names)), True
        return []

    def _open(self, arrival: Arrival) -> list[CaseFact]:
        self.person_id, self.organisation = arrival.person_id, arrival.grant.recipient
        self.urgency, self.changed = arrival.urgency, True
        self.opened = facts.CaseOpened(
            self.case_id, arrival.person_id, RECEIVED_CHANNEL, self.organisation, arrival.urgency, arrival.at
        )
        return [
            self.opened,
            facts.CaseAssigned(self.case_id, self.organisation, ()),
        ]

    def _reopen(self, arrival: Arrival) -> list[CaseFact]:
        """Reopen the case: she was erased, and a destroyed key is never made again; or she comes back to the
        organisation that had handed her over, be it that she was erased there since. Nobody has her yet.
        """
        said: list[CaseFact] = []
        if arrival.person_id != self.person_id:
            self.person_id = arrival.person_id
            said.append(facts.CaseReopened(self.case_id, arrival.person_id))
        if self.state is CaseState.CLOSED:
            said.append(facts.CaseResumed(self.case_id))
        if self.state in GONE:
            self.reopened = True
            said.append(facts.CaseAssigned(self.case_id, self.organisation, ()))
        if self.state is not CaseState.OPEN:
            said.append(facts.TasksDue(self.case_id, str(arrival.disclosure_id)))
        return said

    def _drop(self, known: Disclosure, arrival: Arrival) -> list[CaseFact]:
        """Drop a disclosure that was recalled before it came, so it is not kept."""
        if known.state is not ReceivedState.STOPPED or known.grant is not None:
            return []
        known.grant, known.changed = arrival.grant, True
        return self._deleted(arrival.disclosure_id, arrival.person_id)

    def _drop_erased(self, arrival: Arrival) -> list[CaseFact]:
        """Drop a disclosure that was sealed under a key which is about to be destroyed: she is being erased."""
        self.disclosures[arrival.disclosure_id] = Disclosure(
            arrival.disclosure_id,
            self.case_id,
            arrival.referral_id,
            ReceivedState.STOPPED,
            arrival.grant,
            changed=True,
        )
        return [facts.KeyUnneeded(self.case_id, arrival.person_id, arrival.disclosure_id)]

    def _deleted(self, disclosure_id: UUID, person_id: UUID | None) -> list[CaseFact]:
        """The facts of a deletion. Where help goes on under the key, that is `restricted`. Else the answer waits
        until it is certain whether the key is destroyed.
        """
        if person_id is None or self.opened_here or self.accepted:
            closed = facts.DisclosureClosed(self.case_id, disclosure_id, "restricted")
            return [closed] if person_id is None else [closed, facts.ValuesDeleted(person_id, disclosure_id)]
        return [facts.KeyUnneeded(self.case_id, person_id, disclosure_id)]
