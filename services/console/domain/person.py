"""Whoever is signed in, as her issuer names her."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """`name` is the pseudonym in tokens, `doors` the parts of the console that the services opened to her when she signed in, and
    `untried` those whose service did not answer then.
    """

    name: str
    organisation: str
    roles: tuple[str, ...]
    doors: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()

    def is_same(self, other: "Person") -> bool:
        return (self.name, self.organisation) == (other.name, other.organisation)


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """The tokens of one person. `fresh_until` is an instant in seconds; afterwards the access token is made anew."""

    access: str
    refresh: str
    fresh_until: float
