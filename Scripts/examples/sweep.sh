#!/usr/bin/env bash
# Runs `federated sweep` over a small grid that takes minutes; any option given replaces its default.
# usage: Scripts/examples/sweep.sh [--experiment 1,2,3,4] [--clients 5,10] [--epochs 1,5] [--seed 1,2,3] …
#        Scripts/examples/sweep.sh --grid FILE …
# Beside a file of grids only the table's place has a default.
# Started again after an interruption, it skips the rows that are finished.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

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
# Adds a default, OPTION VALUE [OTHER…], unless the user has set that option or one of the others.
default() {
    local name=$1 value=$2 other
    shift 2
    for other in "$name" "$@"; do
        value_of "$other" "${given[@]}" >/dev/null && return
    done
    options+=("$name" "$value")
}

given=("$@")
default --experiment 1,2,3,4 --experiments --partition --grid
default --clients 5 --population --grid
default --epochs 1,5 --steps --grid
default --seed 1,2 --seeds --grid
default --rounds 5 --grid
default --samples 600 --grid
default --output Logs/sweep.csv

for argument in "$@"; do
    case $argument in
    -h | --help) options=() ;;
    esac
done

if [[ -z ${FEDERATED-} ]]; then
    Scripts/setup/setup.sh
    Scripts/setup/build.sh federated swift build -c release --product federated
fi
"${FEDERATED:-.build/release/federated}" sweep "${options[@]}" "$@"
if ((${#options[@]})); then
    printf 'table    %s\n' "$(value_of --output "${options[@]}" "$@")"
fi
