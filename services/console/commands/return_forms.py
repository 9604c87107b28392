"""The forms about a return: its beginning, her own decision, what its departure needs, and the moves of either half."""

from collections.abc import Callable, Mapping
from typing import Any

from contracts.organisations import cell_of
from services.console import return_answers
from services.console.asking import Order
from services.console.commands.form import (
    CASE,
    Command,
    FormField,
    Sender,
    Subject,
    Typed,
    instant,
    one,
    ticked,
    whole_number,
)
from services.console.words import marked

RETURN = Subject("returns", "return_id", marked("Back to the return"))
BLOCKS = "return_block"
_OTHER_SIDE = marked("The other side is told, if it knows of this return.")
_AGAIN = marked("Everything that could stand in the way is looked at once more.")
_GROUNDS = marked("Kept under her own key and never sent to the other side.")
_OWN_WILL = marked("It is her own will, and nobody presses her")
_SAY_SO = marked("Without this it is no decision of hers")
RECORDED_AS_CHECK = (
    "passport", "emergency-travel-document", "border-pass", "escort", "best-interests", "guardian-agreement", "family-traced",
    "family-assessed", "linked-settled",
)  # fmt: skip
"""The checks of one form; fitness to travel has a form of its own."""


def _move(
    verb: str,
    title: str,
    button: str,
    done: str,
    intro: tuple[str, ...],
    *fields: FormField,
    body: Callable[[Typed, Sender], Mapping[str, Any]] | None = None,
    route: str = "",
    blocks: str = "",
    pins: bool = False,
) -> Command:
    path = route or verb.removesuffix("_return").replace("_", "-")
    return Command(
        RETURN,
        Order("returns", verb, "POST", f"/v1/returns/{{return_id}}/{path}"),
        return_answers.RETURN,
        title=title,
        button=button,
        done=done,
        fields=fields,
        body=body or (lambda typed, _: {field.name: one(typed, field.name) for field in fields}),
        intro=intro,
        blocks=blocks,
        pins=pins,
    )


def _tick(name: str, title: str) -> FormField:
    return FormField(name, "tick", title, empty=_SAY_SO)


def _ticks(*names: str) -> Callable[[Typed, Sender], Mapping[str, Any]]:
    return lambda typed, _: {name: ticked(typed, name) for name in names}


