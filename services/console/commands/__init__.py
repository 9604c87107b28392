"""The forms of the console: one entry makes one form, with its page, its checks, its token, its key and its version.

An entry names the route that it is sent to by the operationId that `moves` names too, and the view that offers it. Whether somebody
may send it is decided by the service alone: a form that is not offered is not shown, and one that is sent all the same is refused.
"""

from collections.abc import Mapping, Sequence

from services.console import answers
from services.console.answers import OneCase
from services.console.commands import (
    call_forms,
    case_forms,
    consent_forms,
    draft_forms,
    file_forms,
    incident_forms,
    operations,
    pair_forms,
    protection_forms,
    referral_forms,
    return_forms,
    rights_forms,
    team,
    watching,
    work_forms,
)
from services.console.commands.form import Command
from services.console.domain.person import Person

_ALL = (
    *case_forms.FORMS,
    *consent_forms.FORMS,
    *pair_forms.FORMS,
    *protection_forms.FORMS,
    *draft_forms.FORMS,
    *file_forms.FORMS,
    *call_forms.FORMS,
    *incident_forms.FORMS,
    *referral_forms.FORMS,
    *return_forms.FORMS,
    *team.FORMS,
    *watching.FORMS,
    *work_forms.FORMS,
    *rights_forms.FORMS,
    *operations.FORMS,
)
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
