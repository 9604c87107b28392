"""The question that one service asks another before it refuses a case to somebody: about which person, in whose name."""

from chassis.identity.auth import ISSUED_ROLES, Actor
from chassis.identity.policies import Principal
from chassis.problems import Invalid
from contracts.internal import StandingQuestion


def question(actor: Actor, action: str) -> StandingQuestion:
    return StandingQuestion(
        action=action,
        subject=actor.subject,
        organisation=actor.organisation,
        roles=sorted(actor.roles),
        purpose=actor.purpose,
    )


def principal(asked: StandingQuestion, caller: Actor) -> Principal:
    """The principal that the caller speaks of: a person or machine of this cell. Raises Invalid for an action that the policies
    do not have.
    """
    if asked.action not in caller.policies.actions:
        error = {"loc": ["body", "action"], "msg": "not an action of the policies", "code": "unknown-code"}
        raise Invalid(errors=[error])
    roles = ISSUED_ROLES.intersection(asked.roles)
    return Principal(asked.subject, asked.organisation, caller.cell, roles, asked.purpose)
