"""Requests and answers: forms, errors, positions in lists, idempotency, the server's limits."""
