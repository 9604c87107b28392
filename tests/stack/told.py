"""A program that a test of the nursery begins: it says what it was told, and fails or stays."""

import os
import sys
import time

if __name__ == "__main__":
    own = os.getpid() == os.getsid(0)
    print(*sys.argv[1:], os.environ.get("TOLD"), own, "services.intake.app" in sys.modules, flush=True)
    if "fails" in sys.argv:
        raise ValueError
    time.sleep(60)
