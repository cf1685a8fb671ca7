#!/usr/bin/env bash
# Makes .build-release/federated: optimised, the Swift libraries in it, without symbols. Says its size,
# how long it takes to start, and which libraries it still needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly folder=.build-release program=.build-release/federated

Scripts/setup.sh release
swift build -c release --scratch-path "$folder" --static-swift-stdlib --product federated
strip -o "$program.new" "$folder/release/federated"
mv "$program.new" "$program"

version=$("$program" --version)
began=$(date +%s%N)
for _ in 1 2 3 4 5 6 7 8 9 10; do "$program" --version >/dev/null; done
ended=$(date +%s%N)
printf '\n%s %s: %d MB, %d ms to start\n' "$program" "$version" \
    $(($(stat -c %s "$program") / 1000000)) $(((ended - began) / 10000000))
echo "It needs these libraries:"
objdump -p "$program" | sed -n 's/^ *NEEDED */  /p'
