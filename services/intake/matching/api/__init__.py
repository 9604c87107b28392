"""Routes of matching with their request and response models."""

from chassis.web.routes import gathered
from services.intake.matching.api import duplicates, pairs, search

router = gathered(search.router, duplicates.router, pairs.router)
