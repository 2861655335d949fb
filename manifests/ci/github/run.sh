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
# shellcheck disable=SC2086 # a list of words
set -- ${KPORTSCAN_ACTION_ARGS:-} --fail-on "${KPORTSCAN_ACTION_FAIL_ON:-error}" -o text -o "github=$work/annotations" \
    -o "markdown=$work/summary"
[ -z "${KPORTSCAN_ACTION_SARIF:-}" ] || set -- "$@" -o "sarif=$KPORTSCAN_ACTION_SARIF"
code=0
"$program" "$@" || code=$?

# After wrong usage there is none of them.
[ ! -f "$work/annotations" ] || cat "$work/annotations"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || [ ! -f "$work/summary" ] || cat "$work/summary" >>"$GITHUB_STEP_SUMMARY"
[ -z "${GITHUB_OUTPUT:-}" ] || echo "exit-code=$code" >>"$GITHUB_OUTPUT"
exit "$code"
