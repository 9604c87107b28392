"""The forms about a consent: she takes back all of it, or a part; a second person looks at who speaks for a child."""

from services.console.asking import Order
from services.console.commands.form import Command, FormField, Subject, Typed, item_at, nothing, one
from services.console.consenting.views import CONSENT, GRANTS, GUARDIAN, OneConsent
from services.console.words import marked

SUBJECT = Subject("consents", "consent_id", marked("Back to what she agreed to"))
GRANT = Subject("grants", "disclosure_id", SUBJECT.back, page="/cases/{case_id}/consents", within="case_id")
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
    Command(
        SUBJECT,
        Order("consent", "revoke_consent", "POST", "/v1/consents/{consent_id}/revoke"),
        CONSENT,
        title=marked("End it without her"),
        intro=(
            marked("For what must not be used any more although she did not take it back: it was recorded by mistake, or not given freely. If she takes it back herself, use the button for that."),
            marked("From now on nobody is told anything under it, and whoever has something must stop using it. It cannot be undone; she can be asked anew."),
        ),
        button=marked("End it now"),
        done=marked("It is ended. Below stands who has answered; load the page again to see more answers."),
        fields=(),
        body=nothing,
    ),
    Command(
        GRANT,
        Order("consent", "withdraw_grant", "POST", "/v1/grants/{disclosure_id}/withdraw"),
        GRANTS,
        title=marked("She takes back what others let you read"),
        intro=(marked("She need give no reason. It cannot be undone; she can agree anew."),),
        button=marked("Take it back now"),
        done=marked("It is taken back."),
        part=item_at("disclosure_id", "disclosure_id"),
        fields=(
            FormField(
                "scope", "radios", marked("How much does she take back?"),
                said={"recipient": marked("What your organisation may read, and nothing else"), "all": marked("All that she agreed to there, from everybody who was told")},
                empty=marked("Ask her, and choose one of the answers"),
            ),
        ),
        body=lambda typed, _: {"scope": one(typed, "scope")},
    ),
)  # fmt: skip
