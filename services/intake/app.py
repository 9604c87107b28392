"""What the service intake is made of."""

from pathlib import Path

from chassis.service import Service
from services.intake import api, attention, handlers
from services.intake.age import age_work
from services.intake.daily_limit import DailyLimit
from services.intake.erasure import erasure_work
from services.intake.grants import ConsentGrants
from services.intake.holds import carrying_work
from services.intake.indexing import index_work
from services.intake.parts import Parts
from services.intake.settings import Settings
from services.intake.urgency import received_flags_work

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def build(settings: Settings) -> Service[Settings, Parts]:
    clock = settings.country.response_clock
    service = Service(
        settings,
        name="intake",
        router=api.router,
        versions=VERSIONS,
        subscriptions=[attention.subscription(), *handlers.subscriptions()],
        parts=lambda service: Parts(ConsentGrants(service)),
        work=lambda service: [
            *erasure_work(service),
            carrying_work(),
            *age_work(service),
            received_flags_work(service),
            *attention.attention_work(clock),
            index_work(service),
        ],
        follows_cases=False,  # intake writes the projection itself, in the transaction that assigns a case
    )
    service.database.at_end = DailyLimit(service, settings.cases_a_day).note
    return service
