"""Agreements as consent is told of them: every version is kept, and looked at when it begins and when it ends."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.disclosure import AgreementTerms
from services.consent.domain.facts import Fact, LookDue

SETTLED = timedelta(minutes=1)
"""The pause before a second look, which finds disclosures that were being authorised under the version before at the
moment in which this one came.
"""


@dataclass(slots=True)
class AgreementVersions:
    """Versions of one agreement heard of in this batch. A version never changes, so the first is kept."""

    id: str
    heard: dict[int, AgreementTerms] = field(default_factory=dict)

    def learn(self, terms: AgreementTerms, now: datetime) -> list[Fact]:
        """Learn a version. From its beginning it covers a disclosure or takes it back; from its end nothing covers it."""
        self.heard.setdefault(terms.version, terms)
        begins = max(terms.valid_from, now)
        looks = {"begun": begins, "settled": begins + SETTLED, "ended": terms.valid_until}
        return [LookDue(terms.id, terms.version, why, at) for why, at in looks.items()]
