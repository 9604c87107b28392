"""The parts of a form: what it is about, its fields, and the body that is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from services.console.asking import Order, Question
from services.console.domain.person import Person
from services.console.words import marked

Typed = Mapping[str, list[str]]
"""The texts that were typed and chosen, by the names of the fields."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing that has a page and forms: its folder in the addresses here, and its place in the paths of the services."""

    folder: str
    place: str
    back: str
    """The words of the link to its page."""


CASE = Subject("cases", "case_id", marked("Back to the case"))
REFERRAL = Subject("referrals", "referral_id", marked("Back to the referral"))


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever sends a form, and the identifier of what it is about."""

    person: Person
    about: UUID


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `codes` is the code list of its options, `choices` whoever of `services/console/choices.py` knows them."""

    name: str
    kind: Literal["words", "radios", "checkboxes", "select"]
    title: str
    hint: str = ""
    codes: str = ""
    choices: str = ""
    empty: str = ""
    """The message beside the field where nothing was typed; where it is empty, nothing need be."""

    def fault(self, typed: Typed) -> str | None:
        """The message for what the person can mend before anything is sent. Everything else is told by the service."""
        said = "".join(typed.get(self.name, ())).strip()
        return self.empty if self.empty and not said else None


@dataclass(frozen=True, slots=True)
class Command:
    """One form. `about` is the view whose `moves` offer it and whose version is sent with it: one thing, or a list of what belongs to it."""

    subject: Subject
    order: Order
    about: Question[Any]
    title: str
    button: str
    done: str
    fields: Sequence[FormField]
    body: Callable[[Typed, Sender], Mapping[str, Any]]
    explained: str = ""
    """The sentence that is read before it is sent."""
    makes: Subject | None = None
    """The thing that is there afterwards and was not before, whose page is shown then."""

    @property
    def verb(self) -> str:
        return self.order.operation

    def place(self, about: UUID) -> Mapping[str, UUID]:
        """The identifier of what the form is about, under the name that the services have for it."""
        return {self.subject.place: about}


def one(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1]).replace("\r\n", "\n").strip()
