#!/usr/bin/env bash
# Makes .build-release/federated: the program of `make network` with the Swift libraries in it, without
# symbols. Only the last step differs from the usual build, so it links the objects of that once more;
# to build all anew with --static-swift-stdlib takes as long as the first build did. Says its size, how
# long it takes to start, and which libraries it still needs. Then a wheel of the Python module with this
# program and those libraries in it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly folder=.build-release program=.build-release/federated
readonly objects=.build/release/federated-network.product/Objects.LinkFileList

Scripts/setup/setup.sh release
mkdir -p "$folder"
# What pkg-config says for the system libraries of Package.swift, and what the static Foundation needs.
read -ra libraries <<<"$(pkg-config --libs openblas libcrypto libxxhash zlib libpng sqlite3)"
swiftc -static-stdlib -o "$program.new" "@$objects" \
    -Xlinker --gc-sections -Xlinker --as-needed -Xlinker --strip-all \
    -Xlinker --defsym -Xlinker main=federated_network_main \
    "${libraries[@]}" -lstdc++ -lm \
    -l_CFURLSessionInterface -lCoreFoundation -l_FoundationICU -l_FoundationCShims \
    -l_FoundationCollections -lcurl 2> >(grep -v mktemp >&2)
mv "$program.new" "$program"

version=$("$program" --version)
began=$(date +%s%N)
for _ in 1 2 3 4 5 6 7 8 9 10; do "$program" --version >/dev/null; done
ended=$(date +%s%N)
printf '\n%s %s: %d MB, %d ms to start\n' "$program" "$version" \
    $(($(stat -c %s "$program") / 1000000)) $(((ended - began) / 10000000))
echo "It needs these libraries:"
objdump -p "$program" | sed -n 's/^ *NEEDED */  /p'

echo
Scripts/setup/venv.sh wheel
.venv-wheel/bin/python Scripts/deploy/wheel.py "$program" "$folder"
