"""Routes of reports with their request and response models."""

from fastapi import APIRouter

from services.intake.reports.api import calls, incidents

router = APIRouter()
for part in (calls, incidents):
    router.include_router(part.router)
