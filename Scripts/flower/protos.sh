#!/usr/bin/env bash
# Makes Sources/FlowerNode/Wire/*.pb.swift anew from Sources/FlowerNode/Protos/*.proto.
# Needs protoc (Debian's protobuf-compiler); the plugin for Swift is built once, from the checkout of
# swift-protobuf that the package itself uses. The results are committed: a build needs neither.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly checkout=.build/checkouts/swift-protobuf scratch=.build-protos
readonly protos=Sources/FlowerNode/Protos wire=Sources/FlowerNode/Wire

if ! command -v protoc >/dev/null; then
    echo "protos: protoc is not installed (Debian: apt-get install -y protobuf-compiler)" >&2
    exit 1
fi
if [[ ! -d $checkout ]]; then swift package resolve; fi
swift build -c release --package-path "$checkout" --scratch-path "$PWD/$scratch" \
    --product protoc-gen-swift

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
protoc --plugin="$scratch/release/protoc-gen-swift" -I "$protos" --swift_opt=Visibility=Package \
    --swift_out="$made" "$protos"/*.proto
for file in "$made"/*.pb.swift; do
    # swift format leaves the file alone when it says so.
    { echo "// swift-format-ignore-file"; cat "$file"; } >"$wire/${file##*/}"
    echo "made $wire/${file##*/}"
done
