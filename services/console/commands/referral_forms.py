"""The forms about a referral: its draft, and the moves of either side."""

from collections.abc import Mapping
from typing import Any

from services.console import answers
from services.console.asking import Order
from services.console.commands.form import CASE, REFERRAL, Command, FormField, Sender, Typed, one
from services.console.words import marked

LINKED = "linked-case-open"
"""Stands in the way of a transfer until it is said that whoever is linked with her stays; a code of the service."""
_WHY = marked("Why?")
_CHOOSE_WHY = marked("Choose why")
_READABLE = marked("What came with it can still be read here for as long as the agreement says.")
_TOLD = marked("The other side is told which of these it is, and nothing else.")


def _move(verb: str, title: str, done: str, explained: str = "", *fields: FormField) -> Command:
    """A move of a referral, whose button says what its title says."""
    return Command(
        REFERRAL,
        Order("referral", f"{verb}_referral", "POST", f"/v1/referrals/{{referral_id}}/{verb}"),
        answers.REFERRAL,
        title=title,
        button=title,
        done=done,
        fields=fields,
        body=lambda typed, _: {field.name: one(typed, field.name) for field in fields},
        intro=(explained,) if explained else (),
    )


def _why(codes: str) -> FormField:
    return FormField("reason", "radios", _WHY, _TOLD, codes=codes, empty=_CHOOSE_WHY)


def _linked(referral: Any) -> list[str]:
    """The one answer, where the service asks for it."""
    return ["stays"] if any(LINKED in move.blocked_by for move in referral.moves) else []


def _draft(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    chosen = {name: one(typed, name) for name in ("recipient", "service", "purpose", "urgency", "kind")}
    return {"case_id": str(sender.about), **chosen, "fields": typed.get("fields", [])}


DRAFT = Command(
    CASE,
    Order("referral", "draft_referral", "POST", "/v1/referrals"),
    answers.REFERRALS,
    title=marked("Refer her"),
    button=marked("Save the draft"),
    done=marked("The draft was saved. Nobody is told yet. Look at what would be sent, and send it if it is right."),
    fields=(
        FormField("service", "kept", empty=marked("Choose what she needs")),
        FormField("recipient", "kept", choices="organisations", empty=marked("Choose who is asked")),
        FormField("purpose", "radios", marked("What for?"), codes="purpose", empty=marked("Choose what for")),
        FormField("urgency", "radios", marked("How urgent is it?"), codes="urgency", empty=marked("Choose how urgent it is")),
        FormField("kind", "radios", marked("Who keeps the case?"), codes="referral_kind", empty=marked("Choose who keeps the case")),
        FormField(
            "fields", "checkboxes", marked("What would they have to know?"),
            marked("What is recorded stands first. You see what may be sent before anything goes out."),
            choices="fields", empty=marked("Choose what they would have to know"),
        ),
    ),
    body=_draft,
    intro=(marked("This makes a draft. Nobody is told before you send it."),),
    shown="chosen-recipient.html",
    first="refer",
    beside=((marked("Choose somebody else, or something else that helps her"), "/cases/{about}/refer"),),
    makes=REFERRAL,
)  # fmt: skip
"""The draft, whose need and recipient were chosen on the page before (`api/referring.py`)."""
FORMS = (
    DRAFT,
    Command(
        REFERRAL,
        Order("referral", "send_referral", "POST", "/v1/referrals/{referral_id}/send"),
        answers.REFERRAL,
        title=marked("Send this referral"),
        button=marked("Send this referral"),
        done=marked("The referral was sent. The other side has time to answer until the day that is shown here."),
        intro=(marked("What the table on the page of the referral marks with a yes goes to the other side, after it was checked once more. Nothing else does."),),
        fields=(
            FormField(
                "linked_stay", "checkboxes", marked("Somebody is linked with her"), marked("Who is linked with her is not handed over with her."),
                among=_linked, said={"stays": marked("I have thought of that person, who stays here")},
            ),
        ),
        body=lambda typed, _: {"linked_stay": True} if one(typed, "linked_stay") else {},
    ),
    _move(
        "accept", marked("Accept this referral"), marked("The referral was accepted. The other side is told."),
        marked("Your organisation takes on what is asked for."),
    ),
    _move("start", marked("The help begins"), marked("It was saved that the help has begun.")),
    _move("resume", marked("The help goes on"), marked("It was saved that the help goes on.")),
    _move(
        "complete", marked("The help has ended"), marked("It was saved how the help ended."), _READABLE,
        FormField(
            "outcome", "radios", marked("How did it end?"), marked("The other side is told where her consent allows it."),
            codes="referral_outcome", empty=marked("Choose how it ended"),
        ),
    ),
    _move("hold", marked("Pause the help"), marked("It was saved that the help pauses."), "", _why("referral_hold")),
    _move(
        "reject", marked("Decline this referral"), marked("The referral was declined. The other side is told."),
        marked("What came with it can no longer be read here afterwards."), _why("referral_rejection"),
    ),
    _move(
        "fail", marked("The help could not be given"), marked("It was saved that the help could not be given."),
        _READABLE, _why("referral_failure"),
    ),
    _move(
        "cancel", marked("Take this referral back"), marked("The referral was taken back."),
        marked("If it was sent, the other side is told. It can still read what came with it for as long as the agreement says."),
    ),
    _move(
        "correct", marked("This referral was a mistake"), marked("The referral is marked as a mistake."),
        marked("It stays on record as a mistake. If it was sent, the other side is told, and can no longer read what came with it."),
    ),
)  # fmt: skip
