#!/usr/bin/env bash
# Checks the C loops (Sources/CKernels) by Tests/CKernelsTests at each level that a CPU has, on this machine
# and on the CPUs named: kernels.sh [aarch64] [riscv64]. Those are emulated by qemu-user, which shows whether
# loops are right, and nothing of how fast they are. It knows no AVX-512: where the machine has none either,
# vectors of 16 lanes are checked by other instructions. The baseline must give the same bits everywhere, and
# NEON those of AVX2.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
own=$(uname -m)
[[ $own != arm64 ]] || own=aarch64
clang=$(command -v clang || echo "$(dirname "$(readlink -f "$(command -v swiftc)")")/clang")

# compile CPU: the loops and their checks → $work/CPU/checks. What is for another CPU takes its headers and C
# library alone, by paths: then no other part of a cross compiler is needed.
compile() {
    local cpu=$1 folder="$work/$1" library="/usr/$1-linux-gnu"
    local -a options=(-std=gnu17 -O2 -Wall -Wextra -Werror) link=(-lm)
    if [[ $cpu != "$own" ]]; then
        # No sysroot, so that no header of this machine's own CPU is found.
        options+=("--target=$cpu-linux-gnu" --sysroot=/none -isystem "$library/include")
        link=("--target=$cpu-linux-gnu" --sysroot=/none -nostdlib -no-pie -fuse-ld=lld
            "$library/lib/crt1.o" "$library/lib/crti.o" "-L$library/lib" -lm -lc "$library/lib/crtn.o")
    fi
    # RISC-V's baseline has no vectors, which loops are to be unrolled for: without them less is made of them.
    [[ $cpu != riscv64 ]] || options+=(-O1 -Wno-pass-failed)
    mkdir "$folder"
    # The largest first, which take longest.
    find Sources/CKernels Tests/CKernelsTests -name '*.c' -printf '%f %p\n' |
        sed 's/^kernels_\|^wide/0&/' | sort | cut -d' ' -f2 |
        xargs -P "$(nproc)" -I '{}' bash -c '
            file=$1 folder=$2; shift 2
            exec "$@" -c -o "$folder/$(basename "$file" .c)-$(dirname "$file" | tr / -).o" "$file"' \
            _ '{}' "$folder" "$clang" "${options[@]}" || return
    "$clang" "$folder"/*.o "${link[@]}" -o "$folder/checks"
}

# emulated CPU COMMAND…: the command by that CPU.
emulated() {
    local cpu=$1
    shift
    if [[ $cpu == "$own" ]]; then
        "$@"
    else
        "qemu-$cpu" -L "/usr/$cpu-linux-gnu" "$@"
    fi
}

# held CPU NAME LEVEL: FEDERATED_SIMD=NAME means that level.
held() {
    local level
    level=$(FEDERATED_SIMD=$2 emulated "$1" "$work/$1/checks" level)
    if [[ $level != "$3" ]]; then
        echo "FEDERATED_SIMD=$2 on $1 is the level “$level”: expected $3" >&2
        return 1
    fi
}

check() {
    local cpu=$1
    compile "$cpu"
    echo "$cpu:"
    (unset FEDERATED_SIMD && emulated "$cpu" "$work/$cpu/checks") >"$work/$cpu.txt" || {
        sed 's/^/  /' "$work/$cpu.txt"
        return 1
    }
    sort "$work/$cpu.txt" | sed 's/^/  /'
    held "$cpu" baseline baseline
    [[ $cpu != aarch64 ]] || held aarch64 neon NEON
}

# bits CPU LEVEL: what its results hash to; nothing where it is not there.
bits() {
    sed -n "s/^$2: .*, bits //p" "$work/$1.txt"
}

# same_bits CPU LEVEL CPU LEVEL
same_bits() {
    local one other
    one=$(bits "$1" "$2")
    other=$(bits "$3" "$4")
    [[ -n $one && -n $other ]] || return 0
    if [[ $one != "$other" ]]; then
        echo "$2 on $1 gives other bits than $4 on $3" >&2
        return 1
    fi
    echo "$2 on $1 gives the bits of $4 on $3"
}

for cpu; do
    case $cpu in
    aarch64 | riscv64) ;;
    *)
        echo "kernels.sh: there is no CPU “$cpu”: expected aarch64 or riscv64" >&2
        exit 64
        ;;
    esac
done
(($# == 0)) || Scripts/setup/setup.sh cross
check "$own"
for cpu; do
    [[ $cpu != "$own" ]] || continue
    check "$cpu"
    same_bits "$cpu" baseline "$own" baseline
    same_bits "$cpu" NEON "$own" AVX2
done
