#!/usr/bin/env bash
# Makes Sources/X/Wire/*.pb.swift anew from Sources/X/Protos/*.proto, for each library that has some.
# Needs protoc (Debian's protobuf-compiler); the plugin for Swift is built once, from the checkout of
# swift-protobuf that the package itself uses. The results are committed: a build needs neither.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly checkout=.build/checkouts/swift-protobuf scratch=.build-protos

if ! command -v protoc >/dev/null; then
    echo "protos: protoc is not installed (Debian: apt-get install -y protobuf-compiler)" >&2
    exit 1
fi
if [[ ! -d $checkout ]]; then swift package resolve; fi
swift build -c release --package-path "$checkout" --scratch-path "$PWD/$scratch" \
    --product protoc-gen-swift

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
for protos in Sources/*/Protos; do
    wire=${protos%/Protos}/Wire
    mkdir "$made/new"
    protoc --plugin="$scratch/release/protoc-gen-swift" -I "$protos" --swift_opt=Visibility=Package \
        --swift_out="$made/new" "$protos"/*.proto
    for file in "$made"/new/*.pb.swift; do
        # swift format leaves the file alone when it says so.
        { echo "// swift-format-ignore-file"; cat "$file"; } >"$wire/${file##*/}"
        echo "made $wire/${file##*/}"
    done
    rm -r "$made/new"
done
