#!/bin/sh
# The script of action.yml. The report and the annotations go to the log, a table to the summary of the job, and the
# findings to a SARIF file. An installed kportscan is used, else the program of the release that the action is of, else the
# action builds its own.
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=${here%/manifests/ci/github}

# The static program of a release, compared with the checksums that lie beside it.
fetch_release() { # fetch_release FOLDER
    version=${KPORTSCAN_ACTION_REF#v}
    case ${KPORTSCAN_ACTION_REF:-} in v[0-9]*.[0-9]*.[0-9]*) ;; *) return 1 ;; esac
    case $(uname -m) in x86_64) arch=amd64 ;; aarch64) arch=arm64 ;; *) return 1 ;; esac
    name=kportscan-$version-linux-$arch
    from=${GITHUB_SERVER_URL:-https://github.com}/$KPORTSCAN_ACTION_REPOSITORY/releases/download/$KPORTSCAN_ACTION_REF
    (
        cd "$1" || exit 1
        for file in SHA256SUMS "$name.tar.gz"; do
            curl -fsSL --retry 3 --max-time 60 -o "$file" "$from/$file" || exit 1
        done
        grep "  $name\.tar\.gz\$" SHA256SUMS | sha256sum -c --quiet - && tar -xzf "$name.tar.gz"
    ) >&2 && echo "$1/$name/bin/kportscan"
}

find_program() {
    command -v kportscan && return
    fetch_release "$work" && return
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root "$root/dev" setup build >&2 && "$root/dev" run --version >&2 || return
    echo "$root/build/release/cmd/kportscan/kportscan"
}

work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
program=$(find_program) || { echo "::error::kportscan could not be built" && exit 2; }

set -f # an argument is a word, not a pattern
set -- -o text -o "github=$work/annotations" -o "markdown=$work/summary"
[ -z "${KPORTSCAN_ACTION_SARIF:-}" ] || set -- "$@" -o "sarif=$KPORTSCAN_ACTION_SARIF"
# Not given, so that 'fail-on' of .kportscan.yaml holds: an option would go before it.
[ -z "${KPORTSCAN_ACTION_FAIL_ON:-}" ] || set -- "$@" --fail-on "$KPORTSCAN_ACTION_FAIL_ON"
# The runner obeys '##[command]' anywhere in a line, and the report shows lines of the files: it is told to obey nothing
# until a word comes that no file can know. Both streams, because it reads them one beside the other.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
code=0
# shellcheck disable=SC2086 # a list of words, behind the options because '--' may be one of them
"$program" "$@" ${KPORTSCAN_ACTION_ARGS:-} 2>&1 || code=$?
echo "::$token::"

# After wrong usage there is none of them.
[ ! -f "$work/annotations" ] || cat "$work/annotations"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || [ ! -f "$work/summary" ] || cat "$work/summary" >>"$GITHUB_STEP_SUMMARY"
[ -z "${GITHUB_OUTPUT:-}" ] || echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
