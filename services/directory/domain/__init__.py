"""Organisations, services and staff in plain Python."""
