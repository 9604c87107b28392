"""A part of a consent that is taken back: recipients, purposes, categories. The part only ever takes away."""

from dataclasses import dataclass, replace

from services.consent.domain.terms import Terms


@dataclass(frozen=True, slots=True)
class Part:
    """The part that she takes back. Any of it that she had not agreed to is passed over: it is not there any more, as
    she wants it.
    """

    recipients: frozenset[str] = frozenset()
    purposes: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()

    def without(self, terms: Terms) -> Terms | None:
        """The terms that are left; None where nothing could be disclosed to anybody any more."""
        left = replace(
            terms,
            recipients=tuple(r for r in terms.recipients if r.organisation not in self.recipients),
            purposes=_without(terms.purposes, self.purposes),
            categories=_without(terms.categories, self.categories),
            back_categories=_without(terms.back_categories, self.categories),
        )
        return left if left.recipients and left.purposes and left.categories else None


def _without(codes: tuple[str, ...], taken: frozenset[str]) -> tuple[str, ...]:
    return tuple(code for code in codes if code not in taken)
