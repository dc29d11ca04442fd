# Reads what `openssl x509 -dates -issuer -subject -text` prints, for the last element of tls/files.

/^notBefore=/ {
    put("tls/files/-/not_before", date(substr($0, 11)))
}

/^notAfter=/ {
    put("tls/files/-/not_after", date(substr($0, 10)))
}

/^issuer=/ {
    say("tls/files/-/issuer", trim(substr($0, 8)))
}

/^subject=/ {
    subject = trim(substr($0, 9))
}

/DNS:/ {
    out("L\ttls/files/-/names")
    count = split(trim($0), name, /,[ ]*/)
    for (i = 1; i <= count; i++) if (sub(/^(DNS|IP Address):/, "", name[i])) append("tls/files/-/names", name[i])
    found = 1
}

END {
    if (!found) {
        out("L\ttls/files/-/names")
        if (match(subject, /CN ?= ?[^,\/]+/)) {
            subject = substr(subject, RSTART, RLENGTH)
            sub(/^CN ?= ?/, "", subject)
            append("tls/files/-/names", subject)
        }
    }
}

# "Nov 25 23:25:54 2025 GMT"
function date(text,    part, clock) {
    split(text, part, " ")
    split(part[3], clock, ":")
    return epoch(part[4], month_number(part[1]), part[2], clock[1], clock[2], clock[3])
}
