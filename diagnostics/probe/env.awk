# Reads .env (standard input) by phpdotenv's rules, those of 5.6 (V5) or of 3.6 (V4: `old`). Prints the facts of env/, X lines
# with the values that must not travel, and assignments for the shell. In ENVIRON: listed (keys), old.

BEGIN {
    held = 1
    while ((getline line) > 0) {
        row_of++
        if (sub(/\r$/, "", line)) crlf = 1
        if (!open) {
            buffer = line
            first = row_of
            open = line ~ /="/ && !closes(line, 1)
        } else {
            buffer = buffer "\n" line
            open = !closes(line, 0)
        }
        if (!open) entry(buffer, first)
    }
    if (open) broken(first)
    count = split(ENVIRON["listed"], word, " ")
    for (i = 1; i <= count; i++) is_listed[word[i]] = 1
    finish()
}

function broken(row) {
    if (!(row in is_broken)) broken_lines = broken_lines (broken_lines == "" ? "" : ",") row
    is_broken[row] = 1
}

# Whether a value in double quotes ends in this line.
function closes(line, started,    count, i) {
    if (line == "\"") return 1
    gsub(/\\\\/, "", line)
    for (i = 2; i <= length(line); i++)
        if (substr(line, i, 1) == "\"" && substr(line, i - 1, 1) != "\\") count++
    return count > (started ? 1 : 0)
}

