"""Her yes that hands her over: what is recorded about her, and what of it would go."""

from uuid import UUID, uuid4

from services.console.answers import FIELDS, Preview
from services.console.asking import Answer, NotTheirs, OrderRefused, Panel, ServiceAway
from services.console.consenting.occasion import Occasion
from services.console.consenting.questions import Typed
from services.console.consenting.views import PREVIEW_HAND_OVER
from services.console.visiting import SignedIn


async def recorded(who: SignedIn, case_id: UUID) -> list[str]:
    """The fields of the case file that hold something, of which she decides what goes; none while intake does not answer."""
    found = await who.voice.panel(FIELDS, case_id=case_id)
    return [] if found.value is None else sorted(found.value.fields)


async def would_go(who: SignedIn, occasion: Occasion, typed: Typed) -> Panel[Preview]:
    """The fields that would be handed over if she agreed to this, as the service computes it. Nothing is recorded."""
    body = occasion.body(typed, who.reader.zone)
    try:
        told = await who.voice.told(PREVIEW_HAND_OVER, body, str(uuid4()), "", case_id=occasion.case_id)
    except (ServiceAway, OrderRefused, NotTheirs):
        return Panel(away=True)
    return Panel(Answer(Preview.model_validate(told), ""))
