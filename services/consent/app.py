"""The parts of the service consent."""

from pathlib import Path

from chassis.clock import Clock, utc_now
from chassis.printing.api import paper_routes
from chassis.service import Service
from chassis.web.routes import gathered
from services.consent import api, govstack, hand_overs, internal, notices, protections
from services.consent.agreements import look_work
from services.consent.expiry import expiry_work, lengthen_work, reading_end_work, review_work
from services.consent.fencing import fence_work
from services.consent.gauges import recalls
from services.consent.handlers import subscriptions
from services.consent.held import HELD
from services.consent.notice_texts import NoticeSeeding
from services.consent.parts import Parts
from services.consent.reminding import reminder_work
from services.consent.settings import Settings
from services.consent.signing import Signer

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings, *, clock: Clock = utc_now) -> Service[Settings, Parts]:
    own = (api, hand_overs, protections, notices, govstack)
    router = gathered(*(part.router for part in own), paper_routes(), internal.router)
    return Service(
        settings,
        name="consent",
        holds=HELD,
        router=router,
        versions=VERSIONS,
        subscriptions=subscriptions(settings.cell),
        parts=lambda _: Parts(Signer(settings)),
        work=lambda running: [
            expiry_work(),
            reading_end_work(),
            review_work(),
            reminder_work(),
            look_work(settings.cell),
            lengthen_work(settings.cell),
            fence_work(running),
        ],
        background=lambda running: [NoticeSeeding(running)],
        gauges=[recalls(settings.cell)],
        clock=clock,
    )
