# Reads logs as logs.sh prints them, and finds records: a header line and what follows it up to the next. A record that is
# an error, or has a line with a literal, is a hit; records of one shape are one hit. Also the lines of the newest import.
# ENVIRON: names (of the virtual host), literals, mark (as in logs.sh). -v SINCE: records before are left out; APP, HOST: seconds
# east of UTC of the application's clock and of the host's.

BEGIN {
    MOST = 200
    MARK = ENVIRON["mark"]
    host_count = split(ENVIRON["names"], host_names, /[ \n]+/)
}

/^\035$/ {
    reading = 1
    logs = 0
    next
}

# What grep found: "LINE:MARK" for the beginning of each log, "LINE:LITERAL" for the others.
!reading {
    at = index($0, ":")
    if (substr($0, at + 1) == MARK) {
        logs++
        base = $0 + 0
    } else if (++many[logs] <= 200000) wanted[logs, $0 - base] = 1
    next
}

substr($0, 1, length(MARK)) == MARK {
    record_end()
    split($0, part, "\t")
    name = part[6]
    split(part[5], number, " ")
    out("O\tlogs/files")
    say("logs/files/-/name", name)
    put("logs/files/-/bytes", number[1])
    put("logs/files/-/mtime", number[2])
    put("logs/files/-/inode", number[3])
    out("N\tlogs/files/-/readable\t" part[2])
    if (part[2] == "true") {
        put("logs/files/-/from", part[3])
        put("logs/files/-/to", number[1])
    }
    cut = part[3] > 0 && part[4] == ""
    fresh = 1
    logs++
    row = 0
    header = ""
    web = name ~ /^\// ? (name ~ /fpm/ ? 2 : 1) : 0
    next
}

{
    row++
}

