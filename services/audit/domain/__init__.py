"""The rules of the audit log, without I/O."""
