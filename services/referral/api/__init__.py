"""The routes of referral: referrals, their moves, and the directory."""

from fastapi import APIRouter

from services.referral.api import directory, moves, referrals

router = APIRouter()
router.include_router(referrals.router)
router.include_router(moves.router)
router.include_router(directory.router)
