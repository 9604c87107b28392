"""The forms about a consent: she takes back all of it, or a part."""

from services.console.asking import Order
from services.console.commands.form import Command, FormField, Subject
from services.console.consenting.views import CONSENT, OneConsent
from services.console.words import marked

SUBJECT = Subject("consents", "consent_id", marked("Back to what she agreed to"))
_PARTS = ("recipients", "purposes", "categories")


def _recipients(consent: OneConsent) -> list[str]:
    return [one.organisation for one in consent.terms.recipients]


FORMS = (
    Command(
        SUBJECT,
        Order("consent", "withdraw_consent", "POST", "/v1/consents/{consent_id}/withdraw"),
        CONSENT,
        title=marked("She takes all of it back"),
        lead=marked("From now on nobody is told anything under it, and whoever has something must stop using it. She need give no reason. It cannot be undone; she can agree anew."),
        button=marked("Take all of it back now"),
        done=marked("It is taken back. Below stands who has answered; load the page again to see more answers."),
        fields=(),
        body=lambda _, __: {},
    ),
    Command(
        SUBJECT,
        Order("consent", "withdraw_part", "POST", "/v1/consents/{consent_id}/withdraw-part"),
        CONSENT,
        title=marked("She takes a part of it back"),
        lead=marked("Choose what she takes back. The rest stays as it is. She need give no reason."),
        button=marked("Take this part back now"),
        done=marked("This part is taken back. Below stands who has answered; load the page again to see more answers."),
        fields=(
            FormField("recipients", "some", marked("These are told nothing more"), among=_recipients),
            FormField(
                "purposes", "some", marked("It is not used for this any more"), codes="purpose", among=lambda consent: consent.terms.purposes
            ),
            FormField(
                "categories", "some", marked("Nobody is told this any more"), codes="data_category",
                among=lambda consent: sorted({*consent.terms.categories, *consent.terms.back_categories}),
            ),
        ),
        body=lambda typed, _: {name: list(typed.get(name, ())) for name in _PARTS},
    ),
)  # fmt: skip
