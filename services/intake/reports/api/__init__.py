"""Routes of reports with their request and response models."""

from fastapi import APIRouter

from services.intake.reports.api import calls

router = APIRouter()
router.include_router(calls.router)
