#!/bin/sh
# usage: make_completions.sh PRINT_COMPLETIONS
# Writes manifests/completions anew, from the program's table of options.
set -eu
print=$1
folder=$(CDPATH='' cd -- "$(dirname -- "$0")/../../manifests/completions" && pwd)
"$print" bash >"$folder/kportscan.bash"
"$print" zsh >"$folder/_kportscan"
"$print" fish >"$folder/kportscan.fish"
