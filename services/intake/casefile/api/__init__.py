"""Routes of the case file with their request and response models."""

from chassis.web.routes import gathered
from services.intake.casefile.api import (
    cases,
    dependants,
    fields,
    glass,
    history,
    internal,
    received,
    statistics,
    submissions,
    worklist,
)

router = gathered(
    worklist.router,
    cases.router,
    dependants.router,
    fields.router,
    history.router,
    received.router,
    submissions.router,
    glass.router,
    statistics.router,
    internal.router,
)
