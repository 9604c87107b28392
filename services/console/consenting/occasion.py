"""The occasion on which she is asked: for something new, whether what she agreed to before goes on, or whether she is handed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from services.console.asking import Order
from services.console.consenting import wizard
from services.console.consenting.questions import HANDS_OVER, LINKED_STAY, YES, Typed, refuses, says
from services.console.consenting.views import HAND_OVER, RECORD, RENEW, OneConsent


@dataclass(frozen=True, slots=True)
class Occasion:
    """Without `consent_id` she is asked for something new in this case; with it again, in the version that was `seen`. Where she
    `goes`, her yes hands her over to another organisation of the country.
    """

    case_id: UUID
    consent_id: UUID | None = None
    seen: str = ""
    goes: bool = False

    @property
    def marks(self) -> dict[str, list[str]]:
        """The answer that this page gives by itself, whatever a browser sends."""
        return {HANDS_OVER: [YES] if self.goes else []}

    @property
    def offered_by(self) -> str:
        """The move without which she is not asked here."""
        return HAND_OVER.operation if self.goes else RECORD.operation

    @property
    def address(self) -> str:
        if self.consent_id is None:
            return f"/cases/{self.case_id}/{self.offered_by}"
        return f"/consents/{self.consent_id}/{RENEW.operation}"

    @property
    def back(self) -> str:
        return (
            f"/cases/{self.case_id}/consents" if self.consent_id is None else f"/consents/{self.consent_id}"
        )

    @property
    def bound(self) -> tuple[str, str, str]:
        """The parts of the form's token: the page, the case that is asked about, and the version."""
        return self.address, str(self.case_id), self.seen

    def order(self, typed: Typed) -> Order:
        """A no is always an answer of its own: what stood before stays as it is."""
        if refuses(typed):
            return RECORD
        return HAND_OVER if self.goes else RECORD if self.consent_id is None else RENEW

    def body(self, typed: Typed, zone: ZoneInfo) -> Mapping[str, object]:
        """The body of that order. Whoever renews or is handed over has agreed, and these routes do not ask whether."""
        said = wizard.body(typed, zone)
        order = self.order(typed)
        if order is RECORD:
            return said
        agreed = {name: value for name, value in said.items() if name != "decision"}
        if order is RENEW:
            return agreed
        stays = {"linked_stay": True} if says(typed, LINKED_STAY) == YES else {}
        return {"answer": agreed, "transfer": wizard.transfer(typed), **stays}


def before(consent: OneConsent) -> dict[str, list[str]]:
    """The answers that she gave before, to be asked again. How it is given, and for how long, is asked anew."""
    terms = consent.terms
    read_in = terms.notice_language or terms.language or ""
    return {
        "recipients": [one.organisation for one in terms.recipients],
        "purposes": terms.purposes,
        "categories": terms.categories,
        "back_categories": terms.back_categories,
        "notice_language": [read_in],
        "language": [terms.language] if terms.language and terms.language != read_in else [],
    }
