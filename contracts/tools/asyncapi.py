"""The AsyncAPI 3 document of a cell, made from the catalogue: topics, messages, who sends and who receives."""

import json
from importlib.resources import files
from typing import Any

import contracts
from contracts.catalogue import CATALOGUE, SERVICES, Entry, consumed_by, partitions_of
from contracts.envelope import CONTENT_TYPE, Meta

Node = dict[str, Any]

DESCRIPTION = """\
Events inside one jurisdiction's cell, and the one topic of sealed envelopes that it offers to a partner.
CloudEvents 1.0 in Kafka binary mode. Only operational data travels in clear; everything else is ciphertext
under the person's own key."""


def document() -> Node:
    """A plain structure, ready to be written as YAML."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Corridor", "version": "0.1.0", "description": DESCRIPTION},
        "defaultContentType": CONTENT_TYPE,
        "servers": {"cell": _server()},
        "channels": {**_channels(), "egress": _egress()},
        "operations": _operations(),
        "components": {
            "messages": {entry.type: _message(entry) for entry in CATALOGUE},
            "messageTraits": {"cloudEvent": _cloud_event()},
            "securitySchemes": {
                "scram": {"type": "scramSha512", "description": "A user and ACLs per service."}
            },
        },
    }


def self_contained() -> Node:
    """The document with the schema of each event in its place, for who has no file beside it. Each schema keeps its
    `$id`, so that what it refers to is found in itself.
    """
    whole, schemas = document(), files(contracts).joinpath("schemas")
    for name, message in whole["components"]["messages"].items():
        message["payload"] = json.loads(schemas.joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return whole


def _server() -> Node:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka-secure",
        "description": "The cell's own cluster; no other cell has a credential but for its egress topic.",
        "variables": {"bootstrap": {"default": "localhost:9093"}},
        "security": [{"$ref": "#/components/securitySchemes/scram"}],
    }


def _topics() -> dict[str, list[Entry]]:
    topics: dict[str, list[Entry]] = {}
    for entry in CATALOGUE:
        topics.setdefault(entry.topic, []).append(entry)
    return topics


def _channels() -> Node:
    return {topic: _channel(topic, entries) for topic, entries in _topics().items()}


def _channel(topic: str, entries: list[Entry]) -> Node:
    configuration = {"cleanup.policy": ["delete"], "retention.ms": entries[0].retention_ms}
    return {
        "address": topic,
        "messages": {entry.type: {"$ref": f"#/components/messages/{entry.type}"} for entry in entries},
        "bindings": {
            "kafka": {
                "partitions": partitions_of(topic),
                "topicConfiguration": configuration,
                "bindingVersion": "0.5.0",
            }
        },
    }


def _egress() -> Node:
    return {
        "address": "egress.{partner}",
        "parameters": {"partner": {"description": "The partner cell in lower case, the only reader."}},
        "messages": {
            "envelope": {
                "contentType": "application/jose",
                "summary": "A JWS in a JWE for one recipient organisation; nothing outside it but opaque routing.",
                "payload": {"type": "string", "pattern": r"^[A-Za-z0-9_\-]+(\.[A-Za-z0-9_\-]*){4}$"},
            }
        },
    }


def _message(entry: Entry) -> Node:
    doc = (entry.event.__doc__ or "").strip()
    message: Node = {
        "name": entry.type,
        "title": entry.event.__name__,
        "contentType": CONTENT_TYPE,
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "payload": {"$ref": f"./schemas/{entry.type}.json"},
        "x-stream": entry.stream,
        "x-protective": entry.protective,
        "x-sequenced": entry.sequenced,
    }
    return {**message, "summary": doc} if doc else message


def _cloud_event() -> Node:
    texts = {f"ce_{name}": {"type": "string"} for name in Meta.model_fields if name != "stream"}
    required = [
        f"ce_{name}" for name, field in Meta.model_fields.items() if field.is_required() and name != "stream"
    ]
    properties = {
        "ce_specversion": {"const": "1.0"},
        **texts,
        "ce_partitionkey": {"type": "string", "description": "The stream; the same as the Kafka key."},
        "content-type": {"const": CONTENT_TYPE},
    }
    return {
        "headers": {
            "type": "object",
            "required": ["ce_specversion", *required, "ce_partitionkey", "content-type"],
            "properties": properties,
        },
        "bindings": {
            "kafka": {"key": {"type": "string", "description": "The stream."}, "bindingVersion": "0.5.0"}
        },
    }


def _operations() -> Node:
    operations: Node = {}
    for topic, entries in _topics().items():
        operations[f"{topic}.send"] = _operation("send", topic, entries)
    for service in SERVICES:
        for topic, entries in _topics().items():
            heard = [entry for entry in consumed_by(service) if entry in entries]
            if heard:
                operations[f"{service}.receives.{topic}"] = _operation("receive", topic, heard)
    return operations


def _operation(action: str, topic: str, entries: list[Entry]) -> Node:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{entry.type}"} for entry in entries],
    }
