#!/usr/bin/env bash
# Makes sure that what the build needs is on the machine: Swift, OpenBLAS, LAPACKE, libpng, OpenSSL,
# SQLite, xxHash, zlib.
# With a word, only what that needs besides: page (the tests of the live page: Chromium and a font), mpi
# (Open MPI, when the program runs), release (libcurl's headers, for Foundation linked statically), cross
# (the C libraries of other CPUs and qemu, by which `make kernels-test` checks the kernels for them).
# Installs the system packages with apt when it may; otherwise prints the one command and stops.
set -euo pipefail

readonly least_major=6 least_minor=2

fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

check_swift() {
    command -v swift >/dev/null || fail \
        "Swift is not installed (or not on PATH): version $least_major.$least_minor or later is needed." \
        "See https://www.swift.org/install/linux for how to get it."
    local text=""
    # swiftc answers eight times sooner than swift, which starts the package manager's driver.
    text=$(swiftc --version 2>/dev/null || swift --version 2>/dev/null) || true
    if [[ ! $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]]; then
        fail "swift --version did not say a version: is the toolchain complete?"
    fi
    local major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]}
    if ((major < least_major || (major == least_major && minor < least_minor))); then
        fail "Swift $major.$minor is too old: version $least_major.$least_minor or later is needed." \
            "See https://www.swift.org/install/linux for how to get it."
    fi
}

# Prints the Debian packages that are missing, one a line.
missing_packages() {
    if [[ $purpose == page ]]; then
        command -v "${CHROMIUM:-chromium}" chromium-browser google-chrome >/dev/null ||
            echo chromium
        [[ -n $(fc-list 2>/dev/null) ]] || echo fonts-dejavu-core
        return
    fi
    if [[ $purpose == mpi ]]; then
        # It brings the library, which the program looks for when it runs.
        command -v mpirun >/dev/null || echo openmpi-bin
        return
    fi
    if [[ $purpose == release ]]; then
        pkg-config --exists libcurl || echo libcurl4-openssl-dev
        return
    fi
    if [[ $purpose == cross ]]; then
        local cpu emulates=""
        for cpu in aarch64 riscv64; do
            # The machine's own CPU needs no others' headers.
            [[ $cpu != "$(uname -m)" ]] || continue
            [[ -e /usr/$cpu-linux-gnu/include/math.h && -e /usr/$cpu-linux-gnu/lib/crt1.o ]] ||
                echo "libc6-dev-${cpu/aarch64/arm64}-cross"
            command -v "qemu-$cpu" >/dev/null || emulates=qemu-user
        done
        [[ -z $emulates ]] || echo "$emulates"
        return
    fi
    if ! command -v pkg-config >/dev/null; then
        # Without pkg-config nothing can be told; apt skips what is there already.
        printf '%s\n' pkg-config libopenblas-dev liblapacke-dev libpng-dev \
            libsqlite3-dev libssl-dev libxxhash-dev zlib1g-dev
        return
    fi
    pkg-config --exists openblas || echo libopenblas-dev
    # Debian gives LAPACKE a package of its own; elsewhere it comes inside OpenBLAS.
    if is_debian; then
        pkg-config --exists lapacke || echo liblapacke-dev
    fi
    pkg-config --exists libpng || echo libpng-dev
    pkg-config --exists "sqlite3 >= 3.37" || echo libsqlite3-dev
    pkg-config --exists "libcrypto >= 3" || echo libssl-dev
    pkg-config --exists libxxhash || echo libxxhash-dev
    pkg-config --exists zlib || echo zlib1g-dev
}

is_debian() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null
}

# Runs a command; its output is shown only if it fails.
quietly() {
    local output
    if ! output=$("$@" 2>&1 </dev/null); then
        printf '%s\n' "$output" >&2
        return 1
    fi
}

install_packages() {
    local -a become=()
    # A new machine's own updates may hold dpkg's lock for its first minutes.
    local -a apt_get=(env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120)
    local by_hand="apt-get update && apt-get install -y $*"
    if ((EUID != 0)); then
        by_hand="sudo apt-get update && sudo apt-get install -y $*"
        sudo -n true 2>/dev/null ||
            fail "these packages are missing: $*" "install them with:" "  $by_hand"
        become=(sudo -n)
    fi
    echo "setup: installing $*"
    quietly "${become[@]}" "${apt_get[@]}" update ||
        echo "setup: apt-get update failed; trying with the package lists that are there" >&2
    quietly "${become[@]}" "${apt_get[@]}" install -y --no-install-recommends "$@" ||
        fail "apt-get could not install: $*" "once that is mended, this is the command:" "  $by_hand"
}

readonly purpose=${1:-build}
case $purpose in
build) check_swift ;;
page | mpi | release | cross) ;;
*) fail "there is no purpose “$purpose”: expected page, mpi, release, cross, or nothing for the build" ;;
esac
mapfile -t missing < <(missing_packages)
if ((${#missing[@]} == 0)); then
    exit 0
fi
if ! is_debian; then
    [[ $purpose == build ]] || fail "please install what this needs (Debian: ${missing[*]})."
    fail "pkg-config does not find everything the build needs (the Debian names are: ${missing[*]})." \
        "Install OpenBLAS, libpng, OpenSSL, SQLite, xxHash and zlib, each with its C headers, and pkg-config;" \
        "then try again."
fi
install_packages "${missing[@]}"
mapfile -t missing < <(missing_packages)
if ((${#missing[@]} != 0)); then
    fail "still missing after the installation: ${missing[*]}"
fi
