"""The routes of referral: referrals and their moves."""

from chassis.web.routes import gathered
from services.referral.api import moves, referrals

router = gathered(referrals.router, moves.router)
