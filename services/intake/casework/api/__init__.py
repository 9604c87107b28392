"""Routes of casework with their request and response models."""

from chassis.web.routes import gathered
from services.intake.casework.api import closing, leaves, notes, tasks, team

router = gathered(notes.router, tasks.router, closing.router, team.router, leaves.router)
