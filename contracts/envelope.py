"""A CloudEvents 1.0 event in Kafka binary mode: its metadata, its headers and its frozen body classes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from types import ModuleType
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

CONTENT_TYPE = "application/json"

Sealed = Annotated[
    str,
    StringConstraints(pattern=r"^v1\.[A-Za-z0-9_\-]+$"),
    Field(json_schema_extra={"x-classification": "ciphertext"}),
]
"""AES-256-GCM ciphertext under the person's key (chassis.vault). The only way that anything but operational data
travels.
"""


class UnreadableMessage(ValueError):
    """A message that is not an event of ours: a header is missing or its body does not fit its class."""


class Event(BaseModel):
    """A fact that a service says. One frozen class per version; a released version never changes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    """`entity.verb.version`, for example `referral.accepted.v1`."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "type" not in cls.__dict__:
            raise TypeError(f"{cls.__name__} names no event type")


def events_by_fact(facts: ModuleType, events: ModuleType) -> dict[type[Any], type[Event]]:
    """Each fact of a domain with the newest version of the event of its name: `ReferralAccepted` → `ReferralAcceptedV1`."""
    versions = sorted(
        (int(version), name, event)
        for event in vars(events).values()
        if isinstance(event, type) and issubclass(event, Event)
        for name, _, version in [event.__name__.rpartition("V")]
        if version.isdigit()
    )
    newest = {name: event for _, name, event in versions}
    return {fact: newest[name] for name, fact in vars(facts).items() if name in newest}


class Meta(BaseModel):
    """The context attributes of one event. All are operational: pseudonyms, codes and opaque identifiers."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    source: str
    type: str
    time: datetime
    stream: str
    sequence: int
    actor: str
    organisation: str
    purpose: str
    policy: str = "none"
    causationid: str | None = None
    traceparent: str | None = None

    def headers(self) -> list[tuple[str, bytes]]:
        """The `ce_*` headers of the binary mode; the stream is the Kafka key and the `partitionkey` attribute."""
        values: list[tuple[str, str | None]] = [
            ("ce_specversion", "1.0"),
            ("ce_id", str(self.id)),
            ("ce_source", self.source),
            ("ce_type", self.type),
            ("ce_time", self.time.astimezone(UTC).isoformat().replace("+00:00", "Z")),
            ("ce_partitionkey", self.stream),
            ("ce_sequence", str(self.sequence)),
            ("ce_actor", self.actor),
            ("ce_organisation", self.organisation),
            ("ce_purpose", self.purpose),
            ("ce_policy", self.policy),
            ("ce_causationid", self.causationid),
            ("ce_traceparent", self.traceparent),
            ("content-type", CONTENT_TYPE),
        ]
        return [(name, value.encode()) for name, value in values if value is not None]

    @classmethod
    def from_headers(cls, headers: Any) -> "Meta":
        """The attributes read back from the headers. Raises UnreadableMessage and echoes nothing of them."""
        try:
            h = {name: value.decode() for name, value in headers}
            return cls.model_construct(
                id=UUID(h["ce_id"]),
                source=h["ce_source"],
                type=h["ce_type"],
                time=datetime.fromisoformat(h["ce_time"]),
                stream=h["ce_partitionkey"],
                sequence=int(h["ce_sequence"]),
                actor=h["ce_actor"],
                organisation=h["ce_organisation"],
                purpose=h["ce_purpose"],
                policy=h.get("ce_policy", "none"),
                causationid=h.get("ce_causationid"),
                traceparent=h.get("ce_traceparent"),
            )
        except (KeyError, ValueError, AttributeError, UnicodeDecodeError) as error:
            raise UnreadableMessage("a CloudEvents header is missing or malformed") from error


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """One event as a consumer sees it. `event` is None for a type that the consumer ignores or does not know."""

    meta: Meta
    event: Any
    payload: bytes = b""