def _requested(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    receiver = one(typed, "receiver")
    return {"case_id": str(sender.about), "receiver": receiver, "receiver_cell": cell_of(receiver)}


def _checked(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    given = {name: said for name in ("valid_until", "grounds") if (said := one(typed, name))}
    return {"check": one(typed, "check"), "standing": not ticked(typed, "taken_back"), **given}


def _assessed(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    grounds = one(typed, "grounds")
    return {"result": one(typed, "result"), **({"grounds": grounds} if grounds else {})}


def _fitness(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """A certificate is sent where either of its days was typed."""
    del sender
    given: dict[str, Any] = {"fit": one(typed, "fit") == "yes", "assessed_on": one(typed, "assessed_on")}
    if weeks := one(typed, "pregnancy_weeks"):
        given["pregnancy_weeks"] = whole_number(weeks)
    if birth := one(typed, "birth_on"):
        given["birth_on"] = birth
    days = {name: said for name in ("issued_on", "valid_until") if (said := one(typed, name))}
    ticks = {name: ticked(typed, name) for name in ("multiple", "newborn_travels", "escort")}
    return {**given, **ticks, **({"certificate": days} if days else {})}


def _departed(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    return {
        "expected_at": instant(one(typed, "expected_at"), sender.zone),
        "handover": one(typed, "handover"),
    }


FORMS = (
    Command(
        CASE,
        Order("returns", "request_return", "POST", "/v1/returns"),
        return_answers.RETURNS,
        title=marked("Begin a return"),
        button=marked("Begin the return"),
        done=marked("The return was begun. Nobody outside is told yet. Counsel her first."),
        fields=(
            FormField(
                "receiver", "radios", marked("Who will receive her?"),
                marked("They must accept a referral of hers before she can go. With the services that each offers."),
                choices="recipients", empty=marked("Choose who will receive her"),
            ),
        ),
        body=_requested,
        intro=(marked("Only where she asks for it herself. The other side is told nothing before she is cleared to go."),),
        makes=RETURN,
    ),
    _move(
        "counsel_return", marked("She was counselled"), marked("Save that she was counselled"),
        marked("It was saved that she was counselled. Ask her what she decides."),
        (marked("She was told in a language that she understands what awaits her there, what stays open to her here, and that she may change her mind until she has arrived."),),
    ),
    _move(
        "decide_return", marked("She decides to go"), marked("Save her decision"), marked("Her decision was saved."),
        (marked("The decision is hers alone, and help here never depends on it. If she does not want to go, go back and choose “She does not want to go”."),),
        _tick("informed", marked("She knows what awaits her and what else is open to her")),
        _tick("own_will", _OWN_WILL),
        body=_ticks("informed", "own_will"),
    ),
    _move(
        "clear_return", marked("Clear her to go"), marked("Clear her to go"), marked("She is cleared. The other side is told."),
        (marked("The other side is told that she is cleared, with the result of the risk assessment."), _AGAIN),
        blocks=BLOCKS, pins=True,
    ),
    _move(
        "depart_return", marked("She has left"), marked("Save that she has left"), marked("It was saved that she has left. The other side is told."),
        (marked("The other side is told when and where to expect her, and whether somebody travels with her. If nobody says by then that she arrived, both sides are alerted."), _AGAIN),
        FormField(
            "expected_at", "moment", marked("When is she expected?"), marked("In the time of this country."), empty=marked("Write when she is expected"),
        ),
        FormField("handover", "radios", marked("Where is she met?"), codes="handover_point", empty=marked("Choose where she is met")),
        body=_departed, blocks=BLOCKS, pins=True,
    ),
    _move(
        "arrive_return", marked("She has arrived"), marked("Save that she has arrived"), marked("Her arrival was saved. The other side is told."),
        (marked("Save this when somebody of your organisation has met her. The other side is told, and nobody looks for her any more."),),
    ),
    _move(
        "assess_return", marked("Assess the risk"), marked("Save the assessment"), marked("The assessment was saved."),
        (
            marked("Whoever saves this cannot clear her: somebody else of your organisation has to. If she was cleared already, that ends."),
            marked("Once she is cleared the other side is told the result, and never the grounds."),
        ),
        FormField("result", "radios", marked("How safe is it for her?"), codes="risk_result", empty=marked("Choose how safe it is")),
        FormField("grounds", "words", marked("On what grounds?"), _GROUNDS),
        body=_assessed,
        pins=True,
    ),
    _move(
        "confirm_return", marked("She was asked again"), marked("Save that she stands by it"), marked("It was saved that she stands by her decision."),
        (marked("Ask her shortly before she leaves: her answer counts for a few days only."),),
        _tick("own_will", _OWN_WILL),
        body=_ticks("own_will"),
    ),
    _move(
        "assess_fitness", marked("Fit to travel?"), marked("Save the findings"), marked("The findings were saved."),
        (marked("What a clinician found. It stands in place of what was found before. All of it is kept under her own key."),),
        FormField("fit", "radios", marked("Is she fit to travel?"), codes="answer", only=("yes", "no"), empty=marked("Choose yes or no")),
        FormField("assessed_on", "day", marked("Day of the examination"), empty=marked("Write the day of the examination")),
        FormField("pregnancy_weeks", "line", marked("Completed weeks of pregnancy"), marked("Leave it empty if she is not pregnant.")),
        FormField("multiple", "tick", marked("She expects more than one child")),
        FormField("birth_on", "day", marked("Day of the last birth"), marked("If it was recent.")),
        FormField("newborn_travels", "tick", marked("A newborn child travels with her")),
        FormField("escort", "tick", marked("She may travel only with somebody beside her")),
        FormField("issued_on", "day", marked("Medical certificate: issued on"), marked("Leave both days empty if there is none.")),
        FormField("valid_until", "day", marked("Medical certificate: valid until")),
        body=_fitness, route="fitness", pins=True,
    ),
    _move(
        "record_check", marked("Papers, escort, and what a child needs"), marked("Save it"), marked("It was saved."),
        (marked("The newest of each kind counts."),),
        FormField("check", "radios", marked("What is it?"), codes="return_check", only=RECORDED_AS_CHECK, empty=marked("Choose what it is")),
        FormField(
            "valid_until", "day", marked("Last day on which it counts"),
            marked("For a passport, an emergency travel document or a border pass. Its number is not kept."),
        ),
        FormField(
            "grounds", "words", marked("Who found it, and on what grounds?"), marked("For everything that is no travel document. Kept under her own key."),
        ),
        FormField("taken_back", "tick", marked("It counts no longer: take back what was recorded")),
        body=_checked, route="checks", pins=True,
    ),
    _move(
        "miss_return", marked("She did not arrive"), marked("Save that she did not arrive"), marked("It was saved that she did not arrive. The other side is told."),
        (marked("The other side is told, so that both look for her. If she comes later, her arrival can still be saved."),),
    ),
    _move(
        "turn_back_return", marked("She was turned back"), marked("Save that she was turned back"), marked("It was saved that she was turned back. The other side is told."),
        (marked("She is again where she left. The other side is told. If she still wants to go, the risk is assessed anew."),),
    ),
    _move(
        "suspend_return", marked("Pause the return"), marked("Pause the return"), marked("The return pauses."),
        (marked("Nothing goes on until it is taken up again, and then she has to be cleared again."), _OTHER_SIDE),
        FormField("reason", "radios", marked("Why?"), codes="return_suspension", empty=marked("Choose why")),
    ),
    _move(
        "resume_return", marked("Take the return up again"), marked("Take it up again"), marked("The return goes on."),
        (marked("She is asked again, and has to be cleared again."), _OTHER_SIDE),
    ),
    _move(
        "close_return", marked("Close the return"), marked("Close the return"), marked("The return is closed."),
        (marked("It cannot be opened again. The other side is told that it is closed, and how it ended where her consent allows it."),),
        FormField("outcome", "radios", marked("How did it end?"), codes="return_outcome", empty=marked("Choose how it ended")),
        pins=True,
    ),
    _move(
        "withdraw_return", marked("She does not want to go"), marked("Save that she does not want to go"), marked("The return has ended, because she does not want it. Help here goes on."),
        (marked("She is not asked why. The return ends at once, and help here goes on. If she wants to go after all, a new return is begun."), _OTHER_SIDE,
         marked("What she agreed to share is not taken back with it: that is done on the page of what she agreed to.")),
    ),
)  # fmt: skip
