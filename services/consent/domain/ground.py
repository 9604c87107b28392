"""What consent is told and only keeps: agreements by version."""

from dataclasses import dataclass, field

from contracts.disclosure import AgreementTerms


@dataclass(slots=True)
class AgreementVersions:
    """Versions of one agreement heard of in this batch. A version never changes, so the first is kept."""

    id: str
    heard: dict[int, AgreementTerms] = field(default_factory=dict)

    def learn(self, terms: AgreementTerms) -> None:
        self.heard.setdefault(terms.version, terms)
