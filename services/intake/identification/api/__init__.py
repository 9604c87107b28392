"""Routes of identification with their request and response models."""

from chassis.web.routes import gathered
from services.intake.identification.api import ages, checklists, forms, holds, needs, screenings, status

router = gathered(
    checklists.router, forms.router, screenings.router, ages.router, status.router, holds.router, needs.router
)
