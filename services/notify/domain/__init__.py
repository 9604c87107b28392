"""Notices: who is told of which event, and in which words."""
