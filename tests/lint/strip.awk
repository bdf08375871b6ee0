# Blanks out comments and the inside of string and character literals of C, line by line, so that what
# is searched for is code. Prints FILE:LINE:code. #include lines stay whole.
FNR == 1 { in_comment = 0 }
!in_comment && /^[ \t]*#[ \t]*include/ { print FILENAME ":" FNR ":" $0; next }
{
    out = ""; quote = ""
    n = length($0)
    for (i = 1; i <= n; i++) {
        c = substr($0, i, 1); pair = substr($0, i, 2)
        if (in_comment) {
            if (pair == "*/") { in_comment = 0; i++ }
        } else if (quote != "") {
            if (c == "\\") i++
            else if (c == quote) { quote = ""; out = out c }
        } else if (pair == "/*") { in_comment = 1; i++; out = out " " }
        else if (pair == "//") break
        else if (c == "\"" || c == "'") { quote = c; out = out c }
        else out = out c
    }
    print FILENAME ":" FNR ":" out
}
