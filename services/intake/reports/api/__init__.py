"""Routes of reports with their request and response models."""

from chassis.web.routes import gathered
from services.intake.reports.api import calls, incidents

router = gathered(calls.router, incidents.router)
