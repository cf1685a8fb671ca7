#!/usr/bin/env bash
# Makes .venv with the packages of Scripts/setup/requirements.txt, once; says nothing if it is there.
# `venv.sh page` makes .venv-page with those of requirements-page.txt, for the tests of the page;
# `venv.sh api` makes .venv-api with those of requirements-api.txt, for those of the HTTP APIs.
# `venv.sh python` makes .venv-python with those of requirements-python.txt, for the tests of the Python module.
# `venv.sh wheel` makes .venv-wheel with those of requirements-wheel.txt, for the wheel of `make release`.
# `venv.sh flower` makes .venv-flower with those of requirements-flower.txt, for `make flower`.
# `venv.sh simulators` and `venv.sh blazefl` make those of `make peers ARGS=--simulators`; BlazeFL's is of
# Python 3.14, preferably of a build without the global lock (python3.14t).
# A machine's python3 may be anyone's, so the scripts get environments of the project's own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

python=python3 oldest="3, 10"
case ${1-} in
"") readonly venv=.venv requirements=Scripts/setup/requirements.txt content=matplotlib ;;
page) readonly venv=.venv-page requirements=Scripts/setup/requirements-page.txt content=Playwright ;;
api) readonly venv=.venv-api requirements=Scripts/setup/requirements-api.txt content=schemathesis ;;
python) readonly venv=.venv-python requirements=Scripts/setup/requirements-python.txt content=pandas ;;
wheel) readonly venv=.venv-wheel requirements=Scripts/setup/requirements-wheel.txt content=auditwheel ;;
flower) readonly venv=.venv-flower requirements=Scripts/setup/requirements-flower.txt content=Flower ;;
simulators)
    readonly venv=.venv-simulators requirements=Scripts/setup/requirements-simulators.txt
    readonly content="Flower and pfl-research"
    ;;
blazefl)
    readonly venv=.venv-blazefl requirements=Scripts/setup/requirements-blazefl.txt content=BlazeFL
    oldest="3, 14"
    for python in python3.14t python3.14 python3; do
        if command -v "$python" >/dev/null; then break; fi
    done
    ;;
*)
    echo "venv: there is no environment “$1”: expected page, api, python, wheel, flower, simulators, blazefl, or nothing for" \
        "that of the pictures" >&2
    exit 2
    ;;
esac
readonly python oldest
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
    command -v "$python" >/dev/null && "$python" -c 'import ensurepip, venv' 2>/dev/null
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
    # Only what is imported is compiled, when it is.
    "$python" -m venv "$venv" &&
        "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --retries 2 --no-compile \
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

[[ $python == python3 ]] || has_venv_module ||
    fail "$content needs the venv module of $("$python" --version), which is missing"
has_venv_module || install_venv_module
"$python" -c "import sys; sys.exit(sys.version_info < ($oldest))" ||
    fail "$("$python" --version) is too old for $content: ${oldest/, /.} or later is needed"
echo "venv: installing $content into $venv"
if ! make_venv >"$output" 2>&1; then
    cat "$output" >&2
    fail "$content could not be installed"
fi
cp "$requirements" "$stamp"
