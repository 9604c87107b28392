"""Everything that referral knows of one case, as a batch of events finds it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from contracts.country.response_clock import ResponseClock
from services.referral.domain.facts import CodeIgnored, Fact, ReferralReceived, TransferMoved
from services.referral.domain.referral import Referral
from services.referral.domain.states import Half, State, Verb

AUTHORITY_ENDED = frozenset({"withdrawn", "revoked", "expired", "narrowed", "not_in_agreement", "erasure"})
"""Reasons of a recall that take an unanswered offer back, for all of it or for this recipient."""

_ENDS: Mapping[str | None, State | None] = MappingProxyType(
    {
        **dict.fromkeys(("replaced", "rejected", "completed", "failed")),
        "unanswered": State.EXPIRED,
        "cancelled": State.CANCELLED,
        "entered_in_error": State.CANCELLED,
    }
)
"""Reason of a recall → how an offer ends by it. None: not by that, for it follows a disclosure that is replaced, or a move of this
half. By any other the offer is revoked, known here or not.
"""

TRANSFER_OPEN, NOT_OFFERED = "transfer-open", "service-not-offered"


@dataclass(slots=True)
class CaseReferrals:
    """The halves that this cell holds under one case."""

    case_id: UUID
    halves: dict[tuple[UUID, Half], Referral] = field(default_factory=dict)
    offered: frozenset[tuple[str, str]] = frozenset()
    """(organisation, service) of the directory, where a hand-over is to be checked against it."""

    def outgoing(self, referral_id: UUID) -> Referral | None:
        return self.halves.get((referral_id, Half.OUTGOING))

    def incoming(self, referral_id: UUID) -> Referral | None:
        return self.halves.get((referral_id, Half.INCOMING))

    def hand_over(self, transfer: Referral, clock: ResponseClock, now: datetime) -> list[Fact]:
        """Send the transfer that was asked for with her answer, once. A transfer that makes no sense has failed, and
        says why.
        """
        if self.outgoing(transfer.id) is not None:
            return []
        in_the_way = [half for half in self.halves.values() if transfer.excludes(half)]
        self.halves[transfer.id, Half.OUTGOING] = transfer
        if in_the_way:
            transfer.state = State.REQUESTED
            said = transfer.refuse(TRANSFER_OPEN, now)
            return [
                fact for fact in said if not isinstance(fact, TransferMoved)
            ]  # the open referral is the case's
        if (transfer.recipient, transfer.service) not in self.offered:
            transfer.state = State.REQUESTED
            return transfer.refuse(NOT_OFFERED, now)
        return transfer.send(clock.deadlines(transfer.urgency, now), now)

    def receive(self, offer: Referral, clock: ResponseClock, now: datetime) -> list[Fact]:
        """Open the incoming half, once. Where a recall came before it, it opens revoked and nobody is asked."""
        known = self.incoming(offer.id)
        if known is not None and known.organisation:
            following = offer.disclosure_id
            if (
                following is not None and following != known.disclosure_id
            ):  # the referral before it was replaced
                return known.authorise(following, offer.fields, ())
            return [CodeIgnored(offer.id, offer.half, "disclosure.received", known.state)]
        self.halves[offer.id, Half.INCOMING] = offer
        offer.received_at = now
        if known is not None:
            revoked = replace(offer, state=known.state, ended_at=known.ended_at, version=known.version + 1)
            self.halves[offer.id, Half.INCOMING] = revoked
            return []
        offer.state = State.RECEIVED
        received = ReferralReceived(
            offer.case_id, offer.id, str(Half.INCOMING), offer.sender, offer.recipient, now
        )
        return [received, *offer.start_clock(clock.deadlines(offer.urgency, now))]

    def recall(self, referral_id: UUID, disclosure_id: UUID, reason: str | None, now: datetime) -> list[Fact]:
        """Take the offer back. A recall is protective and may overtake the offer that it recalls: then it leaves a
        tombstone.
        """
        ends, known = _ENDS.get(reason, State.REVOKED), self.incoming(referral_id)
        if ends is None:
            return []
        if known is None:
            tombstone = _tombstone(self.case_id, referral_id, disclosure_id, ends, now)
            self.halves[referral_id, Half.INCOMING] = tombstone
            return []
        if ends is State.CANCELLED:
            return known.follow(Verb.CANCEL, now)
        return known.expire(now) if ends is State.EXPIRED else known.revoke(now)


def _tombstone(
    case_id: UUID, referral_id: UUID, disclosure_id: UUID, state: State, now: datetime
) -> Referral:
    """An incoming half that is over and that belongs to nobody, so that no worklist shows it."""
    return Referral(
        id=referral_id,
        half=Half.INCOMING,
        case_id=case_id,
        sender="",
        sender_cell="",
        recipient="",
        recipient_cell="",
        recipient_role="",
        service="",
        purpose="",
        urgency="",
        asked=(),
        created_at=now,
        state=state,
        disclosure_id=disclosure_id,
        ended_at=now,
    )
