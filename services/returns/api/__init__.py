"""The routes of returns."""

from chassis.web.routes import gathered
from services.returns.api import departures, moves, preparation, returns

router = gathered(returns.router, moves.router, preparation.router, departures.router)