# Where only the end is read, it may begin in the middle of a line.
fresh {
    fresh = 0
    if (cut && !/^\[[0-9][0-9][0-9][0-9]-/) next
}

/^\[[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T]/ && !web {
    record_end()
    header = $0
    is_mail = 0
    # V4 writes a trace as a record of its own. What our own questions left behind is no error.
    if (!/\.ERROR: \[stacktrace\] |"user_agent":"Ninjalift probe"/) {
        if ((logs, row) in wanted) literal = 1
        # The level is looked for only in the beginning: the text may hold the like.
        if (/\.(ERROR|CRITICAL|ALERT|EMERGENCY): /) error = substr(header, 1, 100) ~ /\] [A-Za-z0-9_-]+\.(ERROR|CRITICAL|ALERT|EMERGENCY): /
    }
    if (importing || /Importing account/) if (!/\.DEBUG: /) import_line()
    if (/\.DEBUG: (From|To|Subject|MIME-Version|Date|Message-ID|Received|Reply-To|Return-Path): /) is_mail = 1
    next
}

web == 1 && /^[0-9][0-9][0-9][0-9]\/[0-9][0-9]\/[0-9][0-9] [0-9:]+ \[|^\[[A-Z][a-z][a-z] [A-Z][a-z][a-z] +[0-9]+ / {
    record_end()
    header = $0
    if ((logs, row) in wanted) literal = 1
    error = / \[(error|crit|alert|emerg)\] |^\[[^]]*\] \[[a-z0-9_]*:?(error|crit|alert|emerg)\] /
    # A log of all sites: another site's errors are not ours. What a rule forbids is none.
    if (error && (/ access forbidden by rule, /|| !ours())) error = 0
    if (literal && !ours()) literal = 0
    next
}

web == 2 && /^\[[0-9][0-9]-[A-Z][a-z][a-z]-[0-9][0-9][0-9][0-9] [0-9:.]+\] / {
    record_end()
    header = $0
    if ((logs, row) in wanted) literal = 1
    error = /\] (ERROR|ALERT): /
    next
}

is_mail {
    mail_line($0)
    next
}

(logs, row) in wanted {
    if (header == "") {
        # The record began before what is read.
        header = "[] : "
    }
    literal = 1
    if (length(found) < 1500) found = found "\036" substr($0, 1, 600)
    keep_line()
    next
}

error {
    keep_line()
}

!error && header != "" && body_lines < 12 {
    keep_line()
}

END {
    record_end()
    finish()
}

function keep_line() {
    if ($0 ~ /[^ \t\r]/ && ++body_lines <= 12 && length(body) < 1700) body = body "\036" substr($0, 1, 600)
}

# A line of a mail that was logged: only those with a literal are kept. Long lines are broken by "=" (quoted-printable), in
# the middle of a literal too.
function mail_line(line,    i, count, part) {
    sub(/\r$/, "", line)
    if ((logs, row) in wanted) mail_wanted = 1
    if (line ~ /=$/ && length(mail) < 4000) {
        mail = mail substr(line, 1, length(line) - 1)
        mail_rows++
        return
    }
    mail = mail line
    if (!mail_wanted && mail_rows && mail != "" && ENVIRON["literals"] != "") {
        if (literal_regex == "") {
            count = split(ENVIRON["literals"], part, "\n")
            for (i = 1; i <= count; i++) {
                gsub(/[][\\.*+?(){}|^$\/]/, "\\\\&", part[i])
                literal_regex = literal_regex (i > 1 ? "|" : "") part[i]
            }
        }
        mail_wanted = mail ~ literal_regex
    }
    if (mail_wanted) {
        literal = 1
        if (length(found) < 1500) found = found "\036" substr(decoded(mail), 1, 600)
    }
    mail = ""
    mail_rows = mail_wanted = 0
}

# Quoted-printable: =C3=BC is a byte each.
function decoded(text,    result, code) {
    while (match(text, /=[0-9A-F][0-9A-F]/)) {
        code = 16 * (index("0123456789ABCDEF", substr(text, RSTART + 1, 1)) - 1) + index("0123456789ABCDEF", substr(text, RSTART + 2, 1)) - 1
        result = result substr(text, 1, RSTART - 1) (code > 31 ? sprintf("%c", code) : " ")
        text = substr(text, RSTART + 3)
    }
    return result text
}

function ours(    i, at, server) {
    at = match(header, /, server: [^,]*,/)
    if (!at) return 1
    server = substr(header, RSTART + 10, RLENGTH - 11)
    for (i = 1; i <= host_count; i++) if (host_names[i] == server) return 1
    return 0
}

# The record's time as "2026-11-23 17:40:42", and in `moment` as seconds since 1970.
function time_of(line,    text, part, zone) {
    moment = 0
    if (line ~ /^\[[0-9][0-9][0-9][0-9]-/) {
        text = substr(line, 2, 10) " " substr(line, 13, 8)
        split(text, part, /[- :]/)
        moment = epoch(part[1], part[2], part[3], part[4], part[5], part[6])
        if (match(substr(line, 2, 40), /[+-][0-9][0-9]:[0-9][0-9]\]/)) {
            zone = substr(line, RSTART + 1, 6)
            moment -= (substr(zone, 1, 1) == "-" ? -1 : 1) * (substr(zone, 2, 2) * 3600 + substr(zone, 5, 2) * 60)
        } else moment -= APP
        return text
    }
    if (line ~ /^[0-9][0-9][0-9][0-9]\//) {
        text = substr(line, 1, 19)
        gsub(/\//, "-", text)
    } else if (line ~ /^\[[0-9][0-9]-/) {
        text = substr(line, 9, 4) "-" sprintf("%02d", month_number(substr(line, 5, 3))) "-" substr(line, 2, 2) " " substr(line, 14, 8)
    } else if (line ~ /^\[[A-Z]/) {
        split(substr(line, 2), part, /[ \].]+/)
        text = sprintf("%s-%02d-%02d %s", match(line, / [0-9][0-9][0-9][0-9]\]/) ? substr(line, RSTART + 1, 4) : "", month_number(part[2]), part[3], part[4])
    } else return ""
    split(text, part, /[- :]/)
    moment = epoch(part[1], part[2], part[3], part[4], part[5], part[6]) - HOST
    return text
}

function record_end(    time, text, at, env, level, shape) {
    if (mail != "") mail_line("")
    if (header != "" && (error || literal)) {
        time = time_of(header)
        if (SINCE == "" || moment == 0 || moment >= SINCE) {
            env = level = ""
            text = header
            if (match(header, /^\[[^]]*\] [A-Za-z0-9_-]+\.[A-Z]+: /) && !web) {
                at = index(header, "] ")
                env = substr(header, at + 2, index(header, ": ") - at - 2)
                if (match(header, /^\[[^]]*\] [A-Za-z0-9_-]+\.[A-Z]+: /)) {
                    env = substr(header, at + 2, RLENGTH - at - 3)
                    text = substr(header, RLENGTH + 1)
                }
                level = env
                sub(/^.*\./, "", level)
                sub(/\.[A-Z]+$/, "", env)
            } else if (web == 1) {
                level = toupper(match(header, /(error|crit|alert|emerg|warn|notice)\]/) ? substr(header, RSTART, RLENGTH - 1) : "")
                sub(/^[0-9\/]+ [0-9:]+ /, "", text)
                sub(/^\[[A-Z][a-z][a-z] [^]]*\] /, "", text)
            } else if (web == 2) {
                sub(/^\[[^]]*\] /, "", text)
                level = text
                sub(/:.*$/, "", level)
            }
            if (is_mail) text = substr(found, 2)
            else text = substr(text, 1, 1500) body
            if (found != "" && !is_mail && !index(body, substr(found, 1, 200))) text = text found
            text = substr(text, 1, 2000)
            sub(/[ \t\r\036]+$/, "", text)
            hit(name, env, level, time, text)
        }
    }
    header = body = found = ""
    body_lines = error = literal = is_mail = 0
}

