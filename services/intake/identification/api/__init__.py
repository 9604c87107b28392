"""Routes of identification with their request and response models."""

from fastapi import APIRouter

from services.intake.identification.api import ages, needs, screenings, status

router = APIRouter()
for part in (screenings, ages, status, needs):
    router.include_router(part.router)
