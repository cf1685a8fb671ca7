#!/usr/bin/env bash
# Builds this package against the checkout around it and runs its programs. Usage: run.sh [SCRATCH]
# In a scratch folder of its own everything is compiled: minutes. In the checkout's .build what `make build`
# made of the libraries is there already: seconds; but what is built next in it is planned anew.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

scratch=${1:-.build-outside}
# The versions that the checkout has, and no later ones.
if [[ -e Package.resolved ]]; then cp Package.resolved Tests/Outside/Package.resolved; fi
# The programs anew: the build leaves one as it is when a class of a library that its import re-exports has
# grown, and then it writes beyond its objects.
for folder in Tests/Outside/Sources/*/; do rm -rf "$scratch/release/$(basename "$folder").build"; done
swift build -c release --package-path Tests/Outside --scratch-path "$PWD/$scratch"
for folder in Tests/Outside/Sources/*/; do
    name=$(basename "$folder")
    printf '\n%s\n' "$name"
    "$scratch/release/$name"
done
