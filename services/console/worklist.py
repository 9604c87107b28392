"""The lists of cases, referrals and returns as the pages ask for it: views that count, filters, order and pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.console.answers import CASES, REFERRALS, Count
from services.console.asking import Question
from services.console.return_answers import RETURNS
from services.console.visiting import SignedIn
from services.console.words import marked

ROWS = 25
SORTS: Mapping[str, str] = {
    "newest": marked("Newest first"),
    "changed": marked("Changed last first"),
    "due": marked("Due soonest first"),
}


@dataclass(frozen=True, slots=True)
class CountedView:
    """A list with a counter. `empty` says what to do where it has nothing."""

    title: str
    empty: str
    query: Mapping[str, Any]


_OPEN = {"state": "open"}
ME, TOMORROW = "me", "tomorrow"
"""Stand for the reader and for the end of the next day, which no address should name."""
VIEWS: Mapping[str, CountedView] = {
    "mine": CountedView(
        marked("My cases"),
        marked("You have no open case. Look at the cases that are not assigned yet, or ask your supervisor."),
        {**_OPEN, "worker": ME},
    ),
    "unassigned": CountedView(
        marked("Not assigned yet"),
        marked("Every open case has somebody who works on it."),
        {**_OPEN, "worker": "nobody"},
    ),
    "due": CountedView(
        marked("Due by tomorrow"),
        marked("Nothing is due today or tomorrow."),
        {**_OPEN, "due_by": TOMORROW},
    ),
    "late": CountedView(marked("Overdue"), marked("Nothing is overdue."), {**_OPEN, "late": True}),
    "waiting": CountedView(
        marked("Waiting for the other side"),
        marked("No case waits for the answer of another organisation."),
        {**_OPEN, "waiting_for": "recipient"},
    ),
    "all": CountedView(
        marked("All open cases"),
        marked("Your organisation has no open case yet. A case appears here when one is opened or received."),
        _OPEN,
    ),
}

TASK_VIEWS: Mapping[str, CountedView] = {
    "mine": CountedView(marked("My tasks"), marked("Nothing is to be done by you."), {"mine": True}),
    "due": CountedView(
        marked("Due by tomorrow"), marked("Nothing is due today or tomorrow."), {"due_before": TOMORROW}
    ),
    "late": CountedView(marked("Overdue"), marked("Nothing is overdue."), {"overdue": True}),
    "unassigned": CountedView(
        marked("Not assigned yet"), marked("Every task has somebody who does it."), {"unassigned": True}
    ),
    "team": CountedView(
        marked("Of the team, about no case"), marked("The team has no task without a case."), {"team": True}
    ),
    "all": CountedView(marked("All open tasks"), marked("Nothing is to be done."), {}),
}
"""Of tasks, which are not counted."""
REFERRAL_VIEWS: Mapping[str, CountedView] = {
    "own": CountedView(
        marked("Your organisation’s move"),
        marked("No referral waits for your organisation."),
        {"waiting_for": "own"},
    ),
    "partner": CountedView(
        marked("Waiting for the other side"),
        marked("No referral waits for another organisation."),
        {"waiting_for": "partner"},
    ),
    "late": CountedView(marked("Not answered in time"), marked("No answer is overdue."), {"late": True}),
    "incoming": CountedView(
        marked("Sent to you"),
        marked("Nobody has referred anybody to your organisation yet."),
        {"half": "incoming"},
    ),
    "outgoing": CountedView(
        marked("Sent by you"),
        marked("Your organisation has referred nobody yet. A referral begins on the page of a case."),
        {"half": "outgoing"},
    ),
}

RETURN_VIEWS: Mapping[str, CountedView] = {
    "own": CountedView(
        marked("Your organisation’s move"),
        marked("No return waits for your organisation."),
        {"waiting_for": "own"},
    ),
    "mine": CountedView(
        marked("Of my cases"),
        marked("None of your cases has a return."),
        {"worker": ME},
    ),
    "partner": CountedView(
        marked("Waiting for the other side"),
        marked("No return waits for another organisation."),
        {"waiting_for": "partner"},
    ),
    "suspended": CountedView(marked("Paused"), marked("No return pauses."), {"state": "suspended"}),
    "departed": CountedView(
        marked("Left and not arrived"), marked("Nobody is on the way."), {"state": "departed"}
    ),
    "late": CountedView(
        marked("Should have arrived"), marked("Everybody who should have arrived has."), {"late": True}
    ),
    "all": CountedView(
        marked("All returns"),
        marked("Your organisation has no return yet. A return begins on the page of a case."),
        {},
    ),
}


def query_of(who: SignedIn, view: CountedView) -> dict[str, Any]:
    """The parameters of a list for this view and this reader."""
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
    return await _count_of(who, CASES, {**query_of(who, VIEWS[name]), "names": "none"})


async def counted_referrals(who: SignedIn, name: str) -> Count | None:
    """How many referrals a view has; None while its service does not answer."""
    return await _count_of(who, REFERRALS, query_of(who, REFERRAL_VIEWS[name]))


async def counted_returns(who: SignedIn, name: str) -> Count | None:
    """How many returns a view has; None while its service does not answer."""
    return await _count_of(who, RETURNS, query_of(who, RETURN_VIEWS[name]))


async def _count_of(who: SignedIn, question: Question[Any], query: Mapping[str, Any]) -> Count | None:
    """How many rows a list has; None while its service does not answer."""
    panel = await who.voice.panel(question, query={**query, "count": True, "limit": 1})
    return None if panel.value is None else panel.value.count
