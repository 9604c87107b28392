"""The routes of referral: referrals and their moves."""

from fastapi import APIRouter

from services.referral.api import moves, referrals

router = APIRouter()
router.include_router(referrals.router)
router.include_router(moves.router)
