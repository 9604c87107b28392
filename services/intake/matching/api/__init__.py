"""Routes of matching with their request and response models."""

from fastapi import APIRouter

from services.intake.matching.api import duplicates, search

router = APIRouter()
for part in (search, duplicates):
    router.include_router(part.router)
