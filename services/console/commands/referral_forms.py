"""The forms about a referral: the moves of either side."""

from services.console import answers
from services.console.asking import Order
from services.console.commands.form import REFERRAL, Command, FormField, one
from services.console.words import marked

_WHY = marked("Why?")
_CHOOSE_WHY = marked("Choose why")
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
        explained=explained,
    )


def _why(codes: str) -> FormField:
    return FormField("reason", "radios", _WHY, _TOLD, codes=codes, empty=_CHOOSE_WHY)


FORMS = (
    _move(
        "send", marked("Send this referral"),
        marked("The referral was sent. The other side has time to answer until the day that is shown here."),
        marked("What the table on its page shows as sent goes to the other side as soon as her consent was checked once more. Nothing else does."),
    ),
    _move(
        "accept", marked("Accept this referral"), marked("The referral was accepted. The other side is told."),
        marked("Your organisation takes on the help that is asked for. What was sent with it stays readable while her consent lasts."),
    ),
    _move("start", marked("The help begins"), marked("It was saved that the help has begun.")),
    _move("resume", marked("The help goes on"), marked("It was saved that the help goes on.")),
    _move(
        "complete", marked("The help has ended"), marked("It was saved how the help ended."), "",
        FormField(
            "outcome", "radios", marked("How did it end?"), marked("The other side is told where her consent allows it."),
            codes="referral_outcome", empty=marked("Choose how it ended"),
        ),
    ),
    _move("hold", marked("Pause the help"), marked("It was saved that the help pauses."), "", _why("referral_hold")),
    _move(
        "reject", marked("Decline this referral"), marked("The referral was declined. The other side is told."),
        marked("What was sent with it can no longer be read here afterwards."), _why("referral_rejection"),
    ),
    _move(
        "fail", marked("The help could not be given"), marked("It was saved that the help could not be given."),
        "", _why("referral_failure"),
    ),
    _move(
        "cancel", marked("Take this referral back"), marked("The referral was taken back."),
        marked("The other side is told, and can no longer read what was sent with it."),
    ),
    _move(
        "correct", marked("This referral was a mistake"), marked("The referral is marked as a mistake."),
        marked("It stays on record as a mistake. If it was sent, the other side is told that it was taken back."),
    ),
)  # fmt: skip
