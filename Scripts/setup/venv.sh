#!/usr/bin/env bash
# Makes .venv with the packages of Scripts/setup/requirements.txt, once; says nothing if it is there.
# `venv.sh page` makes .venv-page with those of requirements-page.txt, for the tests of the page;
# `venv.sh api` makes .venv-api with those of requirements-api.txt, for those of the HTTP APIs.
# `venv.sh flower` makes .venv-flower with those of requirements-flower.txt, for `make flower`.
# A machine's python3 may be anyone's, so the scripts get environments of the project's own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

case ${1-} in
"") readonly venv=.venv requirements=Scripts/setup/requirements.txt content=matplotlib ;;
page) readonly venv=.venv-page requirements=Scripts/setup/requirements-page.txt content=Playwright ;;
api) readonly venv=.venv-api requirements=Scripts/setup/requirements-api.txt content=schemathesis ;;
flower) readonly venv=.venv-flower requirements=Scripts/setup/requirements-flower.txt content=Flower ;;
*)
    echo "venv: there is no environment “$1”: expected page, api, flower, or nothing for that of the pictures" >&2
    exit 2
    ;;
esac
readonly stamp=$venv/requirements.installed

fail() {
    printf 'venv: %s\n' "$@" >&2
    exit 1
}

is_current() {
    [[ -x $venv/bin/python ]] && cmp -s "$requirements" "$stamp" &&
        "$venv/bin/python" -c '' 2>/dev/null # a Python that was upgraded away leaves a dangling link
}

has_venv_module() {
    command -v python3 >/dev/null && python3 -c 'import ensurepip, venv' 2>/dev/null
}

# Debian and Ubuntu keep the venv module in a package of its own.
install_venv_module() {
    local by_hand="apt-get install -y python3 python3-venv"
    command -v apt-get >/dev/null || fail "Python 3.10 or later with its venv module is needed"
    local -a become=()
    if ((EUID != 0)); then
        sudo -n true 2>/dev/null || fail "Python's venv module is missing: sudo $by_hand"
        become=(sudo -n)
    fi
    echo "venv: installing python3-venv"
    {
        "${become[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q || true
        "${become[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -q --no-install-recommends python3 python3-venv
    } </dev/null >"$output" 2>&1 || { cat "$output" >&2; fail "apt-get failed; by hand: $by_hand"; }
    has_venv_module || fail "Python's venv module is still missing after: $by_hand"
}

make_venv() {
    rm -rf "$venv"
    python3 -m venv "$venv" &&
        "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --retries 2 \
            --only-binary :all: -r "$requirements" || return
    if [[ $content == matplotlib ]]; then
        # The first import writes the font cache: here, not during someone's first picture.
        MPLCONFIGDIR="$PWD/$venv/matplotlib" "$venv/bin/python" -c 'import matplotlib.pyplot'
    fi
}

is_current && exit 0

# Two makes at once share one installation: the lock is on a file that is there anyway.
exec 9<"$requirements"
if command -v flock >/dev/null; then flock 9; fi
is_current && exit 0

output=$(mktemp)
trap 'rm -f "$output"; [[ -e $stamp ]] || rm -rf "$venv"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

has_venv_module || install_venv_module
python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "$(python3 --version) is too old: 3.10 or later is needed"
echo "venv: installing $content into $venv"
if ! make_venv >"$output" 2>&1; then
    cat "$output" >&2
    fail "$content could not be installed"
fi
cp "$requirements" "$stamp"
