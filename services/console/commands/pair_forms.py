"""The form about two cases: whether they are of one person, or that this is not decided."""

from services.console.asking import Order
from services.console.commands.form import Command, FormField, Subject, one
from services.console.matching_answers import PAIR
from services.console.words import marked

SUBJECT = Subject("pairs", "other_case_id", marked("Back to both cases"), within="case_id")

FORMS = (
    Command(
        SUBJECT,
        Order("intake", "decide_pair", "POST", "/v1/cases/{case_id}/duplicates/{other_case_id}/decision"),
        PAIR,
        title=marked("Are both about the same person?"),
        intro=(
            marked("Nothing is moved. If both are of one person, the case from which you came leads, and a hold on one is a hold on both. It can be taken back here."),
        ),
        button=marked("Save what you decided"),
        done=marked("It was saved. Both cases say so."),
        fields=(
            FormField("decision", "radios", marked("What did you find?"), codes="pair_decision", empty=marked("Choose one of the answers")),
            FormField("reason", "radios", marked("How do you know?"), codes="pair_reason", empty=marked("Choose the reason")),
        ),
        body=lambda typed, _: {"decision": one(typed, "decision"), "reason": one(typed, "reason")},
    ),
)  # fmt: skip
