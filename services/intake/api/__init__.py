"""Routes of intake with their request and response models."""

from fastapi import APIRouter

from services.intake.api import (
    ages,
    cases,
    fields,
    file_rows,
    glass,
    history,
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
    submissions,
    glass,
    file_rows,
    internal,
):
    router.include_router(part.router)
