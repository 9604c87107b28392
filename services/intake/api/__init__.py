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
    screenings,
    status,
    submissions,
)

router = APIRouter()
for part in (cases, fields, history, screenings, ages, status, needs, imports, submissions, glass, internal):
    router.include_router(part.router)
