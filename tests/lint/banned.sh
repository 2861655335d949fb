#!/bin/sh
# usage: banned.sh [ROOT]
# Functions that have no place here: those that cannot bound what they write or read, that depend on hidden state, or
# that end or print from a library. Comments and literals are not looked at.
set -eu
root=${1:-$(cd -- "$(dirname -- "$0")/../.." && pwd)}
here=$(cd -- "$(dirname -- "$0")" && pwd)
# shellcheck source=tests/lint/files.sh
. "$here/files.sh"

found=$(
    cd "$root" && c_files . | xargs awk '
    function ban(list, places,    words, n, i) {
        n = split(list, words, " ")
        for (i = 1; i <= n; i++) allowed[words[i]] = places
    }
    BEGIN {
        # nowhere
        ban("strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets strtok strtok_r alloca", "-")
        ban("atoi atol atoll atof strtol strtoul strtoll strtoull scanf sscanf fscanf", "-")
        ban("TEMP_FAILURE_RETRY", "-") # glibc only; KPS_RETRY
        ban("assert setjmp longjmp signal system popen localtime gmtime setlocale rand", "-")
        # the heap belongs to base, which bounds it and ends the program when it is exhausted
        ban("malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf", "^pkgsrc/base/")
        # only a program knows its environment and when to end; running out of memory is the one exception
        ban("getenv secure_getenv", "^cmd/")
        ban("exit _exit abort", "^cmd/|^pkgsrc/base/(arena|child)[.]c$")
        # a library never prints: reports write to the FILE they are given
        ban("printf vprintf puts putchar perror", "^cmd/")
    }
    function code(file, line, text,    rest, name) {
        if (text ~ /^[ \t]*#[ \t]*include/) {
            if (text ~ /<(ctype|assert|setjmp|alloca|strings)[.]h>/) print file ":" line ":" text " is not used here"
            return
        }
        if (text ~ /(^|[^A-Za-z0-9_])(stdout|stderr)([^A-Za-z0-9_]|$)/ && file !~ /^cmd\/|^pkgsrc\/base\/arena[.]c$/)
            print file ":" line ": a library does not print; take a FILE *"
        rest = text
        while (match(rest, /[A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
            name = substr(rest, RSTART, RLENGTH)
            sub(/[ \t]*\($/, "", name)
            # a member (fs->read) is no function of the C library
            before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : " "
            if (name in allowed && before != "." && before != ">" && (allowed[name] == "-" || file !~ allowed[name]))
                print file ":" line ": " name " is banned here"
            rest = substr(rest, RSTART + RLENGTH)
        }
    }
    '"$(cat "$here/code.awk")" | sed 's|^\./||'
)
if [ -n "$found" ]; then
    echo "$found"
    exit 1
fi
echo "banned: nothing found"
