"""What consent is told of agreements: every version is kept, and looked at when it begins and when it ends."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.disclosure import AgreementTerms
from services.consent.domain.facts import Fact, LookDue

SETTLED = timedelta(minutes=1)
"""What was being authorised under the version before, at the moment in which this one came, is found by a second look."""


@dataclass(slots=True)
class AgreementVersions:
    """Versions of one agreement heard of in this batch. A version never changes, so the first is kept."""

    id: str
    heard: dict[int, AgreementTerms] = field(default_factory=dict)

    def learn(self, terms: AgreementTerms, now: datetime) -> list[Fact]:
        """From its beginning what was disclosed is covered by this version or is taken back; from its end, by none."""
        self.heard.setdefault(terms.version, terms)
        begins = max(terms.valid_from, now)
        looks = {"begun": begins, "settled": begins + SETTLED, "ended": terms.valid_until}
        return [LookDue(terms.id, terms.version, why, at) for why, at in looks.items()]
