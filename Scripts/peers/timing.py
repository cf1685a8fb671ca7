"""Beginning together, and counting images for some seconds."""

from __future__ import annotations

import sys
import time
from typing import Callable


def wait_for_start() -> None:
    """Says that the warm-up is over, and waits until all workers are to begin."""
    print("ready", flush=True)
    time.sleep(max(0.0, float(sys.stdin.readline()) - time.monotonic()))


def rate(step: Callable[[], int], seconds: float) -> float:
    """Images a second of a step that returns its images."""
    start = now = time.monotonic()
    done = 0
    while now - start < seconds:
        done += step()
        now = time.monotonic()
    return done / (now - start)
