# Blanks comments, string literals and character literals of C files, keeping lines as they are, and hands each line of
# code to code(file, line, text), which the script that uses this defines.
FNR == 1 { in_comment = 0 }
{
    text = ""
    i = 1
    n = length($0)
    while (i <= n) {
        two = substr($0, i, 2)
        c = substr($0, i, 1)
        if (in_comment) {
            if (two == "*/") { in_comment = 0; i += 2 } else i++
        } else if (two == "/*") {
            in_comment = 1
            i += 2
        } else if (two == "//") {
            break
        } else if (c == "\"" || c == "'") {
            text = text c
            for (i++; i <= n && substr($0, i, 1) != c; i++)
                if (substr($0, i, 1) == "\\") i++
            text = text c
            i++
        } else {
            text = text c
            i++
        }
    }
    code(FILENAME, FNR, text)
}
