"""Tests of the scripts: `python -m unittest discover -s Scripts`, with the environment of `make venv`.

Scripts import their neighbours by name, as they do when they are started; so each folder of them is
put where Python looks.
"""

import sys
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(folder) for folder in sorted(SCRIPTS.iterdir()) if folder.is_dir()]
