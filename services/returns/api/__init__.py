"""The routes of returns."""

from fastapi import APIRouter

from services.returns.api import departures, moves, preparation, returns

router = APIRouter()
for part in (returns, moves, preparation, departures):
    router.include_router(part.router)
