"""Forms of an operator: what stands still is tried again, and what another operator proposed is confirmed."""

from collections.abc import Mapping
from typing import Any

from services.console import operation_answers
from services.console.asking import Order
from services.console.commands.form import (
    Command,
    FormField,
    Sender,
    Subject,
    Typed,
    instant,
    item_at,
    nothing,
    one,
)
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


def _distrusted(verb: str, title: str, button: str, done: str, *intro: str) -> Command:
    """A second operator looks at a distrust that acts."""
    order = Order("exchange", f"{verb}_distrust", "POST", f"/v1/distrusts/{{distrust_id}}/{verb}")
    return Command(
        DISTRUST, order, operation_answers.DISTRUST, title=title, button=button, done=done, intro=intro,
        fields=(), body=nothing, shown="distrust.html", pins=True,
    )  # fmt: skip


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


KEY = Subject("keys", "kid", marked("Back to the border"), page="/border")
DISTRUST = Subject("distrusts", "distrust_id", marked("Back to the border"), page="/border")
PROPOSALS = Subject("proposals", "", marked("Back to the proposals"), page="/proposals")
_ALWAYS = ("change", "organisation", "ticket")
_OF_SOME = ("name", "role", "type", "status", "worker", "staff_role", "cases_to", "cases_to_organisation")


def _proposed(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """A change has the members that it needs, and no other: what was left empty is not sent."""
    del sender
    needed = {name: one(typed, name) for name in _ALWAYS}
    return needed | {name: said for name in _OF_SOME if (said := one(typed, name))}


_NEW, _THERE = (
    marked("For an organisation that is added, or that changes."),
    marked("For a person who gets or loses a role."),
)
_AWAY = marked("For an organisation that is suspended.")
PROPOSE = Command(
    PROPOSALS,
    Order("directory", "propose_change", "POST", "/v1/proposals"),
    operation_answers.PROPOSALS,
    title=marked("Propose a change"),
    intro=(marked("Nothing is changed yet: another operator confirms it within 72 hours. Fill in what the change needs, and leave the rest empty."),),
    button=marked("Propose"),
    done=marked("The change was proposed. Another operator has to confirm it."),
    fields=(
        FormField("change", "radios", marked("What shall change?"), codes="directory_change", empty=marked("Choose what shall change")),
        FormField("organisation", "line", marked("Identifier of the organisation"), marked("As it stands in the directory; of a new one in small letters, beginning with the two letters of the country and a hyphen."), empty=marked("Write which organisation")),
        FormField("ticket", "line", marked("Ticket"), marked("Of your own system, for example OPS-1042. The words about it stand there."), empty=marked("Write the ticket")),
        FormField("name", "line", marked("Name"), marked("For an organisation that is added.")),
        FormField("role", "radios", marked("Role"), _NEW, codes="recipient_role"),
        FormField("type", "select", marked("Kind"), _NEW, codes="org_Type"),
        FormField("status", "select", marked("State of the organisation"), marked("For an organisation that changes."), codes="directory_status"),
        FormField("worker", "line", marked("Person"), _THERE),
        FormField("staff_role", "select", marked("Role of the person"), _THERE, codes="staff_role"),
        FormField("cases_to", "line", marked("Cases go to"), _AWAY),
        FormField("cases_to_organisation", "line", marked("Cases go to the organisation"), _AWAY),
    ),
    body=_proposed,
)  # fmt: skip
"""One of the kinds, each of which has members of its own."""


FORMS = (
    PROPOSE,
    Command(
        WORK,
        Order("{service}", "retry_work", "POST", "/v1/work/{work_id}/retry"),
        operation_answers.FAILED_WORK,
        title=marked("Try this work again"),
        button=marked("Try again"),
        done=marked("It is tried again now."),
        fields=(_REASON, _TICKET),
        body=_reasoned,
        part=item_at("work_id"),
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
        part=item_at("cause"),
    ),
    _by_two(
        "confirm", marked("Confirm this change"), marked("Confirm"), marked("The change was confirmed. It is made.")
    ),
    Command(
        KEY,
        Order("exchange", "distrust_key", "POST", "/v1/keys/{kid}/distrust"),
        operation_answers.KEYS,
        title=marked("This key was lost"),
        intro=(marked("From now on nothing is sealed to it here and nothing that it signs counts. It acts at once; another operator confirms or lifts it within 24 hours."),),
        button=marked("Trust it no more"),
        done=marked("The key counts no more here. Another operator has to confirm it."),
        fields=(
            FormField("since", "moment", marked("When was it lost?"), marked("What was signed with it since then is listed. In the time of this country."), empty=marked("Write when it was lost")),
            FormField("ticket", "line", marked("Ticket"), marked("Of your own system, for example OPS-1042. The words about it stand there."), empty=marked("Write the ticket")),
        ),
        body=lambda typed, sender: {"since": instant(one(typed, "since"), sender.zone), "ticket": one(typed, "ticket")},
        part=item_at("kid", "kid"),
        most=200,
    ),
    _distrusted(
        "confirm", marked("Confirm that it counts no more"), marked("Confirm"), marked("It is confirmed: nobody lifts it any more."),
        marked("Afterwards nobody lifts it. A key is replaced on the trust list, an agreement followed by its next version."),
    ),
    _distrusted("withdraw", marked("Lift it: it was a mistake"), marked("Lift it"), marked("It was lifted. It counts again.")),
    _by_two("withdraw", marked("Withdraw this change"), marked("Withdraw"), marked("The change was withdrawn.")),
)  # fmt: skip
