# shellcheck shell=sh
# Sourced by the lint scripts.

# The project's files below ROOT, one a line: what git tracks or would add; without git, everything but build/.
project_files() { # project_files ROOT
    git -c safe.directory='*' -C "$1" ls-files -co --exclude-standard 2>/dev/null | (
        cd "$1" && while IFS= read -r name; do [ ! -f "$name" ] || printf '%s\n' "$name"; done
    ) | grep . || (cd "$1" && find . \( -name .git -o -path ./build \) -prune -o -type f -print | sed 's|^\./||')
}

# Our C files below ROOT, sorted.
c_files() { # c_files ROOT
    (cd "$1" && find pkgsrc cmd -name '*.[ch]' 2>/dev/null | sort)
}
