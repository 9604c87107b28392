"""The HTTP surface of interchange: files that are taken in, and files that go out."""

from fastapi import APIRouter

from services.interchange.api import exports, outcomes, uploads

router = APIRouter()
for part in (uploads, outcomes, exports):
    router.include_router(part.router)
