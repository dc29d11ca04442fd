# Reads digests (a line each), GS, and the document, and puts the first six digits of digest N in the place \001N\002.
# "-" stands for no digest. The kinds are in the places' values, which stay in the shell; so each digest line has its kind.

BEGIN {
    RS = "\n"
}

!document && /^\035/ {
    document = 1
    next
}

!document {
    split($0, part, " ")
    sub(/^SHA.*= /, "", $0)
    name[++count] = "<" part[1] (part[2] == "-" ? "" : ":" substr(part[2], 1, 6)) ">"
    next
}

{
    text = $0
    while (match(text, /\001[0-9]+\002/)) {
        printf "%s%s", substr(text, 1, RSTART - 1), name[substr(text, RSTART + 1, RLENGTH - 2) + 0]
        text = substr(text, RSTART + RLENGTH)
    }
    print text
}
