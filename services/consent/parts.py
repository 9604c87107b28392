"""The parts that consent has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from chassis.service import Service, running_service
from services.consent.settings import Settings
from services.consent.signing import Signer


@dataclass(frozen=True, slots=True)
class Parts:
    signer: Signer


Running = Annotated[Service[Settings, Parts], Depends(running_service)]
"""This service, for routes that need one of its parts."""
