"""The list of cases as the pages ask for it: views that count, filters, order and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.console.answers import CASES, Count
from services.console.visiting import SignedIn
from services.console.words import marked

ROWS = 25
SORTS: Mapping[str, str] = {
    "newest": marked("Newest first"),
    "changed": marked("Changed last first"),
    "due": marked("Due soonest first"),
}


@dataclass(frozen=True, slots=True)
class CaseView:
    """A list with a counter. `empty` says what to do where it has nothing."""

    title: str
    empty: str
    query: Mapping[str, Any]


_OPEN = {"state": "open"}
ME, TOMORROW = "me", "tomorrow"
"""Stand for the reader and for the end of the next day, which no address should name."""
VIEWS: Mapping[str, CaseView] = {
    "mine": CaseView(
        marked("My cases"),
        marked("You have no open case. Look at the cases that nobody has, or ask your supervisor."),
        {**_OPEN, "worker": ME},
    ),
    "unassigned": CaseView(
        marked("Nobody has them"),
        marked("Every open case has somebody who works on it."),
        {**_OPEN, "worker": "nobody"},
    ),
    "due": CaseView(
        marked("Due by tomorrow"),
        marked("Nothing is due today or tomorrow."),
        {**_OPEN, "due_by": TOMORROW},
    ),
    "late": CaseView(marked("Overdue"), marked("Nothing is overdue."), {**_OPEN, "late": True}),
    "waiting": CaseView(
        marked("Waiting for the other side"),
        marked("No case waits for the answer of another organisation."),
        {**_OPEN, "waiting_for": "recipient"},
    ),
    "all": CaseView(
        marked("All open cases"),
        marked("Your organisation has no open case yet. A case appears here when one is opened or received."),
        _OPEN,
    ),
}


def query_of(who: SignedIn, view: CaseView) -> dict[str, Any]:
    """The parameters of the list of cases for this view and this reader."""
    meant = {
        ME: who.session.person.name,
        TOMORROW: (who.service.clock() + timedelta(days=1)).isoformat(),
    }
    return {
        name: meant.get(value, value) if isinstance(value, str) else value
        for name, value in view.query.items()
    }


async def counted(who: SignedIn, name: str) -> Count | None:
    """How many cases a view has; None while its service does not answer."""
    query = {**query_of(who, VIEWS[name]), "count": True, "limit": 1, "names": "none"}
    panel = await who.voice.panel(CASES, query=query)
    return None if panel.value is None else panel.value.count
