"""Routes of identification with their request and response models."""

from fastapi import APIRouter

from services.intake.identification.api import ages, checklists, forms, holds, needs, screenings, status

router = APIRouter()
for part in (checklists, forms, screenings, ages, status, holds, needs):
    router.include_router(part.router)
