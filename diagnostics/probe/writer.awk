# Reads what the parts found, a line each, and writes the one JSON document. Fields of a line are separated by a tab:
#
#   S path text      a string; in it, the byte \036 stands for a newline
#   N path literal   a number, true, false or null
#   A path text      append a string to a list
#   L path           an empty list, if nothing is in it yet
#   O path           append an object to a list; "-" in a path means the last element: S cron/entries/-/source text
#   J path json      a JSON value in one line; P: append one to a list
#   F path json      a value to fall back to: it counts only where no part gave another
#   ST AT JT PT      the same, and it is free text: quoted values and SQL go (redact.awk)
#   M path reason    why a field is missing
#   C kind n         the part itself removed n of a kind
#   D part           the part ran to its end
#   + id text        the beginning of a long line, = id text its end: only writes of a pipe's size stay whole
#   B uptime         when the probe began; E complete: the end (1, or 0 where the limit came first)
#   X text           a secret of .env; Y text the salt that .env gives; H text what stays as it is; K text a company's key
#   I address        the host's own
#   Z time source    a sign that the schedule ran
#   Q value digest   the digest of a pseudonym ("kind value") that is known
#
# <<key:RAW>> and <<name:RAW>> in a string are places of pseudonyms. Where there are any, the document is preceded by GS, the
# salt, the values ("kind value" lines; "kind \001 digest" where it is known) and GS, and main.sh puts their digests in.

BEGIN {
    FS = "\t"
}

$1 == "E" {
    complete = $2
    exit
}

$1 == "+" {
    pieces[$2] = pieces[$2] rest_of($0, 2)
    next
}

$1 == "=" {
    line = pieces[$2] rest_of($0, 2)
    delete pieces[$2]
    lines[++count] = line
    next
}

$1 == "X" {
    secret[++secrets] = substr($0, 3)
    next
}

$1 == "H" {
    text = substr($0, 3)
    if (length(text) > 3) protected[++protects] = text
    next
}

$1 == "K" {
    known_key[tolower(substr($0, 3))] = 1
    next
}

$1 == "I" {
    own_address[tolower(substr($0, 3))] = 1
    next
}

$1 == "Y" {
    salt = substr($0, 3)
    next
}

$1 == "B" {
    began = $2
    next
}

$1 == "D" {
    ended[$2] = 1
    next
}

$1 == "Q" {
    if ($3 ~ /^[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]$/) digest[$2] = $3
    next
}

$1 == "Z" {
    if ($2 + 0 > beat) {
        beat = $2 + 0
        beat_source = $3
    }
    next
}

/^[A-Z]/ {
    lines[++count] = $0
    text = $0
    while (match(text, /<<key:[A-Za-z0-9]+>>/)) {
        known_key[tolower(substr(text, RSTART + 6, RLENGTH - 8))] = 1
        text = substr(text, RSTART + RLENGTH)
    }
}

END {
    redact_ready()
    kind["/"] = "o"
    for (i = 1; i <= count; i++) if (lines[i] !~ /^F/) use(lines[i])
    for (i = 1; i <= count; i++) if (lines[i] ~ /^F/) fall_back(substr(lines[i], 3))
    about_the_probe()
    if (places) {
        printf "\035%s\n", salt
        for (i = 1; i <= places; i++) {
            if (place_of[i] in digest) printf "%s \001 %s\n", substr(place_of[i], 1, index(place_of[i], " ") - 1), digest[place_of[i]]
            else printf "%s\n", clean(place_of[i])
        }
        printf "\035"
    }
    printf "{\"schema\":1"
    emit_members("/", 1)
    printf "}\n"
}

# The line behind its first `fields` fields.
function rest_of(line, fields,    at) {
    while (fields-- > 0) {
        at = index(line, "\t")
        if (!at) return ""
        line = substr(line, at + 1)
    }
    return line
}

# A value that another part may know better.
function fall_back(line,    at) {
    at = index(line, "\t")
    at = resolved(substr(line, 1, at - 1))
    if (!(at in kind) || (kind[at] == "v" && value_of[at] == "null")) use("J\t" line)
}

