#!/bin/sh
# What action.yml runs. The report and the annotations go to the log, a table to the summary of the job, and the findings
# to a SARIF file. An installed kportscan is used; else the action builds its own.
set -u
here=$(cd -- "$(dirname -- "$0")" && pwd)
root=${here%/manifests/ci/github}

find_program() {
    command -v kportscan && return
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    $as_root "$root/dev" setup build >&2 && "$root/dev" run --version >&2 || return
    echo "$root/build/release/cmd/kportscan/kportscan"
}

program=$(find_program) || { echo "::error::kportscan could not be built" && exit 2; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT

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
