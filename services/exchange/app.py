"""The parts of the service exchange."""

from pathlib import Path

from chassis.service import Loop, Service
from chassis.web.routes import gathered
from chassis.work import WorkKind, no_act
from services.exchange import api, distrusts_api, handlers, internal, trust_documents_api
from services.exchange.gauges import border
from services.exchange.held import HELD
from services.exchange.outgoing import CONTROL, PROCESS, SEAL
from services.exchange.parts import Parts
from services.exchange.presence import PresenceLoop
from services.exchange.pull import Pull
from services.exchange.receiver import Receiver
from services.exchange.seal_token import ConsentTokens, SealTokenChecker
from services.exchange.sealing import Sealer
from services.exchange.settings import Settings
from services.exchange.trust import Trust
from services.exchange.use_cases.seal_control import SealControl
from services.exchange.use_cases.seal_disclosure import SealDisclosure
from services.exchange.use_cases.seal_process import SealProcess
from services.exchange.use_cases.tell_listing import listing_work
from services.exchange.watch import BacklogWatch, TrustWatch

VERSIONS = Path(__file__).parent / "migrations" / "versions"

AT_ONCE = 6
"""The items that are sealed for one partner at a time; those that wait for one partner delay no other."""

ATTEMPTS = 100
"""The failures, over some seven hours, after which the sender is told that a disclosure was not sealed."""

FOR_EVER = 1_000_000
"""A recall or its answer is never given up: somebody relies on it."""


def build(settings: Settings, tokens: SealTokenChecker | None = None) -> Service[Settings, Parts]:
    """The service. `tokens` is for the test that shows the harm when seal tokens are not checked; no setting reaches it."""
    trust = Trust.of(settings)
    sealer = Sealer(settings, trust)

    def work(service: Service[Settings, Parts]) -> list[WorkKind]:
        disclosure = SealDisclosure(service, settings, sealer, tokens or ConsentTokens(settings))
        process, control = SealProcess(settings, sealer), SealControl(settings, sealer)
        return [
            WorkKind(
                SEAL, disclosure.act, disclosure.finish, given_up=disclosure.given_up, max_attempts=ATTEMPTS
            ),
            WorkKind(PROCESS, no_act, process.finish, given_up=process.given_up, max_attempts=ATTEMPTS),
            WorkKind(CONTROL, control.act, control.finish, max_attempts=FOR_EVER),
            listing_work(settings.cell),
        ]

    def background(service: Service[Settings, Parts]) -> list[Loop]:
        watches = [TrustWatch(service.database, settings, trust), BacklogWatch(service.database, settings)]
        pulls = [
            Pull(service, settings, cell, partner, Receiver(service, trust, cell))
            for cell, partner in sorted(settings.partners.items())
        ]
        return [*watches, PresenceLoop(service, settings, sealer), *pulls]

    return Service(
        settings,
        name="exchange",
        holds=HELD,
        router=gathered(api.router, distrusts_api.router, trust_documents_api.router, internal.router),
        parts=lambda _: Parts(trust),
        versions=VERSIONS,
        subscriptions=handlers.subscriptions(settings.cell, sorted(settings.partners)),
        work=work,
        lanes=dict.fromkeys(settings.partners, AT_ONCE),
        background=background,
        gauges=[border(settings)],
    )
