"""The routes for an auditor: entries by what they are about, the trail and the account of one case, the other half of it, and the chain that holds them;
and those for whoever holds a case.
"""

from chassis.web.routes import gathered
from services.audit.api import accounts, chain, entries, exports, extracts, holders, statistics, trails

router = gathered(
    entries.router,
    exports.router,
    trails.router,
    accounts.router,
    extracts.router,
    chain.router,
    statistics.router,
    holders.router,
)
