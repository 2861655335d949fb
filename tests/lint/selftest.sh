#!/bin/sh
# usage: selftest.sh
# A lint script that cannot fail is worth nothing: each is given a small tree that is clean and must pass, then one fault
# at a time and must fail with words that name it.
set -eu
here=$(cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
checks=0

# The clean tree: two folders, one rule with a case, one rule that is not built.
fresh() {
    rm -rf "$work/tree"
    mkdir -p "$work/tree/pkgsrc/base" "$work/tree/pkgsrc/diag" "$work/tree/pkgsrc/rules" "$work/tree/cmd/kportscan" "$work/tree/tests/cases/one" \
        "$work/tree/manifests/examples"
    cd "$work/tree"
    cat >pkgsrc/base/a.h <<'C'
#ifndef KPS_BASE_A_H
#define KPS_BASE_A_H

int kps_a(void);

#endif
C
    cat >pkgsrc/base/a.c <<'C'
#include "base/a.h"

#include <stdlib.h>

/* strcpy() in a comment and "strcat(" in a literal are no calls */
int kps_a(void)
{
    const char *words = "strcat(a, b); /* \" atoi(";
    return words != NULL && kps_other->exit(1);
}
C
    cat >pkgsrc/diag/rules.c <<'C'
#include "base/a.h"

int kps_b(void)
{
    return KPS_RULE_SHOWN;
}
C
    printf '#ifndef KPS_DIAG_RULES_H\n#define KPS_DIAG_RULES_H\n#endif\n' >pkgsrc/diag/rules.h
    printf 'kps_library(base SOURCES a.c)\n' >pkgsrc/base/CMakeLists.txt
    printf 'kps_library(diag SOURCES rules.c USES base)\n' >pkgsrc/diag/CMakeLists.txt
    printf 'RULE(101, SHOWN, "shown", "a")\nRULE(102, ABSENT, "absent", "b")\n' >pkgsrc/diag/rules.def
    touch pkgsrc/rules/KP101.md pkgsrc/rules/KP102.md
    printf '{"rule": "KP101"}\n' >tests/cases/one/expected.json
}

judge() { # judge SCRIPT
    if [ -f "$here/$1.py" ]; then
        python3 "$here/$1.py" "$work/tree" >"$work/out" 2>&1
    else
        sh "$here/$1.sh" "$work/tree" >"$work/out" 2>&1
    fi
}

passes() { # passes SCRIPT WHY
    checks=$((checks + 1))
    judge "$1" && return
    echo "$1: fails although $2"
    cat "$work/out"
    bad=1
}

fails() { # fails SCRIPT WORDS WHY
    checks=$((checks + 1))
    if judge "$1"; then
        echo "$1: passes although $3"
        bad=1
    elif ! grep -q -e "$2" "$work/out"; then
        echo "$1: fails for another reason than that $3"
        cat "$work/out"
        bad=1
    fi
    fresh
}

fresh
for script in includes banned size paths rules structure language; do
    passes "$script" "the tree is clean"
done

echo '#include "diag/rules.h"' >>pkgsrc/base/a.c
fails includes 'base must not include diag/rules.h' "base includes diag"
echo '#include "a.h"' >>pkgsrc/base/a.c
fails includes 'write the folder' "a library includes without the folder"
echo '#  include <yaml.h>' >>pkgsrc/base/a.c
fails includes '<yaml.h> has no place' "base includes libyaml"
echo '#include <linux/sock_diag.h>' >>pkgsrc/diag/rules.c
fails includes '<linux/sock_diag.h> has no place' "diag includes a kernel header"
sed -i 's/KPS_BASE_A_H/BASE_A_H/' pkgsrc/base/a.h
fails includes 'include guard is not KPS_BASE_A_H' "the guard has another name"
mkdir pkgsrc/other && echo 'int x;' >pkgsrc/other/x.c
fails includes 'does not know other' "there is a folder outside the table"
printf 'kps_library(base\n  SOURCES a.c\n  USES diag)\n' >pkgsrc/base/CMakeLists.txt
fails includes 'base must not use diag' "the build links what the table forbids"

for call in 'TEMP_FAILURE_RETRY(read(0, a, 1))' 'strcpy(a, b)' 'return atoi(s)' 'x = (int)strtol(s, 0, 10)' 'free (p)' 'getenv("A")' 'exit(1)' \
    'printf("a")' 'fputs("a", stderr)'; do
    printf 'void f(void)\n{\n    %s;\n}\n' "$call" >>pkgsrc/diag/rules.c
    fails banned 'pkgsrc/diag/rules.c:9' "a library says $call"
done
echo '#include <ctype.h>' >>pkgsrc/base/a.c
fails banned 'ctype' "ctype.h is included"
printf 'int main(void)\n{\n    puts(getenv("A"));\n    exit(0);\n}\n' >cmd/kportscan/main.c
passes banned "a program may print, exit and ask for its environment"
fresh

awk 'BEGIN { print "static int long_one(void)\n{"; for (i = 0; i < 79; i++) print "    ;"; print "}" }' >>pkgsrc/base/a.c
fails size 'long_one: 82 lines' "a function has 82 lines"
awk 'BEGIN { for (i = 0; i < 1001; i++) print "/* */" }' >pkgsrc/base/long.c
fails size 'long.c: 1001 lines' "a file has 1001 lines"

printf 'see /%s/main\n' work >README.md
fails paths 'README.md:1' "a file names a path of one machine"
printf 'curl https://%s.org/x\n' pypi >README.md
fails paths 'README.md:1' "a file names the host of a package archive"
printf 'src/%s/main and network/%s/x\n' work farm >README.md
passes paths "these are relative paths"
fresh

echo 'int x = KPS_RULE_ABSENT;' >>pkgsrc/diag/rules.c
fails rules 'KP102 (ABSENT)' "the code reports a rule that no case shows"
rm pkgsrc/rules/KP102.md
fails rules 'there is no text, pkgsrc/rules/KP102.md' "a rule has no text"
touch pkgsrc/rules/KP103.md
fails rules 'KP103.md: there is no such rule' "there is a text without a rule"
printf 'RULE(301, LIVE, "live", "c")\n' >>pkgsrc/diag/rules.def
touch pkgsrc/rules/KP301.md
echo 'int x = KPS_RULE_LIVE;' >>pkgsrc/diag/rules.c
fails rules 'KP301 (LIVE)' "no test shows a rule of the machine"
printf 'RULE(301, LIVE, "live", "c")\n' >>pkgsrc/diag/rules.def
touch pkgsrc/rules/KP301.md
echo 'int x = KPS_RULE_LIVE;' >>pkgsrc/diag/rules.c
mkdir tests/e2e && echo 'RULE = "KP301"' >tests/e2e/live.py
passes rules "an end-to-end test shows the rule of the machine"
fresh

printf '#include "base/b.h"\n' >>pkgsrc/base/a.h
printf '#include "base/a.h"\n' >pkgsrc/base/b.h
fails structure 'a circle of includes: base/a, base/b' "two headers include each other"
for file in extends include loader; do
    mkdir -p pkgsrc/compose && printf '#include "compose/extends.h"\n#include "compose/include.h"\n#include "compose/loader.h"\n' >pkgsrc/compose/$file.h
done
passes structure "these three are allowed to"
fresh
echo 'int x;' >pkgsrc/base/lost.c
fails structure 'no lost.h, and no header of base names lost.c' "a file has no header"
printf '/* lost.c: x */\n' >>pkgsrc/base/a.h
echo 'int x;' >pkgsrc/base/lost.c
passes structure "a header of the folder names the file"
fresh
for file in base/a diag/rules; do
    printf 'struct kps_twice {\n    int x;\n};\n' >>pkgsrc/$file.c
done
fails structure 'kps_twice is also defined in' "a tag is defined twice"
printf 'int x = 1 ? (2 ? 3 : 4) : 5;\n' >>pkgsrc/base/a.c
fails structure 'a ?: inside a ?:' "a ?: stands inside another"
printf 'int x = 1 ? 2 : 3 ? 4 : 5;\n' >>pkgsrc/base/a.c
fails structure 'a ?: inside a ?:' "a ?: stands in the last branch of another"
printf 'int x[] = {1 ? 2 : 3, f(4 ? 5 : 6, 7 ? 8 : 9) + (1 ? 2 : 3)};\n/* what? ever? */\n' >>pkgsrc/base/a.c
passes structure "these ?: stand side by side"
fresh
printf 'static int move(int x)\n{\n    return x;\n}\n' >>pkgsrc/base/a.c
fails structure "static function 'move'" "a static function is one word"
printf 'int kps_other_thing(void);\n' >>pkgsrc/base/a.h
fails structure 'kps_other_thing is named neither after base nor a' "a public function has a foreign name"
printf '/* see base/gone.c */\n' >>pkgsrc/base/a.c
fails structure 'names base/gone.c, which does not exist' "a comment names a file that is gone"
printf '/* see kps_gone() */\n' >>pkgsrc/base/a.c
fails structure 'names kps_gone, which does not exist' "a comment names a function that is gone"
awk 'BEGIN { printf "/* "; for (i = 0; i < 95; i++) printf "x"; print " */" }' >>pkgsrc/base/a.c
fails structure '101 columns' "a line has 101 columns"

echo '/* Whether it is the one that they want, or that of the others. */' >>pkgsrc/base/a.c
fails language 'opens with a pronoun' "a comment opens with Whether"
echo '/* It is the one that they want, or that of those who have nothing. */' >>pkgsrc/base/a.c
fails language 'pronouns of 100 words' "comments are full of pronouns"

if command -v musl-gcc >/dev/null; then
    rm pkgsrc/base/a.c pkgsrc/diag/rules.c
    printf '#include <sched.h>\n\nint unshare_all(void);\n' >pkgsrc/base/b.c
    passes musl "the code is plain"
    printf '#include <argp.h>\n' >>pkgsrc/base/b.c
    fails musl 'argp.h' "a header is included that glibc alone has"
fi

[ "$bad" -ne 0 ] || echo "selftest: $checks checks, each lint script passes and fails where it must"
exit "$bad"
