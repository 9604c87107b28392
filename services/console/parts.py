"""The parts that console has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from chassis.service import Service
from services.console.sessions import Sessions
from services.console.settings import Settings
from services.console.signing_in import SignIn
from services.console.unsent import UnsentForms

SERVICE = "corridor.service"
"""The name in an ASGI scope under which the pages are given their service."""


@dataclass(frozen=True, slots=True)
class Parts:
    sign_in: SignIn
    sessions: Sessions
    unsent: UnsentForms


async def console(request: Request) -> Service[Settings, Parts]:
    service: Service[Settings, Parts] = request.scope[SERVICE]
    return service


Console = Annotated[Service[Settings, Parts], Depends(console)]
"""This service, for its pages."""
