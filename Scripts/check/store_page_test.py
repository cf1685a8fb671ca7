#!/usr/bin/env python3
"""Tests of the page of a store's runs in headless Chromium, with a store that is played.

usage: store_page_test.py [--screenshots FOLDER] [--chromium PATH] [CHECK …]

`make page-test` runs it after page_test.py, whose words on Chromium and Playwright hold for it too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# Each module's checks are known once it is imported; they run in this order.
import store_checks_list  # noqa: F401
import store_checks_live  # noqa: F401
import store_checks_compare  # noqa: F401
import store_checks_steer  # noqa: F401
import store_checks_access  # noqa: F401
import store_checks_speed  # noqa: F401
from page_bench import browser, checks, find_chromium, run
from store_bench import StoreBench


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checks", nargs="*", help="names, or parts of them (default: all)")
    parser.add_argument("--screenshots", type=Path, help="a folder to keep pictures in")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    # The run page's checks are there too once one of their tools is imported.
    own = [function for function in checks if function.__module__.startswith("store_")]
    chosen = [function for function in own if not options.checks or any(
        name.replace(" ", "_") in function.__name__ for name in options.checks)]
    if not chosen:
        sys.exit(f"store_page_test.py: no check is called {' or '.join(options.checks)}")
    with browser(find_chromium(options.chromium)) as opened:
        failed = [one.__name__ for one in chosen if not run(one, opened, options, StoreBench)]
    if failed:
        sys.exit(f"store_page_test.py: {len(failed)} of {len(chosen)} checks failed: {', '.join(failed)}")
    print(f"all {len(chosen)} checks passed")


if __name__ == "__main__":
    main()
