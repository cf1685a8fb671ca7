"""One measurement's process, run by the peers' Python: worker.py torch|keras|flower JSON."""

from __future__ import annotations

import importlib
import json
import sys


def main(kind: str, spec: dict[str, object]) -> None:
    # By the module's name, so that Ray's processes import its file instead of unpickling it.
    module = importlib.import_module(f"{kind}_worker")
    print(json.dumps(module.measure(spec)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
