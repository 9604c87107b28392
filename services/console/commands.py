"""The forms of the console: one entry makes one form, with its page, its checks, its token, its key and its version.

An entry names the route that it is sent to by the operationId that `moves` names too, and the view that offers it. Whether somebody
may send it is decided by the service alone: a form that is not offered is not shown, and one that is sent all the same is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.console import answers
from services.console.answers import OneCase
from services.console.asking import Order, Question
from services.console.domain.person import Person
from services.console.words import marked

Typed = Mapping[str, list[str]]
"""The texts that were typed and chosen, by the names of the fields."""


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `codes` is the code list of its options; of `workers` the options are those of the case and of the team."""

    name: str
    kind: Literal["words", "radios", "workers"]
    title: str
    hint: str = ""
    codes: str = ""
    empty: str = ""
    """The message beside the field where nothing was typed; where it is empty, nothing need be."""

    def fault(self, typed: Typed) -> str | None:
        """The message for what the person can mend before anything is sent. Everything else is told by the service."""
        said = "".join(typed.get(self.name, ())).strip()
        return self.empty if self.empty and not said else None


@dataclass(frozen=True, slots=True)
class Command:
    """One form about a case. `about` is the view whose `moves` offer it and whose version is sent with it."""

    order: Order
    about: Question[Any]
    title: str
    button: str
    done: str
    fields: Sequence[FormField]
    body: Callable[[Typed, Person], Mapping[str, Any]]

    @property
    def verb(self) -> str:
        return self.order.operation


def _one(typed: Typed, name: str) -> str:
    return "".join(typed.get(name, ())[:1]).replace("\r\n", "\n").strip()


_ALL = (
    Command(
        Order("intake", "write_note", "POST", "/v1/cases/{case_id}/notes"),
        answers.NOTES,
        title=marked("Add a note"),
        button=marked("Save the note"),
        done=marked("The note was saved."),
        fields=(
            FormField(
                "category", "radios", marked("What was the occasion?"), codes="note_category",
                empty=marked("Choose what the occasion was"),
            ),
            FormField(
                "text", "words", marked("Note"), marked("Those who work on this case here can read it. It is never sent to anybody else."),
                empty=marked("Write the note"),
            ),
        ),
        body=lambda typed, _: {"category": _one(typed, "category"), "text": _one(typed, "text")},
    ),
    Command(
        Order("intake", "assign_case", "POST", "/v1/cases/{case_id}/assignment"),
        answers.CASE,
        title=marked("Assign this case"),
        button=marked("Save who works on it"),
        done=marked("It was saved who works on this case."),
        fields=(
            FormField(
                "workers", "workers", marked("Who works on this case?"),
                marked("Whoever is not chosen sees the case no longer. If nobody is chosen, everybody of your organisation sees it."),
            ),
        ),
        body=lambda typed, person: {"organisation": person.organisation, "workers": typed.get("workers", [])},
    ),
)  # fmt: skip
COMMANDS: Mapping[str, Command] = {command.verb: command for command in _ALL}
"""By the operationId. A move that has no form here is not shown as a button."""


def offered(*moves: Sequence[answers.Move]) -> list[Command]:
    """The forms for what a service offers, in the order of this list."""
    verbs = {move.verb for each in moves for move in each}
    return [command for verb, command in COMMANDS.items() if verb in verbs]


def choosable(case: OneCase, person: Person, team: answers.Page[answers.Load] | None) -> list[str]:
    """The workers who can be chosen: those who have the case, herself, and the team where she is shown one."""
    loads = [] if team is None else team.items
    found = [*case.workers, person.name, *(load.worker for load in loads if load.worker is not None)]
    return list(dict.fromkeys(found))
