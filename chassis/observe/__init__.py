"""Logs and traces, without personal data."""
