#!/usr/bin/env bash
# Runs `federated` on two ranks that share no more than a cable: each in a network namespace and with a
# host name of its own, joined by a veth pair, messages over TCP. Compares its model with one process's.
# Needs root, `ip` and the program of `make build`; leaves nothing behind.
# usage: Scripts/check/mpi_netns.sh [OPTION OF federated run …]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly program=$here/.build/release/federated one=federated-one two=federated-two
[[ -x $program ]] || { echo "mpi_netns: there is no $program: make build makes it" >&2; exit 2; }
((EUID == 0)) || { echo "mpi_netns: namespaces are made by root" >&2; exit 2; }

work=$(mktemp -d)
cleanup() {
    ip netns del $one 2>/dev/null || true
    ip netns del $two 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

ip netns add $one
ip netns add $two
ip link add federated-1 netns $one type veth peer name federated-2 netns $two
ip -n $one addr add 10.77.0.1/24 dev federated-1
ip -n $two addr add 10.77.0.2/24 dev federated-2
for pair in "$one federated-1" "$two federated-2"; do
    read -r space device <<<"$pair"
    ip -n "$space" link set lo up
    ip -n "$space" link set "$device" up
done
printf '10.77.0.1 slots=1\n10.77.0.2 slots=1\n' >"$work/hosts"

# What mpirun takes for ssh: a command in the other namespace, under another host name.
cat >"$work/agent" <<EOF
#!/usr/bin/env bash
shift
exec ip netns exec $two unshare --uts bash -c "hostname $two; \$*"
EOF
chmod +x "$work/agent"

export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
options=(--rounds 2 --epochs 1 --dataset digits --no-client-evaluation "$@")
ip netns exec $one unshare --uts bash -c "hostname $one; exec \"\$@\"" mpirun \
    mpirun -n 2 --hostfile "$work/hosts" --map-by node --mca plm_rsh_agent "$work/agent" \
    --mca btl tcp,self --mca btl_tcp_if_include 10.77.0.0/24 \
    --mca oob_tcp_if_include 10.77.0.0/24 ${OPENBLAS_CORETYPE+-x OPENBLAS_CORETYPE} \
    "$program" run "${options[@]}" --log-dir "$work/two"
"$program" run "${options[@]}" --log-dir "$work/one" --quiet
cmp "$work"/one/*.safetensors "$work"/two/*.safetensors
echo "Two ranks over a cable and one process: the same model, bit by bit."
