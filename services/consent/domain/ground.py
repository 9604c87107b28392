"""What consent is told and only keeps: agreements by version, and where the directory's organisations stand."""

from dataclasses import dataclass, field

from contracts.disclosure import AgreementTerms
from services.consent.domain.authorisation import Listed


@dataclass(slots=True)
class AgreementVersions:
    """Versions of one agreement heard of in this batch. A version never changes, so the first is kept."""

    id: str
    heard: dict[int, AgreementTerms] = field(default_factory=dict)

    def learn(self, terms: AgreementTerms) -> None:
        self.heard.setdefault(terms.version, terms)


@dataclass(slots=True)
class DirectoryEntry:
    """The newest of what was heard of an organisation in this batch."""

    organisation: str
    version: int = -1
    listed: Listed | None = None

    def learn(self, version: int, listed: Listed) -> None:
        if version > self.version:
            self.version, self.listed = version, listed
