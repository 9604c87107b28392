"""The parts that returns has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from chassis.service import Service, running_service
from services.returns.rules import Country
from services.returns.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    country: Country


Running = Annotated[Service[Settings, Parts], Depends(running_service)]
"""This service, for routes that need one of its parts."""
