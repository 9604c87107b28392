"""The parts of a form: what it is about, its fields, and the body that is sent."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import RootModel

from chassis.problems import NotFound
from services.console.asking import Order, Question
from services.console.domain.date_parts import ABOUT, PARTS
from services.console.domain.person import Person
from services.console.words import marked

Typed = Mapping[str, list[str]]
"""The texts that were typed and chosen, by the names of the fields."""


_SAID = re.compile(r"(?:([a-z0-9-]{1,40})\.)?([A-Za-z0-9_-]{1,60})")
OURS = "ours"
"""Stands in an address for what there is once."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A kind of thing that has a page and forms: its folder in the addresses here, and its place in the paths of the services.

    Without a place there is one of it, `ours`. What is known within another thing alone is named with that: `intake.…` of a service.
    """

    folder: str
    place: str
    back: str
    """The words of the link to its page."""
    page: str = ""
    """Where it has no page of its own: the page on which it stands, which may name the places."""
    within: str = ""
    by_word: bool = False
    """True where its service names it by a word, whatever the place is called."""

    def places(self, said: str) -> Mapping[str, Any]:
        """The identifiers in an address, under the names that the services have for them. Raises NotFound."""
        found = _SAID.fullmatch(said)
        if found is None or bool(found[1]) != bool(self.within) or (not self.place and said != OURS):
            raise NotFound
        named = {self.place: found[2]} | {self.within: found[1]}
        try:
            return {
                name: UUID(one) if name.endswith("_id") and not self.by_word else one
                for name, one in named.items()
                if name
            }
        except ValueError:
            raise NotFound from None

    def page_of(self, said: object) -> str:
        return self.page.format(**self.places(str(said))) if self.page else f"/{self.folder}/{said}"


CASE = Subject("cases", "case_id", marked("Back to the case"))
DRAFT = Subject("drafts", "draft_id", marked("Read it back and check"))
REFERRAL = Subject("referrals", "referral_id", marked("Back to the referral"))


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever sends a form, the identifier of what it is about, and the time zone of the cell."""

    person: Person
    about: Any
    zone: ZoneInfo


Kind = Literal[
    "words", "line", "day", "moment", "date", "radios", "select", "checkboxes", "workers", "kept", "tick"
]


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `codes` is the code list of its options; of `workers` the options are those of the case and of the team, of `choices`
    those that `services/console/choices.py` has under this name. `only` are those that are shown of a code list. A `date` is typed in parts,
    of which some may be unknown; a `moment` is a day and a time of the cell; a `select` has too many options to be read through. What is `kept` was decided before, and goes with the form.
    """

    name: str
    kind: Kind
    title: str = ""
    hint: str = ""
    codes: str = ""
    choices: str = ""
    only: Sequence[str] = ()
    said: Mapping[str, str] = field(default_factory=dict)
    """Answers of its own, where no code list has them."""
    among: Callable[[Any], Sequence[str]] | None = None
    """The codes in the view that offers the form, from which it is chosen. Without `codes` these are organisations."""
    spare: bool = False
    """Where there is nothing to choose from, nothing is asked."""
    empty: str = ""
    """The message beside the field where nothing was typed; where it is empty, nothing need be."""
    unknown: str = ""
    """The message beside the field where the service does not know what it names, or not for this person."""

    @property
    def names(self) -> Sequence[str]:
        """The names under which a browser sends it."""
        return [f"{self.name}-{part}" for part in (*PARTS, ABOUT)] if self.kind == "date" else [self.name]

    def fault(self, typed: Typed) -> str | None:
        """The message for what the person can mend before anything is sent. Everything else is told by the service."""
        said = "".join(typed.get(self.name, ())).strip()
        return self.empty if self.empty and not said else None


Places = Mapping[str, Any]
"""The identifiers that an address names, under the names that the services have for it."""


def whole(view: Any, places: Places) -> Any:
    """The view itself, which is what most forms are about."""
    del places
    return view


def item_at(place: str, name: str = "id") -> Callable[[Any, Places], Any]:
    """The one of a list whose `name` the address has at this place; None where the list has it not."""

    def meant(listed: Any, places: Places) -> Any:
        items = listed.root if isinstance(listed, RootModel) else listed.items
        return next((item for item in items if getattr(item, name) == places[place]), None)

    return meant


@dataclass(frozen=True, slots=True)
class Command:
    """One form. `about` is the view whose `moves` offer it and whose version is sent with it: one thing, or a list of what belongs to it.

    Where a list shows many things with their moves, `part` finds the one that is meant, or None.
    """

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
    part: Callable[[Any, Places], Any] = whole
    most: int = 0
    """So many of the list are looked through for it, where that is more than the service shows by itself."""
    shown: str = ""
    """The template of what is to be read before it is sent."""
    shows: Question[Any] | None = None
    """A second view for that template, as `looked_at`: without it the form is not sent."""
    outcome: str = ""
    """The template of what the service answered, where its page does not tell it."""
    address: str = ""
    """Where it is found, if not at its verb."""
    first: str = ""
    """The page of its subject on which it begins, where something is chosen before."""
    then: str = ""
    """The page that comes next, where it is neither that of its subject nor of what was made."""
    begins: Callable[[Any], Typed] | None = None
    """The answers that stand in it at first, of the view that offers it."""
    pins: bool = False
    """The version that was shown goes with it, also where its route does not ask for one."""
    blocks: str = ""
    """The code list of what may stand in its way."""
    intro: Sequence[str] = ()
    """Sentences above the fields."""
    beside: Sequence[tuple[str, str]] = ()
    """Links below the button, each with its page, which may name the `about`."""
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Titles of what a refusal may name that is typed on another page, by the name that the service has for it."""

    @property
    def verb(self) -> str:
        return self.order.operation


def nothing(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """The body of a form that is pressed and not filled in."""
    del typed, sender
    return {}


def one(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1]).replace("\r\n", "\n").strip()


def ticked(typed: Typed, name: str) -> bool:
    return bool(one(typed, name))


def instant(said: str, zone: ZoneInfo) -> str:
    """A day and a time of this place as an instant. What is none is left as it was typed, for the service to refuse."""
    try:
        read = datetime.fromisoformat(said)
        return (read if read.tzinfo else read.replace(tzinfo=zone)).isoformat()
    except ValueError:
        return said


MOST_DIGITS = 15


def whole_number(said: str) -> int | str:
    """The number. What is none is left as it was typed, for the service to refuse."""
    return int(said) if said.isdecimal() and len(said) <= MOST_DIGITS else said
