"""Forms of an auditor: the log is computed anew, and the other half of a case is asked for, released or refused."""

from collections.abc import Mapping
from typing import Any

from services.console import log_answers
from services.console.asking import Order
from services.console.commands.form import (
    Command,
    FormField,
    Sender,
    Subject,
    Typed,
    nothing,
    one,
    whole_number,
)
from services.console.words import marked

REFUSALS = ("nothing-to-release", "endangers-her", "own-inquiry", "reason-not-shown")
"""Of these a person chooses; the others are said by a service."""
CHAIN = Subject("audit", "", marked("Back to the log"), page="/audit")
REQUESTS = Subject("extracts", "", marked("Back to the requests"), page="/extracts")
REQUEST = Subject("extracts", "request_id", marked("Back to the request"))
_SHOWN = "extract-entries.html"


def _asked(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    partner = one(typed, "partner").upper()
    named = {"partner": partner} if partner else {}
    return {"case_id": one(typed, "case_id"), "reason": one(typed, "reason"), **named}


def _released(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    withheld = [whole_number(said) for said in typed.get("withheld", ())]
    return {"position": whole_number(one(typed, "position")), "withheld": withheld}


FORMS = (
    Command(
        REQUESTS,
        Order("audit", "request_extract", "POST", "/v1/extracts"),
        log_answers.EXTRACTS,
        title=marked("Ask for the other half of a case"),
        intro=(
            marked(
                "The partner’s auditor, who is a person, looks at it, and releases entries or refuses. The partner is told what is asked about and why, and neither the case nor who asks."
            ),
        ),
        button=marked("Ask"),
        done=marked("The partner’s auditor was asked."),
        fields=(
            FormField(
                "case_id",
                "line",
                marked("Reference of the case"),
                empty=marked("Write the reference of the case"),
                unknown=marked(
                    "Nothing was ever logged of this here, or nothing of it crossed to or from this partner."
                ),
            ),
            FormField(
                "reason",
                "radios",
                marked("Why?"),
                marked("The agreement must allow an extract for this reason."),
                codes="extract_reason",
                empty=marked("Choose the reason"),
            ),
            FormField(
                "partner",
                "line",
                marked("Which partner?"),
                marked("The two letters of the country. Where there is one partner it may be left empty."),
            ),
        ),
        body=_asked,
        makes=REQUEST,
    ),
    Command(
        REQUEST,
        Order("audit", "withdraw_extract", "POST", "/v1/extracts/{request_id}/withdraw"),
        log_answers.EXTRACT,
        title=marked("Take this request back"),
        intro=(
            marked(
                "The partner is told, and can release nothing any more. An answer that is already on its way is not shown with the halves of the case."
            ),
        ),
        button=marked("Take this request back"),
        done=marked("The request was taken back."),
        fields=(),
        body=nothing,
    ),
    Command(
        REQUEST,
        Order("audit", "release_extract", "POST", "/v1/extracts/{request_id}/release"),
        log_answers.EXTRACT,
        title=marked("Release these entries"),
        intro=(
            marked(
                "Check whether an entry betrays where she is: that a shelter has read her case tells that a shelter has it. The case, the workers and the values are not sent."
            ),
        ),
        button=marked("Release"),
        done=marked("They are released. The proofs are being made."),
        shown=_SHOWN,
        fields=(
            FormField("position", "kept"),
            FormField(
                "withheld",
                "checkboxes",
                marked("Entries that stay here"),
                among=lambda view: [str(one.entry) for one in view.entries],
            ),
        ),
        body=_released,
        begins=lambda view: {"position": [str(view.position)]},
        pins=True,
    ),
    Command(
        REQUEST,
        Order("audit", "refuse_extract", "POST", "/v1/extracts/{request_id}/refuse"),
        log_answers.EXTRACT,
        title=marked("Release nothing"),
        button=marked("Refuse"),
        done=marked("It was refused. The partner’s auditor is told the reason."),
        fields=(
            FormField(
                "reason",
                "radios",
                marked("Why?"),
                codes="extract_refusal",
                only=REFUSALS,
                empty=marked("Choose the reason"),
            ),
        ),
        body=lambda typed, _: {"reason": one(typed, "reason")},
    ),
    Command(
        CHAIN,
        Order("audit", "start_verification", "POST", "/v1/chain/verifications"),
        log_answers.VERIFICATIONS,
        title=marked("Compute the log anew"),
        intro=(
            marked(
                "The hash of every entry is computed again, from the first to the last. It takes a while, and the page of the log says what came out."
            ),
        ),
        button=marked("Begin"),
        done=marked("It has begun. Load the page again to see how far it is."),
        fields=(),
        body=nothing,
    ),
)
