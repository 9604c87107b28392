"""The plumbing that every service stands on: transactions, outbox, relay, consumer, work, access, vault, telemetry."""

import sys

if "rich" not in sys.modules:
    # Where rich is installed structlog imports it, and with it all of pygments, for coloured lines that nobody writes here.
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]
