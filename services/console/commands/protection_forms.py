"""The forms about immediate protection: one asks for it, a second approves it, a third looks at the reasons."""

from services.console.answers import CONSENTS
from services.console.asking import Order
from services.console.commands.form import CASE, Command, FormField, Subject, nothing, one
from services.console.consenting.views import PROTECTION
from services.console.words import marked

SUBJECT = Subject("protections", "consent_id", marked("Back to the immediate protection"))


def _reasons(title: str, hint: str) -> FormField:
    return FormField("reasons", "words", title, hint, empty=marked("Write the reasons"))


FORMS = (
    Command(
        CASE,
        Order("consent", "request_protection", "POST", "/v1/cases/{case_id}/protections"),
        CONSENTS,
        title=marked("She cannot be asked: ask for immediate protection"),
        intro=(
            marked("Only where she is unconscious, or in a danger that leaves no time. Whoever can be asked is asked."),
            marked("This only asks. Nobody is told anything before a second person approves it. Then the least goes to one organisation inside the country; it ends by itself, and a third person looks at the reasons."),
            marked("A car, a bed or a doctor need not wait for it: they need no record."),
        ),
        button=marked("Ask a second person"),
        done=marked("It is asked for. Those who may approve it have been told; call one of them."),
        fields=(
            FormField("recipient", "radios", marked("Who is to protect her?"), choices="here", empty=marked("Choose who is to protect her")),
            FormField("law", "radios", marked("Which law allows it?"), choices="laws", empty=marked("Choose the law")),
            _reasons(marked("What threatens her, and why can she not be asked?"), marked("The second and the third person read this. It is kept sealed with her data.")),
        ),
        body=lambda typed, _: {name: one(typed, name) for name in ("recipient", "law", "reasons")},
        makes=SUBJECT,
    ),
    Command(
        SUBJECT,
        Order("consent", "approve_protection", "POST", "/v1/protections/{consent_id}/approve"),
        PROTECTION,
        title=marked("Approve it as the second person"),
        intro=(marked("You answer for it that she cannot be asked, and that these fields and no others go to this organisation."),),
        shown="protection-parts.html",
        button=marked("Approve"),
        done=marked("It is approved. She is handed over by a transfer for protection, which begins on the page of her case."),
        fields=(),
        body=nothing,
    ),
    Command(
        SUBJECT,
        Order("consent", "decline_protection", "POST", "/v1/protections/{consent_id}/decline"),
        PROTECTION,
        title=marked("Say no to it, or take the request back"),
        button=marked("Say no"),
        done=marked("It was declined. Nothing is told to anybody."),
        fields=(_reasons(marked("Why not?"), marked("Whoever asked for it reads this.")),),
        body=lambda typed, _: {"reasons": one(typed, "reasons")},
    ),
    Command(
        SUBJECT,
        Order("consent", "review_protection", "POST", "/v1/protections/{consent_id}/review"),
        PROTECTION,
        title=marked("Look at the reasons as the third person"),
        shown="protection-parts.html",
        button=marked("Save what you found"),
        done=marked("It was saved what you found."),
        fields=(
            FormField(
                "upheld", "radios", marked("Were the reasons good?"), said={"yes": marked("Yes: it stands until it ends by itself"), "no": marked("No: what was told is taken back now")},
                empty=marked("Choose one of the answers"),
            ),
            _reasons(marked("Why?"), marked("It stays on record.")),
        ),
        body=lambda typed, _: {"upheld": one(typed, "upheld") == "yes", "reasons": one(typed, "reasons")},
    ),
)  # fmt: skip
