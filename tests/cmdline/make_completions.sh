#!/bin/sh
# usage: make_completions.sh KPORTSCAN
# Writes manifests/completions anew, from the table of options of the program.
set -eu
program=$1
folder=$(CDPATH='' cd -- "$(dirname -- "$0")/../../manifests/completions" && pwd)
"$program" --completions bash >"$folder/kportscan.bash"
"$program" --completions zsh >"$folder/_kportscan"
"$program" --completions fish >"$folder/kportscan.fish"
