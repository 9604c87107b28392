"""Routes of casework with their request and response models."""

from fastapi import APIRouter

from services.intake.casework.api import closing, leaves, notes, tasks, team

router = APIRouter()
for part in (notes, tasks, closing, team, leaves):
    router.include_router(part.router)
