#!/usr/bin/env bash
# Fuzzes every parser with libFuzzer and AddressSanitizer: fuzz.sh [SECONDS [PARSER…]]
# Builds into .build-fuzz and keeps there what was found to be interesting, for the next time.
# As many parsers at once as there are processors.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly known=(header weights messages idx npy npz cifar png safetensors architecture log table leaf) folder=.build-fuzz

seconds=${1:-60}
if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
    echo "fuzz: the number of seconds must be at least 1, not “$seconds”" >&2
    exit 64
fi
shift || true
parsers=("$@")
if ((${#parsers[@]} == 0)); then parsers=("${known[@]}"); fi
for parser in "${parsers[@]}"; do
    if [[ " ${known[*]} " != *" $parser "* ]]; then
        echo "fuzz: there is no parser “$parser”: expected one of ${known[*]}" >&2
        exit 64
    fi
done

# A number that libFuzzer or Fuzz prints at its end.
figure() {
    sed -n "s/$2/\1/p" "$1" | tail -n 1
}

# execute PARSER ARGUMENT…: a leak check at the exit would find the Swift runtime's own caches; its
# backtrace reads what AddressSanitizer guards, and leaves a swift-backtrace that waits for ever.
execute() {
    ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=64 SWIFT_BACKTRACE=enable=no \
        "$folder/release/Fuzz" "$1" -timeout=5 -rss_limit_mb=2048 \
        -artifact_prefix="$folder/found/$1-" "${@:2}"
}

# The long seeds only as they are: to make others of them would take most of the time. Of 8192 bytes
# gzip makes 8 MB at most, which is within the time that an input may take.
examine() {
    execute "$1" "$folder/seeds/$1/long/"* &&
        execute "$1" "$folder/corpus/$1" "$folder/seeds/$1/short" -max_total_time="$seconds" \
            -max_len=8192 -print_final_stats=1
}

# fuzz PARSER: one line if nothing is found, else the end of what libFuzzer said.
fuzz() {
    local parser=$1 log=$folder/$1.log taken
    mkdir -p "$folder/corpus/$parser" "$folder/found"
    if ! examine "$parser" >"$log" 2>&1; then
        grep -v '^#[0-9]*[[:space:]]*\(NEW\|REDUCE\|pulse\|RELOAD\)' "$log" | tail -n 60 >&2
        echo "fuzz: $parser failed; the input, where there is one, is in $folder/found" >&2
        return 1
    fi
    taken=$(figure "$log" '^taken: \([0-9]*\)$')
    if ((${taken:-0} == 0)); then
        echo "fuzz: $parser took no input, not even of $folder/seeds/$parser" >&2
        return 1
    fi
    printf 'fuzz: %-12s %s inputs, %s of them taken, coverage %s, corpus %s, no finding\n' \
        "$parser" "$(figure "$log" '^stat::number_of_executed_units: *\([0-9]*\)$')" "$taken" \
        "$(figure "$log" '.*DONE *cov: \([0-9]*\).*')" \
        "$(figure "$log" '.*DONE .* corp: \([^ ]*\) .*')"
}

echo "fuzz: building with libFuzzer and AddressSanitizer"
# Through swiftc, because --sanitize takes only one of the two; both are named there, because its last
# -sanitize alone counts. gold, which Swift links with by default, gives up on libFuzzer.
FEDERATED_FUZZ=1 swift build -c release --scratch-path "$folder" --product Fuzz \
    --sanitize address -Xswiftc -sanitize=fuzzer,address -Xswiftc -use-ld=lld \
    -Xcc -fsanitize=fuzzer-no-link
rm -rf "$folder/seeds"
.venv/bin/python Scripts/check/fuzz_seeds.py "$folder/seeds"

# With job control each parser is a process group, which ends as one when this script does.
set -m
declare -A processes=()
processors=$(getconf _NPROCESSORS_ONLN)
trap 'kill -- "${processes[@]/#/-}" 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
for parser in "${parsers[@]}"; do
    while (($(jobs -rp | wc -l) >= processors)); do wait -n || true; done
    fuzz "$parser" &
    processes[$parser]=$!
done
failed=0
for parser in "${parsers[@]}"; do wait "${processes[$parser]}" || failed=1; done
exit $failed
