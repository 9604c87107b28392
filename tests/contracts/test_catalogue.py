"""The catalogue: every event once for each publisher, heard by services that exist."""

from collections import Counter
from uuid import UUID

import pytest

from contracts import events
from contracts.catalogue import (
    CATALOGUE,
    PARTITIONS,
    SERVICES,
    Entry,
    consumed_by,
    entry_for,
    event_class,
    partitions_of,
    topics_read_by,
    topics_written_by,
)
from contracts.envelope import Event
from contracts.events import (
    access,
    audit,
    casework,
    consent,
    directory,
    exchange,
    extracts,
    intake,
    notify,
    operations,
    referral,
    reports,
    returns,
)
from contracts.examples import examples
from tests.architecture.each import of_each

MODULES = (
    access,
    audit,
    casework,
    reports,
    consent,
    directory,
    exchange,
    extracts,
    intake,
    notify,
    operations,
    referral,
    returns,
)

PROTECTIVE = {
    "consent.narrowed.v1",
    "consent.withdrawn.v1",
    "consent.expired.v1",
    "consent.revoked.v1",
    "disclosure.recalled.v1",
    "referral.corrected.v1",
    "recall.received.v1",
    "hold.placed.v1",
    "erasure.confirmed.v1",
}
"""Monotone: they only ever take away, so they may run although their stream is parked."""


def declared() -> set[type[Event]]:
    found = {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Event)
    }
    return {event for event in found if event is not Event and event.type}


def test_every_event_stands_in_the_catalogue_once_for_each_publisher() -> None:
    assert {entry.event for entry in CATALOGUE} == declared()
    assert max(Counter((entry.type, entry.publisher) for entry in CATALOGUE).values()) == 1
    assert {
        entry.type for entry in CATALOGUE if sum(other.type == entry.type for other in CATALOGUE) > 1
    } == {"attempt.refused.v1", "record.read.v1", "log.read.v1", "operation.performed.v1"}


def test_publishers_and_consumers_are_services_and_none_hears_itself_but_through_audit() -> None:
    for entry in CATALOGUE:
        assert {entry.publisher, *entry.consumers} <= set(SERVICES), entry.type
        assert len(set(entry.consumers)) == len(entry.consumers), entry.type
        assert entry.publisher == "audit" or entry.publisher not in entry.consumers, entry.type


def test_audit_hears_everything() -> None:
    assert consumed_by("audit") == CATALOGUE


def test_only_events_that_take_away_are_protective() -> None:
    assert {entry.type for entry in CATALOGUE if entry.protective} == PROTECTIVE


def test_no_service_that_decides_about_help_hears_a_withdrawal() -> None:
    assert set(entry_for(consent.ConsentWithdrawnV1, "consent").consumers) <= {"notify", "audit"}


@of_each("entry", CATALOGUE, ids=lambda entry: f"{entry.publisher}-{entry.type}")
def test_names_say_the_same_thing(entry: Entry) -> None:
    noun, verb, version = entry.type.split(".")
    assert entry.event.__name__ == f"{noun}_{verb}_{version}".title().replace("_", "")
    assert entry.topic == (f"{entry.publisher}.events" if entry.sequenced else f"{entry.publisher}.access")
    assert event_class(entry.type) is entry.event


OF_NO_CASE = {
    "directory",
    "proposals",
    "notices",
    "searches",
    "log",
    "distrusts",
    "trust_documents",
    "epochs",
}


@of_each("entry", CATALOGUE, ids=lambda entry: f"{entry.publisher}-{entry.type}")
def test_an_event_belongs_to_a_stream(entry: Entry) -> None:
    event = examples(entry.type)[0].event
    stream = entry.stream_of(event)
    if entry.stream in OF_NO_CASE:
        assert stream == entry.stream
    else:
        assert stream == str(getattr(event, entry.stream))
        assert entry.stream == "agreement_id" or UUID(stream)


def test_a_type_outside_the_catalogue_has_no_class_and_a_foreign_publisher_no_entry() -> None:
    assert event_class("case.opened.v99") is None
    with pytest.raises(KeyError):
        entry_for(intake.CaseOpenedV1, "audit")


def test_access_records_have_a_topic_of_their_own() -> None:
    assert topics_written_by("intake") == ("intake.access", "intake.events")
    assert topics_read_by("intake") == (
        "consent.events",
        "directory.events",
        "exchange.events",
        "referral.events",
        "returns.events",
    )
    assert all(f"{service}.access" in topics_written_by(service) for service in SERVICES)


def test_the_package_of_events_holds_a_module_for_each_group() -> None:
    assert {module.__name__.rpartition(".")[0] for module in MODULES} == {events.__name__}


def test_only_topics_about_cases_are_divided():
    divided = {entry.topic for entry in CATALOGUE if partitions_of(entry.topic) == PARTITIONS}
    about_cases = ("audit", "consent", "exchange", "intake", "notify", "referral", "returns")
    assert divided == {f"{service}.events" for service in about_cases}
    assert {partitions_of(entry.topic) for entry in CATALOGUE if entry.topic not in divided} == {1}
