"""The form of an auditor: the log is computed anew."""

from services.console import log_answers
from services.console.asking import Order
from services.console.commands.form import Command, Subject, nothing
from services.console.words import marked

CHAIN = Subject("audit", "", marked("Back to the log"), page="/audit")
FORMS = (
    Command(
        CHAIN,
        Order("audit", "start_verification", "POST", "/v1/chain/verifications"),
        log_answers.VERIFICATIONS,
        title=marked("Compute the log anew"),
        button=marked("Begin"),
        done=marked("It has begun. Load the page again to see how far it is."),
        fields=(),
        body=nothing,
    ),
)
