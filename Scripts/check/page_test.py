#!/usr/bin/env python3
"""Tests of the live page in headless Chromium, with a scripted run or the real server.

usage: test_page.py [--federated PATH] [--screenshots FOLDER] [--chromium PATH] [CHECK …]

`make page-test` installs what is needed: Debian's chromium (Scripts/setup/setup.sh page) and Playwright
from PyPI in .venv-page (Scripts/setup/venv.sh page). By hand: apt install chromium fonts-dejavu-core, and
pip install -r Scripts/setup/requirements-page.txt in an environment of your own. The browser may be any
Chromium or Chrome: --chromium, else CHROMIUM, else chromium, chromium-browser or google-chrome.
The scripted run needs no Swift. With --federated, `federated report` and `federated serve` are
tested too.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

# Each module's checks are known once it is imported; they run in this order.
import page_checks_progress  # noqa: F401
import page_checks_curves  # noqa: F401
import page_checks_trust  # noqa: F401
import page_checks_connection  # noqa: F401
import page_checks_layout  # noqa: F401
import page_checks_many  # noqa: F401
import page_checks_report  # noqa: F401
import page_checks_panels  # noqa: F401
import page_checks_steering  # noqa: F401
import page_checks_access  # noqa: F401
import page_real
from page_bench import browser, checks, find_chromium, run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checks", nargs="*", help="names, or parts of them (default: all)")
    parser.add_argument("--federated", type=Path, help="the program, to test with it as well")
    parser.add_argument("--screenshots", type=Path, help="a folder to keep pictures in")
    parser.add_argument("--chromium")
    options = parser.parse_args()
    known = checks + (page_real.checks if options.federated else [])
    chosen = [function for function in known if not options.checks or any(
        name.replace(" ", "_") in function.__name__ for name in options.checks)]
    if not options.federated:
        print("without --federated: only the scripted run is tested")
    if not chosen:
        sys.exit(f"test_page.py: no check is called {' or '.join(options.checks)}")
    with browser(find_chromium(options.chromium)) as opened:
        failed = [one.__name__ for one in chosen if not run(one, opened, options)]
    if failed:
        sys.exit(f"test_page.py: {len(failed)} of {len(chosen)} checks failed: {', '.join(failed)}")
    print(f"all {len(chosen)} checks passed")


if __name__ == "__main__":
    main()
