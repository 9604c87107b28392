"""What a service that runs has in memory: nothing that only migrations, an export of spans or coloured lines need."""

import subprocess
import sys

UNUSED = frozenset({"alembic", "mako", "pygments", "rich", "google.protobuf"})
"""A seventh of the memory of a service in its own process."""
LISTING = "import sys, chassis.main, services.audit.app; print(*sys.modules)"


def test_a_service_that_runs_loads_no_library_that_it_does_not_use():
    done = subprocess.run([sys.executable, "-c", LISTING], capture_output=True, text=True, check=True)
    assert not UNUSED & set(done.stdout.split())
