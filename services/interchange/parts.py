"""The parts that interchange has beside those of every service."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from chassis.service import Service, running_service
from services.interchange.reading import FileReading
from services.interchange.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    reading: FileReading
    """The one place of this service that reads files."""


Running = Annotated[Service[Settings, Parts], Depends(running_service)]
"""This service, for routes that need one of its parts."""
