"""The parts that exchange has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from chassis.service import Service, running_service
from services.exchange.settings import Settings
from services.exchange.trust import Trust


@dataclass(frozen=True, slots=True)
class Parts:
    trust: Trust


Running = Annotated[Service[Settings, Parts], Depends(running_service)]
"""This service, for routes that need one of its parts."""
