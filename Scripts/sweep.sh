#!/usr/bin/env bash
# Runs `federated sweep` over a small grid that takes minutes; any option given replaces its default.
# usage: Scripts/sweep.sh [--experiments 1,2,3,4] [--clients 5,10] [--epochs 1,5] [--seeds 1,2,3] …
# Started again after an interruption, it skips the rows that are finished.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Prints the value of option $1 among the arguments after it, the last one winning.
value_of() {
    local name=$1 value="" found=1
    shift
    while (($#)); do
        case $1 in
        "$name")
            value=${2-} found=0
            ;;
        "$name="*)
            value=${1#*=} found=0
            ;;
        esac
        shift
    done
    printf '%s' "$value"
    return "$found"
}

options=()
# Adds a default unless the user has set that option.
default() {
    value_of "$1" "${given[@]}" >/dev/null || options+=("$1" "$2")
}

given=("$@")
default --experiments 1,2,3,4
default --clients 5
default --epochs 1,5
default --seeds 1,2
default --rounds 5
default --samples 600
default --output Logs/sweep.csv

for argument in "$@"; do
    case $argument in
    -h | --help) options=() ;;
    esac
done

if [[ -z ${FEDERATED-} ]]; then
    Scripts/setup.sh
    swift build -c release --product federated
fi
"${FEDERATED:-.build/release/federated}" sweep "${options[@]}" "$@"
if ((${#options[@]})); then
    printf 'table    %s\n' "$(value_of --output "${options[@]}" "$@")"
fi