function use(line,    type, path, value, free, at) {
    at = index(line, "\t")
    type = substr(line, 1, at - 1)
    line = substr(line, at + 1)
    at = index(line, "\t")
    path = at ? substr(line, 1, at - 1) : line
    value = at ? substr(line, at + 1) : ""
    if (path == "" || path ~ /[^A-Za-z0-9_.\/-]/ && path !~ /^(permissions\/owners|probe)\//) return
    free = length(type) == 2 && sub(/T$/, "", type)
    if (path ~ /\/command$/) value = essential(value)
    if (type == "S") set(path, string(value, free))
    else if (type == "N") set(path, literal(value))
    else if (type == "A") add(path, string(value, free))
    else if (type == "L") node(path, "l")
    else if (type == "O") add_object(path)
    else if (type == "J" || type == "P") {
        value = json(value, free)
        if (value == "") why(path, "The part that gathers it was cut off")
        else if (type == "J") set(path, value)
        else add(path, value)
    } else if (type == "M") why(path, substr(value, 1, 500))
    else if (type == "C") redacted[path] += value
}

function literal(value) {
    if (value ~ /^(true|false|null)$/ || value ~ /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/) return value
    return "null"
}

# The tree: kind[path] is o (object), l (list) or v (value, in value_of); members are child[path, 1…].
function node(path, wanted,    at, up, name) {
    path = resolved(path)
    if (path == "") return ""
    if (!(path in kind)) link_up(path)
    if (kind[path] != wanted) {
        if (kind[path] == "v" || kind[path] == "" || !members[path]) kind[path] = wanted
        else return ""
    }
    return path
}

# The path with "-" replaced by the number of the last element, and a slash before it.
function resolved(path,    part, count, i, now) {
    if (path !~ /(^|\/)-(\/|$)/) return "/" path
    count = split(path, part, "/")
    for (i = 1; i <= count; i++) {
        if (part[i] == "-") {
            if (!members[now]) return ""
            now = now "/" members[now]
        } else now = now "/" part[i]
    }
    return now
}

# Makes a path a member of what is above it.
function link_up(path,    at, up, name) {
    kind[path] = ""
    at = length(path)
    while (substr(path, at, 1) != "/") at--
    up = substr(path, 1, at - 1)
    name = substr(path, at + 1)
    if (up == "") up = "/"
    else if (!(up in kind)) link_up(up)
    if (kind[up] == "" || kind[up] == "v") kind[up] = "o"
    child[up, ++members[up]] = path
    name_of[path] = name
}

function set(path, value,    at) {
    at = node(path, "v")
    if (at != "") value_of[at] = value
}

function add(path, value,    at) {
    at = node(path, "l")
    if (at == "") return
    path = at "/" (members[at] + 1)
    link_up(path)
    kind[path] = "v"
    value_of[path] = value
}

function add_object(path,    at) {
    at = node(path, "l")
    if (at == "") return
    path = at "/" (members[at] + 1)
    link_up(path)
    kind[path] = "o"
}

function emit(path) {
    if (kind[path] == "v") printf "%s", value_of[path]
    else if (kind[path] == "l") {
        printf "["
        emit_members(path, 0)
        printf "]"
    } else {
        printf "{"
        emit_members(path, 0)
        printf "}"
    }
}

function emit_members(path, comma,    i, each) {
    for (i = 1; i <= members[path]; i++) {
        each = child[path, i]
        if (comma) printf ","
        comma = 1
        if (kind[path] != "l") printf "\"%s\":", escaped(clean(name_of[each]))
        emit(each)
    }
}

# A text as a JSON string, redacted and in valid UTF-8.
function string(text, free) {
    text = clean(redact(text, free))
    if (!free && text ~ /[\t\n\r\036]/) gsub(/[\t\n\r\036]+/, " ", text)
    return "\"" escaped(text) "\""
}

function escaped(text,    i, c) {
    if (text ~ /["\\]/) {
        gsub(/\\/, "&&", text)
        gsub(/"/, "\\\\&", text)
    }
    if (text ~ /[\003-\037\177]/) {
        gsub(/\036|\n/, "\\n", text)
        gsub(/\t/, "\\t", text)
        gsub(/\r/, "\\r", text)
        gsub(/[\003-\037\177]/, " ", text)
    }
    return text
}

# Bytes that are no UTF-8 become U+FFFD; control characters and separators of lines beyond ASCII become blanks.
function clean(text,    result, run) {
    if (text !~ /[\200-\377]/) return text
    while (match(text, /[\200-\377]+/)) {
        result = result substr(text, 1, RSTART - 1)
        run = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        while (run != "") {
            if (match(run, /^([\302-\337][\200-\277]|\340[\240-\277][\200-\277]|[\341-\354\356\357][\200-\277][\200-\277]|\355[\200-\237][\200-\277]|\360[\220-\277][\200-\277][\200-\277]|[\361-\363][\200-\277][\200-\277][\200-\277]|\364[\200-\217][\200-\277][\200-\277])+/)) {
                result = result substr(run, 1, RLENGTH)
                run = substr(run, RLENGTH + 1)
            } else {
                result = result "\357\277\275"
                run = substr(run, 2)
            }
        }
    }
    result = result text
    if (result ~ /\302[\200-\237]|\342\200[\250\251]/) gsub(/\302[\200-\237]|\342\200[\250\251]/, " ", result)
    return result
}

# A JSON value with every string in it redacted; "" where it is none.
function json(text, free,    result, shape, piece, inner, before) {
    while (match(text, /"([^"\\]|\\.)*"/)) {
        piece = substr(text, RSTART + 1, RLENGTH - 2)
        before = substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        result = result before
        shape = shape before "s"
        # The name of a member is no text.
        if (text ~ /^ *:/ && piece ~ /^[A-Za-z0-9_.\\ :*-]*$/) result = result "\"" clean(piece) "\""
        else result = result string(unescaped(piece), free)
    }
    return valid(shape text) ? result text : ""
}

function unescaped(text,    result, c, code) {
    if (text !~ /\\/) return text
    while (match(text, /\\/)) {
        result = result substr(text, 1, RSTART - 1)
        c = substr(text, RSTART + 1, 1)
        text = substr(text, RSTART + 2)
        if (c == "n") c = "\036"
        else if (c == "t") c = "\t"
        else if (c == "r") c = "\r"
        else if (c == "b" || c == "f") c = " "
        else if (c == "u") {
            c = "\\u" substr(text, 1, 4)
            text = substr(text, 5)
            c = " "
        }
        result = result c
    }
    return result text
}

# Whether the text, with its strings written as s, has the form of JSON without blanks.
function valid(shape,    changed) {
    if (shape ~ /[pv]/) gsub(/[pv]/, "?", shape)
    gsub(/true|false|null/, "v", shape)
    gsub(/-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/, "v", shape)
    do {
        changed = gsub(/s:[sv]/, "p", shape)
        changed += gsub(/\{(p(,p)*)?\}/, "v", shape)
        changed += gsub(/\[([sv](,[sv])*)?\]/, "v", shape)
    } while (changed)
    return shape == "v" || shape == "s"
}

function about_the_probe(    line, i, many, part, path, first) {
    if (beat) {
        set("cron/heartbeat/at", beat)
        set("cron/heartbeat/source", "\"" beat_source "\"")
    }
    if (!complete) {
        split("php:php/cli config http tls/sites tls/files tls/php_bundle exposure database mail/mailer mail/connects migration/cache queue/retry_after queue/redis time/database_offset_seconds;fpm:php/web php/versions web/config_ok;logs:logs/files logs/hits logs/import;files:permissions/paths permissions/unwritable permissions/owners permissions/world_writable permissions/parents_blocked app/bootstrap_cache storage/exports storage/backups storage/sessions;system:queue/units cron/service/enabled cron/heartbeat migration/unit migration/lock", group, ";")
        for (i = 1; i in group; i++) {
            first = index(group[i], ":")
            if (substr(group[i], 1, first - 1) in ended) continue
            many = split(substr(group[i], first + 1), part, " ")
            for (path = 1; path <= many; path++) late(part[path])
        }
        split("app env host web cron/entries queue/workers storage/disks", part, " ")
        for (i = 1; i in part; i++) late(part[i])
    }
    set("probe/version", 1)
    if ((getline line < "/proc/uptime") > 0) {
        set("probe/seconds", sprintf("%.2f", line - began))
        if (("/time/epoch") in value_of) set("probe/began", value_of["/time/epoch"])
    }
    set("probe/complete", complete ? "true" : "false")
    node("probe/missing", "o")
    for (i = 1; i <= missing_count; i++) if (!known(missing_order[i])) member("probe/missing", missing_order[i], missing[missing_order[i]])
    node("probe/redacted", "o")
    for (i in redacted) if (redacted[i]) member("probe/redacted", i, redacted[i])
}

# Whether a value came after all.
function known(path) {
    path = resolved(path)
    return (path in kind) && (kind[path] == "v" ? value_of[path] !~ /^(null|false)$/ : path == "/cron/heartbeat" && beat)
}

# Says of a path that the limit ended it, where nothing of it came.
function late(path,    at) {
    at = "/" path
    # A list that nothing came into yet is no answer.
    if (at in kind && kind[at] == "l" && !members[at]) {
        kind[at] = "v"
        value_of[at] = "null"
    }
    if ((at in kind && !(kind[at] == "v" && value_of[at] == "null")) || path in missing) return
    why(path, "There was no answer before the time limit")
}

# Why a path is missing.
function why(path, reason) {
    if (!(path in missing)) missing_order[++missing_count] = path
    missing[path] = string(reason, 0)
}

# A member whose name may have a slash in it.
function member(path, name, value,    at) {
    path = "/" path
    at = path "/" (members[path] + 1)
    kind[at] = "v"
    value_of[at] = value
    child[path, ++members[path]] = at
    name_of[at] = name
}