function shape_of(text) {
    text = substr(text, 1, 400)
    sub(/\036.*$/, "", text)
    gsub(/"[^"]*"|'[^']*'/, "?", text)
    gsub(/[^ <>(]+@[^ <>)]+/, "?", text)
    gsub(/[0-9a-fA-F]*[0-9][0-9a-fA-F]*/, "#", text)
    gsub(/[A-Za-z0-9_-]*#[A-Za-z0-9#_-]*/, "#", text)
    return substr(text, 1, 160)
}

function hit(file, env, level, time, text,    shape, i, oldest) {
    shape = file "\034" env "\034" level "\034" shape_of(text)
    if (shape in times) {
        times[shape]++
        last[shape] = time
        newest[shape] = text
        order[shape] = ++serial
        return
    }
    if (shapes >= MOST) {
        for (i in times) if (oldest == "" || order[i] < order[oldest]) oldest = i
        delete times[oldest]
        delete first[oldest]
        delete last[oldest]
        delete newest[oldest]
        delete order[oldest]
        shapes--
        hits_cut++
    }
    shapes++
    times[shape] = 1
    first[shape] = last[shape] = time
    newest[shape] = text
    order[shape] = ++serial
}

# Lines of the newest import: what was logged in that file from "Importing account" to "Completed".
function import_line(    head, text, time, each) {
    if (!match($0, /^\[[^]]*\] [A-Za-z0-9_-]+\.[A-Z]+: /)) return
    head = substr($0, 1, RLENGTH)
    text = trim(substr($0, RLENGTH + 1))
    sub(/ \[\] \[\]$/, "", text)
    if (text == "Importing account") {
        time = time_of($0)
        if (import_begin != "" && time < import_begin) return
        importing = 1
        kept = 0
        for (each in import_seen) delete import_seen[each]
        import_file = name
        import_begin = time
    }
    if (!importing || import_file != name || text in import_seen || kept >= MOST) return
    import_seen[text] = 1
    import_head[++kept] = head
    import_at[kept] = time_of($0)
    import_text[kept] = substr(text, 1, 500)
    if (text ~ /^Completed/) importing = 0
}

function finish(    shape, i, count, sorted, part, head) {
    for (shape in times) {
        for (i = ++count; i > 1 && later(sorted[i - 1], shape); i--) sorted[i] = sorted[i - 1]
        sorted[i] = shape
    }
    for (i = 1; i <= count; i++) {
        shape = sorted[i]
        split(shape, part, "\034")
        out("O\tlogs/hits")
        say("logs/hits/-/file", part[1])
        say("logs/hits/-/env", part[2])
        say("logs/hits/-/level", part[3])
        put("logs/hits/-/count", times[shape])
        say("logs/hits/-/first", first[shape])
        say("logs/hits/-/last", last[shape])
        out("ST\tlogs/hits/-/text\t" newest[shape])
    }
    put("logs/hits_cut", hits_cut + 0)
    for (i = 1; i <= kept; i++) {
        head = import_head[i]
        sub(/^\[[^]]*\] /, "", head)
        split(head, part, /[.:]/)
        out("O\tlogs/import")
        say("logs/import/-/at", import_at[i])
        say("logs/import/-/env", part[1])
        say("logs/import/-/level", part[2])
        out("ST\tlogs/import/-/text\t" import_text[i])
    }
}

# By time, then by order in the logs.
function later(one, other) {
    if (last[one] != last[other]) return last[one] > last[other]
    return order[one] > order[other]
}
