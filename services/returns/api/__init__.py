"""The routes of returns."""

from fastapi import APIRouter

from services.returns.api import moves, returns

router = APIRouter()
router.include_router(returns.router)
router.include_router(moves.router)
