"""The parts of a form: what it is about, its fields, and the body that is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from services.console.asking import Order, Question
from services.console.domain.date_parts import ABOUT, PARTS
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

    def page(self, about: UUID | None) -> str:
        return f"/{self.folder}" if about is None else f"/{self.folder}/{about}"


CASE = Subject("cases", "case_id", marked("Back to the case"))
DRAFT = Subject("drafts", "draft_id", marked("Read it back and check"))
REFERRAL = Subject("referrals", "referral_id", marked("Back to the referral"))


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever sends a form, and the identifier of what it is about; None where it begins something."""

    person: Person
    about: UUID | None


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `codes` is the code list of its options, `only` those of them that are shown; of `workers` the options are those of
    the case and of the team. A `date` is typed in parts.
    """

    name: str
    kind: Literal["text", "words", "date", "radios", "select", "checkboxes", "workers"]
    title: str
    hint: str = ""
    codes: str = ""
    only: Sequence[str] = ()
    empty: str = ""
    """The message beside the field where nothing was typed; where it is empty, nothing need be."""

    @property
    def names(self) -> Sequence[str]:
        """The names under which a browser sends it."""
        return [f"{self.name}-{part}" for part in (*PARTS, ABOUT)] if self.kind == "date" else [self.name]

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
    makes: Subject | None = None
    """The thing that is there afterwards and was not before, whose page is shown then."""
    then: str = ""
    """The page that comes next, where it is neither."""
    pins: bool = False
    """The version that was shown goes with it, also where its route does not ask for one."""
    kept: Callable[[Any], Typed] = lambda _: {}
    """The texts that stand in the fields before anybody types, from the view that offers the form."""
    intro: Sequence[str] = ()
    """Sentences above the fields."""
    beside: Sequence[tuple[str, str]] = ()
    """Links below the button, each with its page."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Titles of what a refusal may name that is typed on another page, by the name that the service has for it."""

    @property
    def verb(self) -> str:
        return self.order.operation

    def place(self, about: UUID | None) -> Mapping[str, UUID]:
        """The identifier of what the form is about, under the name that the services have for it."""
        return {} if about is None else {self.subject.place: about}


def one(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1]).replace("\r\n", "\n").strip()
