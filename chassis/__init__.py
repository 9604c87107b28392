"""The plumbing that every service stands on: transactions, outbox, relay, consumer, work, access, vault, telemetry."""
