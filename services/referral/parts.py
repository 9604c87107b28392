"""The parts that referral has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from chassis.service import Service, running_service
from contracts.country.response_clock import ResponseClock
from services.referral.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    response_clock: ResponseClock


Running = Annotated[Service[Settings, Parts], Depends(running_service)]
"""This service, for routes that need one of its parts."""
