"""The forms about an erasure: she asks for it, thinks again, and a second person decides."""

from services.console.asking import Order
from services.console.commands.form import Command, FormField, Subject, item_at, nothing, one
from services.console.rights_answers import ERASURES, PREVIEW
from services.console.words import marked

_BACK, _PAGE = marked("Back to her requests"), "/cases/{case_id}/erasures"
CASE = Subject("cases", "case_id", _BACK, page=_PAGE)
ERASURE = Subject("erasures", "erasure_id", _BACK, page=_PAGE, within="case_id")
_SHOWN = "erasure-effects.html"


FORMS = (
    Command(
        CASE,
        Order("intake", "request_erasure", "POST", "/v1/cases/{case_id}/erasures"),
        ERASURES,
        title=marked("She asks that everything about her be erased"),
        intro=(
            marked("Ask her alone. Nobody else may want it for her, and help does not depend on it."),
            marked("Tell her before: nobody can bring it back, and whoever helps her then knows nothing of her any more."),
            marked("This only asks. Until a second person has confirmed it she can take it back at any time."),
        ),
        button=marked("Save that she asks for it"),
        done=marked("It is asked for. A second person decides; until then she can take it back."),
        fields=(
            FormField(
                "reason", "words", marked("Why does she want it?"),
                marked("In her words, as far as she wants to say. It is kept sealed, and goes with everything else."), empty=marked("Write what she said"),
            ),
        ),
        body=lambda typed, _: {"reason": one(typed, "reason")},
    ),
    Command(
        ERASURE,
        Order("intake", "cancel_erasure", "POST", "/v1/erasures/{erasure_id}/cancel"),
        ERASURES,
        title=marked("She does not want it any more"),
        intro=(marked("Nothing is erased. She can ask for it again."),),
        button=marked("Take her request back"),
        done=marked("Her request was taken back. Nothing is erased."),
        fields=(),
        body=nothing,
        part=item_at("erasure_id"),
    ),
    Command(
        ERASURE,
        Order("intake", "confirm_erasure", "POST", "/v1/erasures/{erasure_id}/confirm"),
        ERASURES,
        title=marked("Confirm it as the second person"),
        intro=(marked("Everything about her is erased here, and whoever was told is asked to erase it too. Nothing brings it back."),),
        shown=_SHOWN,
        shows=PREVIEW,
        button=marked("Erase everything about her"),
        done=marked("It is confirmed. Everything about her is being erased."),
        fields=(),
        body=nothing,
        part=item_at("erasure_id"),
    ),
    Command(
        ERASURE,
        Order("intake", "refuse_erasure", "POST", "/v1/erasures/{erasure_id}/refuse"),
        ERASURES,
        title=marked("A law requires everything to be kept"),
        intro=(marked("Nothing is erased, and she can ask again. Tell her which law it is."),),
        button=marked("Refuse because of this law"),
        done=marked("It was refused because of a law. Nothing is erased."),
        fields=(FormField("law", "radios", marked("Which law requires it?"), choices="retention_laws", empty=marked("Choose the law")),),
        body=lambda typed, _: {"law": one(typed, "law")},
        part=item_at("erasure_id"),
    ),
)  # fmt: skip
