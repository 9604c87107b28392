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
    ticked,
    whole_number,
)
from services.console.words import marked

_TO_SERVICES = marked("Back to the services")
WORK = Subject("failed-work", "work_id", _TO_SERVICES, page="/services", within="service")
CAUSE = Subject("causes", "cause", _TO_SERVICES, page="/services", within="service")
PARKED = Subject("parked-events", "event", marked("Back to what stands still"), page="/parked/{service}", within="service")  # fmt: skip
PROPOSAL = Subject("proposals", "proposal_id", marked("Back to the proposals"), page="/proposals")
_REASON = FormField("reason", "radios", marked("Why?"), codes="operation_reason", empty=marked("Choose the reason"))  # fmt: skip
_TICKET_NEEDED = FormField(
    "ticket", "line", marked("Ticket"), marked("Of your own system, for example OPS-1042. The words about it stand there."),
    empty=marked("Write the ticket"),
)  # fmt: skip
_TICKET = FormField("ticket", "line", marked("Ticket"), marked("For example OPS-1042. It may be left empty."))


_EVENT = ("source", "stream", "sequence", "cause")
MOST_PARKED = 100
"""So many events that stand still are shown, the oldest of them."""


def _reasoned(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    del sender
    ticket = one(typed, "ticket")
    return {"reason": one(typed, "reason"), **({"ticket": ticket} if ticket else {})}


def _shown(event: operation_answers.ParkedEvent) -> Typed:
    """The members of the event that go with the form, so that what is sent is what was read."""
    return {name: [str(getattr(event, name))] for name in _EVENT}


def _given_up(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """The event and its cause, as they were shown."""
    event = {name: one(typed, name) for name in ("source", "stream")}
    expected = {"sequence": whole_number(one(typed, "sequence")), "expected": one(typed, "cause")}
    return {**_reasoned(typed, sender), **event, **expected}


def _replayed(typed: Typed, sender: Sender) -> Mapping[str, Any]:
    """Over gaps only where it was ticked, and as many streams were written as there are."""
    over = {"over_gap": True} if ticked(typed, "over_gap") else {}
    said = one(typed, "expected")
    expected = {"expected": whole_number(said)} if said or over else {}
    return {**_reasoned(typed, sender), **over, **expected, "cause": sender.about}


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


AGREEMENT = Subject("agreements", "agreement_id", marked("Back to the border"), page="/border", by_word=True)
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
        _TICKET_NEEDED,
        FormField("name", "line", marked("Name"), marked("For an organisation that is added.")),
        FormField("role", "radios", marked("Role"), _NEW, codes="recipient_role"),
        FormField("type", "select", marked("Kind"), _NEW, codes="org_Type"),
        FormField("status", "select", marked("State of the organisation"), marked("For an organisation that changes."), codes="directory_status"),
        FormField("worker", "line", marked("Person"), _THERE),
        FormField("staff_role", "select", marked("Role of the person"), _THERE, codes="staff_role"),
        FormField("cases_to", "line", marked("Supervisor to whom its cases go"), _AWAY),
        FormField("cases_to_organisation", "line", marked("Organisation of that supervisor"), _AWAY),
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
        fields=(
            _REASON, _TICKET,
            FormField(
                "over_gap", "tick", marked("Go over gaps: the events that are missing will never come"),
                marked("Only where their publisher has lost them for good. What they would have said is missing here from then on."),
            ),
            FormField("expected", "line", marked("How many streams?"), marked("Needed for going over gaps: the number that stands above.")),
        ),
        body=_replayed,
        part=item_at("cause"),
        shown="cause.html",
    ),
    Command(
        PARKED,
        Order("{service}", "discard_parked_event", "POST", "/v1/parked/discard"),
        operation_answers.PARKED_EVENTS,
        title=marked("Give this event up"),
        intro=(marked("A replay passes over it, and nothing brings it back. What it says is never known here. What protects somebody is never given up."),),
        button=marked("Give this event up"),
        done=marked("The event was given up. Replay its cause, so that what stands behind it goes on."),
        fields=(_REASON, _TICKET, *(FormField(name, "kept") for name in _EVENT)),
        body=_given_up,
        begins=_shown,
        part=item_at("event"),
        most=MOST_PARKED,
        shown="parked-event.html",
    ),
    Command(
        AGREEMENT,
        Order("exchange", "suspend_agreement", "POST", "/v1/agreements/{agreement_id}/suspend"),
        operation_answers.AGREEMENTS,
        title=marked("Suspend this agreement"),
        intro=(
            marked("From now on nothing is sealed or taken in under it here. It acts at once; another operator confirms or lifts it within 24 hours."),
            marked("What was disclosed before is not taken back."),
        ),
        button=marked("Suspend it"),
        done=marked("The agreement is suspended here. Another operator has to confirm it, or lifts it."),
        fields=(_TICKET_NEEDED,),
        body=lambda typed, _: {"ticket": one(typed, "ticket")},
        part=item_at("agreement_id"),
        most=200,
        shown="agreement.html",
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
            _TICKET_NEEDED,
        ),
        body=lambda typed, sender: {"since": instant(one(typed, "since"), sender.zone), "ticket": one(typed, "ticket")},
        part=item_at("kid", "kid"),
        most=200,
    ),
    _distrusted(
        "confirm", marked("Confirm that it counts no more"), marked("Confirm"), marked("It is confirmed: nobody can lift it any more."),
        marked("Afterwards nobody can lift it. A key is replaced on the trust list, an agreement followed by its next version."),
    ),
    _distrusted("withdraw", marked("Lift it: it was a mistake"), marked("Lift it"), marked("It was lifted. It counts again.")),
    _by_two("withdraw", marked("Withdraw this change"), marked("Withdraw"), marked("The change was withdrawn.")),
)  # fmt: skip
