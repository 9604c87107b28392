"""The classes of sealed values of reports: each ciphertext is bound to one."""

CALL_CONTENT = "call.content"
INCIDENT_TEXT = "incident.text"
