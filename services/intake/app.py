"""The parts of the service intake: the case file, identification, matching and casework on it, and what opens cases: drafts,
calls and rows of files.
"""

from pathlib import Path

import services.intake.casefile.api
import services.intake.casework.api
import services.intake.casework.handlers
import services.intake.drafts.api
import services.intake.file_rows.api
import services.intake.identification.api
import services.intake.matching.api
import services.intake.reports.api
import services.intake.rights.api
from chassis.directory import roles_of_machine
from chassis.printing.api import paper_routes
from chassis.service import Service
from chassis.vault.ledger import ErasureLedger, FileLedger, NoLedger
from chassis.web.routes import gathered
from services.intake.casefile import attention, handlers, taking_over, undertaking_handlers
from services.intake.casefile.age import age_work
from services.intake.casefile.daily_limit import DailyLimit
from services.intake.casefile.erasure import erasure_work
from services.intake.casefile.grants import ConsentGrants
from services.intake.casefile.indexing import anew_work, index_work
from services.intake.casefile.naming import naming_work
from services.intake.casefile.parts import Parts
from services.intake.casefile.taking_over import taking_over_work
from services.intake.casefile.telling import telling_work
from services.intake.casefile.urgency import received_flags_work
from services.intake.casework.covering import covering_work
from services.intake.casework.erasure import words_work
from services.intake.casework.upkeep import upkeep_work
from services.intake.drafts.work import draft_work
from services.intake.identification import hold_paper
from services.intake.identification.carrying import carrying_work
from services.intake.reports.taking_over import take_over_calls
from services.intake.reports.work import report_work
from services.intake.rights.erasure import rights_work
from services.intake.settings import Settings

VERSIONS = Path(__file__).parent / "migrations" / "versions"

_ROOMS = (
    services.intake.casefile,
    services.intake.identification,
    services.intake.casework,
    services.intake.matching,
    services.intake.file_rows,
    services.intake.drafts,
    services.intake.reports,
    services.intake.rights,
)
router = gathered(*(room.api.router for room in _ROOMS), paper_routes(hold_paper.standing))


def ledger_of(settings: Settings) -> ErasureLedger:
    return NoLedger() if settings.erasure_ledger is None else FileLedger(settings.erasure_ledger)


def build(settings: Settings) -> Service[Settings, Parts]:
    clock, ledger = settings.country.response_clock, ledger_of(settings)
    service = Service(
        settings,
        name="intake",
        router=router,
        versions=VERSIONS,
        subscriptions=[
            attention.subscription(),
            taking_over.subscription(),
            services.intake.casework.handlers.subscription(),
            *handlers.subscriptions(),
            undertaking_handlers.subscription(),
        ],
        parts=lambda service: Parts(ConsentGrants(service)),
        work=lambda service: [
            *erasure_work(service, ledger),
            *rights_work(service, ledger),
            carrying_work(),
            *draft_work(service, clock, ledger),
            *upkeep_work(service),
            *covering_work(),
            *words_work(service, ledger),
            *report_work(service, ledger),
            *age_work(service),
            received_flags_work(service),
            *attention.attention_work(clock),
            taking_over_work(take_over_calls),
            index_work(service),
            anew_work(),
            naming_work(),
            telling_work(),
        ],
        machines=roles_of_machine,
        follows_cases=False,  # intake writes the projection itself, in the transaction that assigns a case
    )
    service.database.at_end = [DailyLimit(service, settings.cases_a_day).note, attention.clocks(clock)]
    return service
