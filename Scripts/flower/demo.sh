#!/usr/bin/env bash
# Federates three nodes by Flower's SuperLink and FedAvg, and checks the result: see demo.py.
# usage: Scripts/flower/demo.sh [--mixed] [--rounds R] [--data-dir FOLDER] [--federated PROGRAM] [--logs FOLDER]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/../setup/venv.sh" flower
exec "$here/../../.venv-flower/bin/python" "$here/demo.py" "$@"
