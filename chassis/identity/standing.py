"""The question that one service asks another before it refuses somebody a case: how do they stand to it now?"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chassis.identity.auth import ROLES, Actor
from chassis.identity.policies import Principal
from chassis.problems import Invalid
from contracts.types import Action, KnownCode, OrganisationId, Pseudonym


class StandingForm(BaseModel):
    """Somebody whom the asking service is about to refuse, and what they asked to do there."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    action: Action
    subject: Pseudonym
    organisation: OrganisationId
    roles: Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=10)]
    purpose: Annotated[str, KnownCode("purpose")]

    @classmethod
    def of(cls, actor: Actor, action: str) -> "StandingForm":
        return cls(
            action=action,
            subject=actor.subject,
            organisation=actor.organisation,
            roles=sorted(actor.roles),
            purpose=actor.purpose,
        )

    def principal(self, caller: Actor) -> Principal:
        """Whom the caller speaks of: a person of this cell. Raises Invalid for an action that the policies do not have."""
        if self.action not in caller.policies.actions:
            error = {
                "loc": ["body", "action"],
                "msg": "not an action of the policies",
                "code": "unknown-code",
            }
            raise Invalid(errors=[error])
        roles = ROLES.intersection(self.roles)
        return Principal(self.subject, self.organisation, caller.cell, roles, self.purpose)


class Standing(BaseModel):
    """Whether there is such a case, and whether they may do this with it."""

    known: bool
    allowed: bool


NOWHERE = Standing(known=False, allowed=False)
