"""The doors of the console: its parts, each shown to whoever its service answers."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from services.console.answers import CASES, REFERRALS, TASKS, TEAM
from services.console.asking import Question, Voice, at_once
from services.console.consenting.views import PROTECTIONS
from services.console.domain.person import Person
from services.console.draft_answers import DRAFTS, SUBMISSIONS
from services.console.file_answers import EXPORTS, IMPORTS
from services.console.log_answers import HEAD
from services.console.operation_answers import OWN_WORK
from services.console.report_answers import CALLS, INCIDENTS
from services.console.return_answers import RETURNS
from services.console.team_answers import LEAVES

DOORS: Mapping[str, tuple[Question[Any], Mapping[str, Any]]] = {
    "cases": (CASES, {"limit": 1, "names": "none"}),
    "tasks": (TASKS, {"limit": 1}),
    "referrals": (REFERRALS, {"limit": 1}),
    "returns": (RETURNS, {"limit": 1}),
    "drafts": (DRAFTS, {"limit": 1}),
    "submissions": (SUBMISSIONS, {"limit": 1}),
    "calls": (CALLS, {"limit": 1}),
    "incidents": (INCIDENTS, {"limit": 1}),
    "imports": (IMPORTS, {"limit": 1}),
    "exports": (EXPORTS, {"limit": 1}),
    "team": (TEAM, {}),
    "leaves": (LEAVES, {"limit": 1}),
    "protections": (PROTECTIONS, {"limit": 1}),
    "audit": (HEAD, {}),
    "operations": (OWN_WORK, {"limit": 1}),
}
"""By their names in the navigation."""


async def with_doors(voice: Voice, person: Person, tried: Collection[str]) -> Person:
    """The person, for whom these doors have been tried: open, not hers, or untried again where the service did not answer. One whose
    service has no address is none of this cell.
    """
    asked = {door: DOORS[door] for door in tried if DOORS[door][0].service in voice.peers}
    panels = await at_once(*(voice.panel(question, query=query) for question, query in asked.values()))
    found = dict(zip(asked, panels, strict=True))
    doors = {*person.doors, *(door for door, panel in found.items() if panel.value is not None)}
    untried = tuple(door for door, panel in found.items() if panel.away)
    return replace(person, doors=tuple(door for door in DOORS if door in doors), untried=untried)
