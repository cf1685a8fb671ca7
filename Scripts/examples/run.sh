#!/usr/bin/env bash
# Runs `federated run` with the options given, then draws the picture of its log.
# usage: Scripts/examples/run.sh [OPTION …]; FEDERATED names the program (.build/release/federated).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
federated=${FEDERATED:-$here/../../.build/release/federated}

log_path_file=$(mktemp)
trap 'rm -f "$log_path_file"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Standard output stays the terminal's, for the progress bar; the log's path comes by a file.
status=0
"$federated" run --write-log-path "$log_path_file" "$@" || status=$?
if ((status != 0)); then
    exit "$status"
fi

log=$(<"$log_path_file")
if [[ -z $log ]]; then
    exit 0 # such as --help: nothing ran
fi
if ! "$here/../setup/venv.sh"; then
    printf 'No picture: matplotlib is not to be had here. Later: make plot LOG=%q\n' "$log"
    exit 0
fi
# A run that is done and logged has not failed because its picture has.
if ! "$here/../../.venv/bin/python" "$here/../plot/plot.py" -n "$log"; then
    printf 'No picture. To try again: make plot LOG=%q\n' "$log"
fi
