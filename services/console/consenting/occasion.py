"""The occasion on which she is asked: for something new, or whether what she agreed to before goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.console.asking import Order
from services.console.consenting.questions import Typed, refuses
from services.console.consenting.views import RECORD, RENEW, OneConsent


@dataclass(frozen=True, slots=True)
class Occasion:
    """Without `consent_id` she is asked for something new in this case; with it again, in the version that was `seen`."""

    case_id: UUID
    consent_id: UUID | None = None
    seen: str = ""

    @property
    def address(self) -> str:
        if self.consent_id is None:
            return f"/cases/{self.case_id}/{RECORD.operation}"
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
        return RECORD if self.consent_id is None or refuses(typed) else RENEW

    def body(self, said: Mapping[str, object]) -> Mapping[str, object]:
        """The body of that order. Whoever renews has agreed, and the route does not ask whether."""
        refused = said["decision"] == "refused"
        return (
            said if self.consent_id is None or refused else {k: v for k, v in said.items() if k != "decision"}
        )


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
