"""Routes of matching with their request and response models."""

from fastapi import APIRouter

from services.intake.matching.api import duplicates, pairs, search

router = APIRouter()
for part in (search, duplicates, pairs):
    router.include_router(part.router)
