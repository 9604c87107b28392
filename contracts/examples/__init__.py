"""One or more examples of every event: the same file tests the service that says it and those that hear it."""

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from contracts.catalogue import event_class
from contracts.envelope import Event, Meta


@dataclass(frozen=True, slots=True)
class Example:
    """`attributes` are the context attributes, `data` is the body as it stands in the file."""

    name: str
    attributes: dict[str, Any]
    data: dict[str, Any]

    @property
    def meta(self) -> Meta:
        return Meta.model_validate(self.attributes)

    @property
    def body(self) -> bytes:
        """The body as it travels in the Kafka value."""
        return json.dumps(self.data, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def event(self) -> Event:
        """The example as an event. Raises KeyError for a type outside the catalogue and ValidationError for a body
        that does not fit.
        """
        found = event_class(self.attributes["type"])
        if found is None:
            raise KeyError(self.attributes["type"])
        return found.model_validate_json(self.body)


def examples(event_type: str) -> tuple[Example, ...]:
    """All examples of one type, for instance `examples("referral.accepted.v1")`, by file name."""
    folder = files(__name__).joinpath(event_type)
    names = (
        sorted(path.name for path in folder.iterdir() if path.name.endswith(".json"))
        if folder.is_dir()
        else []
    )
    read = [(name, json.loads(folder.joinpath(name).read_text(encoding="utf-8"))) for name in names]
    return tuple(
        Example(name.removesuffix(".json"), content["attributes"], content["data"]) for name, content in read
    )