function entry(raw, row,    text, at, name, value, bare) {
    text = trim(raw)
    if (text == "" || text ~ /^#/) return
    at = index(text, "=")
    name = at ? trim(substr(text, 1, at - 1)) : text
    if (name ~ /^export[ \t]/) name = trim(substr(name, 7))
    if (name ~ /^'.*'$/ || name ~ /^".*"$/) name = substr(name, 2, length(name) - 2)
    if (name !~ /^[A-Za-z0-9_.]+$/) {
        broken(row)
        return
    }
    # A line of a key's material, base64, is no name even where it ends in "=".
    if (length(name) > 64 || (length(name) > 19 && name !~ /_/) || (!at && name !~ /^[A-Z]+(_[A-Z0-9]+)+$/)) return
    if (name in seen) twice[name] = 1
    else names[++name_count] = name
    seen[name] = 1
    if (!at) return
    bare = trim(substr(text, at + 1))
    value = read_value(bare, row)
    if (odd) odd_names[name] = 1
    else delete odd_names[name]
    values[name] = value
}

# The value as the application reads it; `odd` says that it stands there without quotes and is read as another.
function read_value(text, row,    i, c, state, quote, value, length_of, name) {
    odd = 0
    state = "begin"
    length_of = length(text)
    # The usual value needs no look at each letter.
    if (text ~ /^[A-Za-z0-9_.:\/@,+=%!*?&;~^()<>|-]*$/) return text
    for (i = 1; i <= length_of; i++) {
        c = substr(text, i, 1)
        if (state == "escape") {
            if (c == "\\" || c == quote || (c == "$" && !OLD)) value = value c
            else if (c == "n") value = value "\n"
            else if (c == "r") value = value "\r"
            else if (c == "t") value = value "\t"
            else if (c == "f" || c == "v") value = value " "
            else broken(row)
            state = "quoted"
        } else if (state == "quoted") {
            if (c == quote) state = "space"
            else if (c == "\\" && (quote == "\"" || OLD)) state = "escape"
            else if (c == "$" && (quote == "\"" || OLD)) value = value reference(substr(text, i))
            else value = value c
            if (c == "$" && (quote == "\"" || OLD)) i += skip
        } else if (state == "begin" && (c == "'" || c == "\"")) {
            state = "quoted"
            quote = c
        } else if (c == "#") {
            if (quote == "" && i > 1 && substr(text, i - 1, 1) !~ /[ \t]/) odd = 1
            return value
        } else if (state == "space") {
            if (c !~ /[ \t\r\n]/) {
                if (quote == "") odd = 1
                broken(row)
                return value
            }
        } else if (c ~ /[ \t\r\n]/) {
            state = "space"
        } else {
            if (c == "$") {
                value = value reference(substr(text, i))
                if (skip) odd = 1
                i += skip
            } else value = value c
            state = "plain"
        }
    }
    if (state == "quoted" || state == "escape") broken(row)
    return value
}

# What ${NAME} at the beginning of the text stands for; `skip` is how many letters it takes beyond the first.
function reference(text,    name) {
    skip = 0
    if (match(text, /^\$\{[A-Za-z0-9_.]+\}/)) {
        name = substr(text, 3, RLENGTH - 3)
        if (name in values) {
            skip = RLENGTH - 1
            return values[name]
        }
    }
    return "$"
}

# How many bytes a base64 text stands for.
function decoded(text,    padding) {
    padding = text ~ /==$/ ? 2 : text ~ /=$/ ? 1 : 0
    return int(length(text) * 3 / 4) - padding
}

function app_key(key, cipher,    bytes) {
    if (key == "") return "missing"
    if (key ~ /^SomeRandomString/ || key == "base64:RR++yx2rJ9kdxbdh3+AmbHLDQu+Q76i++co9Y8ybbno=") return "example"
    bytes = key ~ /^base64:/ ? decoded(substr(key, 8)) : length(key)
    return bytes == (toupper(cipher) ~ /128/ ? 16 : 32) ? "ok" : "invalid"
}

function finish(    i, name, value, list, key) {
    out("L\tenv/keys")
    for (i = 1; i <= name_count; i++) append("env/keys", names[i])
    out("L\tenv/duplicates")
    for (i = 1; i <= name_count; i++) if (names[i] in twice) append("env/duplicates", names[i])
    out("L\tenv/need_quotes")
    for (i = 1; i <= name_count; i++) if (names[i] in odd_names) append("env/need_quotes", names[i])
    out("J\tenv/broken_lines\t[" broken_lines "]")
    yes("env/crlf", crlf)
    # A login in an address (https://user:password@…) is none of the address.
    for (name in is_listed) {
        if ((name in values) && match(values[name], /:\/\/[^\/]*@/)) {
            list = substr(values[name], RSTART + 3, RLENGTH - 4)
            values[name] = substr(values[name], 1, RSTART + 2) substr(values[name], RSTART + RLENGTH)
            out("X\t" one_line(list))
            sub(/^[^:]*:/, "", list)
            out("X\t" one_line(list))
        }
    }
    for (i = 1; i <= name_count; i++) {
        name = names[i]
        if (!(name in values)) continue
        value = values[name]
        if (name in is_listed) {
            say("env/values/" name, value)
            if (length(value) > 5) out("H\t" one_line(value))
        } else if (length(value) > 5) out("X\t" one_line(value))
    }
    out("J\tenv/app_key\t\"" app_key(values["APP_KEY"], OLD && ("APP_CIPHER" in values) ? values["APP_CIPHER"] : "256") "\"")
    yes("env/api_secret_set", values["API_SECRET"] != "")
    yes("env/update_secret_set", values["UPDATE_SECRET"] != "")
    yes("env/mail_password_set", values["MAIL_PASSWORD"] != "")
    yes("env/db_password_set", values["DB_PASSWORD"] != "")
    yes("env/mail_from_set", values["MAIL_FROM_ADDRESS"] != "")
    if ("APP_KEY" in values) key = one_line(values["APP_KEY"])
    if (key != "") out("Y\t" key)
    printf "%s", "\035"
    assign("env_key", key)
    assign("env_app_url", values["APP_URL"])
    assign("env_queue", values["QUEUE_CONNECTION"] == "" ? values["QUEUE_DRIVER"] : values["QUEUE_CONNECTION"])
    assign("env_internal", values["INTERNAL_QUEUE_ENABLED"])
    assign("env_docker", values["IS_DOCKER"])
    assign("env_cache", values["CACHE_DRIVER"])
    assign("env_db_host", values["DB_HOST"])
    assign("env_snappdf", values["SNAPPDF_EXECUTABLE_PATH"])
    assign("env_zone", values[OLD ? "APP_TIMEZONE" : "SERVER_TIMEZONE"])
}

function one_line(text) {
    gsub(/\n/, "\036", text)
    return text
}

function assign(name, value) {
    print name "=" quoted(value)
}
