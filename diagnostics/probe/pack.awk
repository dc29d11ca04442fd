# Passes the lines of the PHP half on: long ones in pieces (+, then =), so that each is one write to the pipe. What is no line
# of the protocol are PHP's last words; where its D line did not come, they say why fields are missing. Its exit status is 3
# where nothing came about the site's PHP. ENVIRON["php_cli"].

/^STATUS\t/ {
    status = $2 + 0
    next
}

/^D\tphp$/ {
    done = 1
    next
}

/^(J|P|JT|PT|M|C|L|S|N|ST|A|O|Q)\t/ {
    split($0, part, "\t")
    came[part[2]] = 1
    line = $0
    while (length(line) > 3900) {
        out("+\tphp\t" substr(line, 1, 3900))
        line = substr(line, 3901)
    }
    if (line == $0) out(line)
    else out("=\tphp\t" line)
    next
}

/[^ \t]/ {
    words[++count] = substr($0, 1, 300)
}

END {
    if (!done) last_words()
    exit came_below("php/web/version") ? 0 : 3
}

function last_words(    i, said, reason, many, path) {
    for (i = count > 4 ? count - 4 : 1; i <= count; i++) said = said (said == "" ? "" : "\036") words[i]
    if (status == 124 || status == 143) reason = "PHP did not end in time"
    else if (status == 137) reason = "PHP was killed"
    else if (status > 128) reason = "PHP died of signal " (status - 128)
    else reason = "PHP ended with status " status
    if (said != "") reason = reason ": " said
    if (!came_below("php/cli")) {
        say("php/cli/path", ENVIRON["php_cli"])
        out("N\tphp/cli/starts\tfalse")
        out("ST\tphp/cli/error\t" reason)
    }
    gsub(/\036/, " ", reason)
    many = split("config http tls/sites tls/php_bundle exposure database mail migration/cache queue/retry_after queue/redis time/database_offset_seconds", path, " ")
    for (i = 1; i <= many; i++) if (!came_below(path[i])) out("M\t" path[i] "\t" reason)
}

function came_below(path,    each) {
    for (each in came) if (each == path || index(each, path "/") == 1) return 1
    return 0
}
