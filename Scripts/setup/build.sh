#!/usr/bin/env bash
# build.sh WHAT COMMAND…: runs a command of SwiftPM that compiles, and says in one line how far it is in
# place of its line for each step: redrawn on a terminal; elsewhere a line when it begins and one when it is
# done, or nothing where there was nothing to do. What the compiler says is in .build/build.log; where it
# fails, its errors are printed, and the status is the command's. A program that was built by the same command
# with the same compiler, and no source has changed since, is not built again: SwiftPM takes ten seconds and
# more to find that out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly what=$1 log=.build/build.log
shift
mkdir -p .build

# The product that the command builds, if it builds one, and what else its build depends on.
product=
[[ " $* " =~ \ --product\ ([^ ]+)\  ]] && product=${BASH_REMATCH[1]}
readonly product stamp=.build/$product.built

# `federated` by itself needs one package: the others are fetched with what needs them. Once they are known of,
# they stay.
if [[ $product == federated ]] && ! grep -qs swift-nio Package.resolved; then export FEDERATED_ALONE=1; fi

inputs() {
    printf '%s\n' "$*"
    readlink -f "$(command -v swift)" || true
    cksum Package.resolved 2>/dev/null || true
    stat -c '%y %s' ".build/release/$product" 2>/dev/null || true
}
# Times of change, which no copying tool sets, and folders' too: they tell of files that are gone. Another build may
# take the stamp away at any moment: what find says of that counts as a change.
is_built() {
    [[ -n $product && -e .build/release/$product && -e $stamp &&
        $(inputs "$@") == "$(cat "$stamp" 2>/dev/null)" &&
        -z $(find Package.swift Sources -cnewer "$stamp" -print -quit 2>&1) ]]
}
is_built "$@" && exit 0

# Of two at once the second waits, and mostly finds that nothing is left to do.
exec 9>.build/build.lock
if command -v flock >/dev/null && ! flock -n 9; then
    echo "building $what: waiting for another build"
    flock 9
    is_built "$@" && exit 0
fi
rm -f "$stamp"
[[ -z $product ]] || touch "$stamp.begun"

"$@" >"$log" 2>&1 9>&- &
readonly child=$!
trap 'kill -INT "$child" 2>/dev/null; wait "$child" || true; exit 130' INT TERM

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# The steps done and known of: the last “[12/400]” of the log.
steps() { grep -aoE '^\[[0-9]+/[0-9]+\]' "$log" 2>/dev/null | tail -n 1 | tr -d '[]' || true; }

# How far it is, and from the second minute on how long it will still take if steps take what they took.
line() {
    local at done all
    at=$(steps)
    done=${at%/*} all=${at#*/}
    printf 'building %s' "$what"
    [[ -z $at ]] || printf ', step %d of %d' "$done" "$all"
    printf ', %s' "$(minutes "$SECONDS")"
    if [[ -n $at ]] && ((done >= 20 && SECONDS >= 20 && done < all)); then
        printf ', about %s left' "$(minutes $((SECONDS * (all - done) / done)))"
    fi
}

if [[ -t 1 ]]; then clear=$'\r\e[K'; else clear=; fi
said=
while kill -0 "$child" 2>/dev/null; do
    sleep 0.2
    if [[ -n $clear ]]; then
        ((SECONDS < 2)) || printf '%s%s' "$clear" "$(line)"
    elif [[ -z $said ]] && ((SECONDS >= 5)); then
        printf 'building %s: some minutes the first time, seconds later; %s has the details\n' \
            "$what" "$log"
        said=yes
    fi
done
status=0
wait "$child" || status=$?
printf '%s' "$clear"
if ((status)); then
    echo "building $what failed after $(minutes "$SECONDS"); all of it is in $log:" >&2
    if grep -aq 'error:' "$log"; then grep -a -A 4 'error:' "$log" | head -n 60 >&2; else
        tail -n 30 "$log" >&2
    fi
    exit "$status"
fi
if [[ -n $product ]]; then
    # As old as the beginning of the build: what changed during it may not be in it.
    inputs "$@" >"$stamp.new"
    touch -r "$stamp.begun" "$stamp.new"
    mv "$stamp.new" "$stamp"
    rm -f "$stamp.begun"
fi
((SECONDS < 5)) || echo "built $what in $(minutes "$SECONDS")"
