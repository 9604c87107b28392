"""The parts that intake has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from chassis.service import Service, running_service
from services.intake.casefile.grants import ConsentGrants
from services.intake.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    grants: ConsentGrants


Running = Annotated[Service[Settings, Parts], Depends(running_service)]
"""This service, for routes that need one of its parts."""
