"""Routes of the case file with their request and response models."""

from fastapi import APIRouter

from services.intake.casefile.api import (
    cases,
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
for part in (worklist, cases, fields, history, received, submissions, glass, statistics, internal):
    router.include_router(part.router)
