"""The routes for an auditor: entries by what they are about, the trail and the account of one case, the other half of it, and the chain that holds them;
and those for whoever holds a case.
"""

from fastapi import APIRouter

from services.audit.api import accounts, chain, entries, exports, extracts, holders, statistics, trails

router = APIRouter()
router.include_router(entries.router)
router.include_router(exports.router)
router.include_router(trails.router)
router.include_router(accounts.router)
router.include_router(extracts.router)
router.include_router(chain.router)
router.include_router(statistics.router)
router.include_router(holders.router)
