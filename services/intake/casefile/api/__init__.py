"""Routes of the case file with their request and response models."""

from fastapi import APIRouter

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

router = APIRouter()
for part in (
    worklist,
    cases,
    dependants,
    fields,
    history,
    received,
    submissions,
    glass,
    statistics,
    internal,
):
    router.include_router(part.router)
