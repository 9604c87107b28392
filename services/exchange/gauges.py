"""The border in numbers, for whoever keeps the cell running: partners by their cell, never an organisation or a case."""

from collections.abc import Iterable

from chassis.database import Transaction
from chassis.observe.metrics import Gauge, Sample
from chassis.readings import Ask
from services.exchange.border_state import limits
from services.exchange.distrust_queries import keys_end
from services.exchange.domain.border import TRUST_LIST_LIFETIME, Closure
from services.exchange.queries import PartnerView, partners_view
from services.exchange.settings import Settings

PARTNER = ("partner",)
PRESENT = Gauge("border.present", "1 while the partner's sign of life is fresh.", PARTNER)
HEARD = Gauge("border.heard", "Age of the partner's last sign of life.", PARTNER, "s")
CLOSED = Gauge(
    "border.closed", "1 where nothing is sealed for the partner, for this reason.", (*PARTNER, "reason")
)
BROKER = Gauge("border.broker.failing", "1 while the partner's broker cannot be read.", PARTNER)
WAITING = Gauge("border.waiting", "Items that wait for the partner's receipt.", PARTNER)
GAPS = Gauge("border.gaps", "Envelopes of the partner that are missing.", PARTNER)
QUARANTINED = Gauge("border.quarantined", "Envelopes of the partner that could not be opened.", PARTNER)
TRUST_AGE = Gauge("trust.list.age", "Since when the trust list in force was signed.", unit="s")
TRUST_LEFT = Gauge("trust.list.left", "Until the trust list is out of date; below 0 it is.", unit="s")
KEYS_LEFT = Gauge(
    "trust.keys.left", "Until an organisation of the cell has no key that counts any more.", PARTNER, "s"
)


def border(settings: Settings) -> Ask:
    cells = sorted(settings.partners)

    async def ask(tx: Transaction) -> Iterable[Sample]:
        views = await partners_view(tx, cells, settings.cell, limits(settings))
        issued = next((view.trust_list_issued for view in views), None)
        samples = [sample for view in views for sample in _partner(tx, view)]
        if issued is not None:
            age = tx.now - issued
            left = TRUST_LIST_LIFETIME - age
            samples += [TRUST_AGE.at(age.total_seconds()), TRUST_LEFT.at(left.total_seconds())]
        ends = await keys_end(tx)
        return [*samples, *(KEYS_LEFT.at((ends[cell] - tx.now).total_seconds(), cell) for cell in ends)]

    return ask


def _partner(tx: Transaction, view: PartnerView) -> Iterable[Sample]:
    cell = view.cell
    yield PRESENT.at(view.present, cell)
    if view.present_at is not None:
        yield HEARD.at(max(0.0, (tx.now - view.present_at).total_seconds()), cell)
    for reason in Closure:
        yield CLOSED.at(view.closed == reason, cell, reason.name.lower())
    yield BROKER.at(view.broker_trouble is not None, cell)
    yield WAITING.at(view.waiting, cell)
    yield GAPS.at(view.gaps, cell)
    yield QUARANTINED.at(view.quarantined, cell)
