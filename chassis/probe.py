"""`python -m chassis.probe`: whether the service of this container is ready, by exit code; for a container's health
check.
"""

import os
import ssl
import sys
import urllib.request
from pathlib import Path

PORT = 8000
SECONDS = 2
AUTHORITY = "CORRIDOR_PROBE_CA_FILE"
"""Where the service speaks TLS: the file of the authority that issued its certificate."""


def main() -> int:
    file = os.environ.get(AUTHORITY)
    trusted = None if file is None else ssl.create_default_context(cafile=Path(file))
    scheme = "http" if trusted is None else "https"
    url = f"{scheme}://localhost:{PORT}/health/ready"
    try:
        with urllib.request.urlopen(url, timeout=SECONDS, context=trusted):  # noqa: S310  # the scheme is ours
            return 0
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
