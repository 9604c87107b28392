"""The HTTP surface of interchange: files that are taken in."""

from fastapi import APIRouter

from services.interchange.api import outcomes, uploads

router = APIRouter()
for part in (uploads, outcomes):
    router.include_router(part.router)
