# Reads an answer with its headers, for the last element of exposure/paths. LIKE: what a line of such a file looks like.

{
    sub(/\r$/, "")
}

!body && /^HTTP\// {
    status = $2 + 0
    type = ""
}

!body && tolower($0) ~ /^content-type: / {
    type = tolower($0)
}

!body && $0 == "" {
    # Headers of a redirect or of "100 Continue" may be followed by others.
    body = status >= 200
    next
}

body && $0 ~ LIKE {
    found = 1
}

END {
    put("exposure/paths/-/status", status + 0)
    yes("exposure/paths/-/served", found && (status == 200 || status == 206) && type !~ /html/)
}
