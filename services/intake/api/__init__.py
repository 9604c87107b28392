"""Routes of intake with their request and response models."""

from fastapi import APIRouter

from services.intake.api import (
    ages,
    cases,
    fields,
    glass,
    history,
    imports,
    internal,
    needs,
    received,
    screenings,
    status,
    submissions,
)

router = APIRouter()
for part in (
    cases,
    fields,
    history,
    screenings,
    ages,
    status,
    needs,
    received,
    imports,
    submissions,
    glass,
    internal,
):
    router.include_router(part.router)
