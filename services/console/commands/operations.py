"""Forms of an operator: what stands still is tried again, and what another operator proposed is confirmed."""

from collections.abc import Mapping
from typing import Any

from services.console import operation_answers
from services.console.asking import Order
from services.console.commands.form import Command, FormField, Places, Sender, Subject, Typed, nothing, one
from services.console.words import marked

_TO_SERVICES = marked("Back to the services")
WORK = Subject("failed-work", "work_id", _TO_SERVICES, page="/services", within="service")
CAUSE = Subject("causes", "cause", _TO_SERVICES, page="/services", within="service")
PROPOSAL = Subject("proposals", "proposal_id", marked("Back to the proposals"), page="/proposals")
_REASON = FormField("reason", "radios", marked("Why?"), codes="operation_reason", empty=marked("Choose the reason"))  # fmt: skip
_TICKET = FormField("ticket", "line", marked("Ticket"), marked("For example OPS-1042. It may be left empty."))


def _reasoned(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    ticket = one(typed, "ticket")
    return {"reason": one(typed, "reason"), **({"ticket": ticket} if ticket else {})}


def _work(listed: Any, places: Places) -> Any:
    """The work that is meant."""
    return next((item for item in listed.items if item.id == places["work_id"]), None)


def _cause(listed: Any, places: Places) -> Any:
    """The cause that is meant."""
    return next((item for item in listed.root if item.id == places["cause"]), None)


def _by_two(verb: str, title: str, button: str, done: str) -> Command:
    return Command(
        PROPOSAL,
        Order("directory", f"{verb}_proposal", "POST", f"/v1/proposals/{{proposal_id}}/{verb}"),
        operation_answers.PROPOSAL,
        title=title,
        button=button,
        done=done,
        fields=(),
        body=nothing,
        shown="proposal.html",
    )


FORMS = (
    Command(
        WORK,
        Order("{service}", "retry_work", "POST", "/v1/work/{work_id}/retry"),
        operation_answers.FAILED_WORK,
        title=marked("Try this work again"),
        button=marked("Try again"),
        done=marked("It is tried again now."),
        fields=(_REASON, _TICKET),
        body=_reasoned,
        part=_work,
    ),
    Command(
        CAUSE,
        Order("{service}", "start_replay", "POST", "/v1/replays"),
        operation_answers.CAUSES,
        title=marked("Replay what stands still for this cause"),
        button=marked("Replay"),
        done=marked("The replay has begun. Load the page again to see what still stands."),
        fields=(_REASON, _TICKET),
        body=lambda typed, sender: {**_reasoned(typed, sender), "cause": sender.about},
        part=_cause,
    ),
    _by_two(
        "confirm", marked("Confirm this change"), marked("Confirm"), marked("The change was confirmed. It is made.")
    ),
    _by_two("withdraw", marked("Withdraw this change"), marked("Withdraw"), marked("The change was withdrawn.")),
)  # fmt: skip
