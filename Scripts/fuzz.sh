#!/usr/bin/env bash
# Fuzzes every parser with libFuzzer and AddressSanitizer: fuzz.sh [SECONDS [PARSER…]]
# Builds into .build-fuzz and keeps there what was found to be interesting, for the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "fuzz: the number of seconds must be at least 1, not “$seconds”" >&2
    exit 64
fi
shift || true
parsers=("$@")
if ((${#parsers[@]} == 0)); then parsers=(header weights messages idx safetensors log); fi

echo "fuzz: building with libFuzzer and AddressSanitizer"
FEDERATED_FUZZ=1 swift build -c release --scratch-path .build-fuzz --product Fuzz \
    --sanitize fuzzer --sanitize address
python3 Scripts/fuzz_seeds.py .build-fuzz/seeds

for parser in "${parsers[@]}"; do
    corpus=.build-fuzz/corpus/$parser
    mkdir -p "$corpus" .build-fuzz/found
    log=.build-fuzz/$parser.log
    # A leak check at every exit would find the Swift runtime's own caches.
    if ! ASAN_OPTIONS=detect_leaks=0 .build-fuzz/release/Fuzz "$parser" "$corpus" \
        ".build-fuzz/seeds/$parser" -max_total_time="$seconds" -max_len=65536 -timeout=5 \
        -rss_limit_mb=2048 -artifact_prefix=".build-fuzz/found/$parser-" \
        -print_final_stats=1 >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        echo "fuzz: $parser failed: the input is in .build-fuzz/found" >&2
        exit 1
    fi
    printf 'fuzz: %-12s %s inputs, coverage %s, corpus %s, no finding\n' "$parser" \
        "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
        "$(sed -n 's/.* DONE *cov: \([0-9]*\).*/\1/p' "$log")" \
        "$(sed -n 's/.* DONE .* corp: \([^ ]*\) .*/\1/p' "$log")"
done
