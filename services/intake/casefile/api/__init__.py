"""Routes of the case file with their request and response models."""

from fastapi import APIRouter

from services.intake.casefile.api import (
    cases,
    fields,
    glass,
    history,
    internal,
    received,
    submissions,
    worklist,
)

router = APIRouter()
for part in (worklist, cases, fields, history, received, submissions, glass, internal):
    router.include_router(part.router)
