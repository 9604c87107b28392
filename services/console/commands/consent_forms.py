"""The forms about a consent: she takes back all of it, or a part; a second person looks at who speaks for a child."""

from services.console.asking import Order
from services.console.commands.form import Command, FormField, Subject, Typed, nothing, one
from services.console.consenting.views import CONSENT, GUARDIAN, OneConsent
from services.console.words import marked

SUBJECT = Subject("consents", "consent_id", marked("Back to what she agreed to"))
_PARTS = ("recipients", "purposes", "categories")


def _recipients(consent: OneConsent) -> list[str]:
    return [one.organisation for one in consent.terms.recipients]


class PartField(FormField):
    """The first field of a part: something must be chosen in one of them."""

    def fault(self, typed: Typed) -> str | None:
        return None if any(typed.get(name) for name in _PARTS) else marked("Choose at least one")


FORMS = (
    Command(
        SUBJECT,
        Order("consent", "withdraw_consent", "POST", "/v1/consents/{consent_id}/withdraw"),
        CONSENT,
        title=marked("She takes all of it back"),
        intro=(marked("From now on nobody is told anything under it, and whoever has something must stop using it. She need give no reason. It cannot be undone; she can agree anew."),),
        button=marked("Take all of it back now"),
        done=marked("It is taken back. Below stands who has answered; load the page again to see more answers."),
        fields=(),
        body=nothing,
    ),
    Command(
        SUBJECT,
        Order("consent", "withdraw_part", "POST", "/v1/consents/{consent_id}/withdraw-part"),
        CONSENT,
        title=marked("She takes a part of it back"),
        intro=(marked("Choose what she takes back. The rest stays as it is. She need give no reason."),),
        button=marked("Take this part back now"),
        done=marked("This part is taken back. Below stands who has answered; load the page again to see more answers."),
        fields=(
            PartField("recipients", "checkboxes", marked("These are told nothing more"), among=_recipients),
            FormField(
                "purposes", "checkboxes", marked("It is not used for this any more"), codes="purpose", among=lambda consent: consent.terms.purposes
            ),
            FormField(
                "categories", "checkboxes", marked("Nobody is told this any more"), codes="data_category",
                among=lambda consent: sorted({*consent.terms.categories, *consent.terms.back_categories}),
            ),
        ),
        body=lambda typed, _: {name: list(typed.get(name, ())) for name in _PARTS},
    ),
    Command(
        SUBJECT,
        Order("consent", "confirm_guardian", "POST", "/v1/consents/{consent_id}/confirm-guardian"),
        CONSENT,
        title=marked("Confirm who speaks for her"),
        intro=(marked("You are the second person who looks at it. Nothing about the child is told before that."),),
        shown="consent-speaker.html",
        button=marked("Confirm"),
        done=marked("It is confirmed who speaks for her."),
        shows=GUARDIAN,
        fields=(
            FormField(
                "not_involved", "tick", marked("I know of nothing that ties them to what was done to the child"),
                empty=marked("Confirm it only if you know of nothing"),
            ),
        ),
        body=lambda typed, _: {"not_involved": bool(one(typed, "not_involved"))},
    ),
)  # fmt: skip
