# Reads nginx's configuration as nginx does (includes in their place), and prints web/vhost and web/default_vhost, and for the
# shell what leads to PHP. In ENVIRON: files (all files of the configuration, one a line), pub (the directory `public`),
# pub2 (the same without links), host. -v MAIN: the first file.

BEGIN {
    held = 1
    pub = ENVIRON["pub"]
    pub2 = ENVIRON["pub2"]
    host = tolower(ENVIRON["host"])
    file_count = split(ENVIRON["files"], files, "\n")
    prefix = MAIN
    sub(/[^\/]*$/, "", prefix)
    blocks = 1
    read_file(MAIN, 1, 0)
    choose()
}

# Reads a file into block `into`. A directive's words are word[1…]; nested files have a parser of their own.
function read_file(file, into, depth,    line, text, stack, level, words, w, c, piece, status) {
    if (depth > 20 || (file in reading)) return
    reading[file] = 1
    level = 1
    stack[1] = into
    words = 0
    while ((status = (getline line < file)) > 0) {
        text = line
        while (text != "") {
            if (sub(/^[ \t\r]+/, "", text)) continue
            c = substr(text, 1, 1)
            if (c == "#") break
            if (c == ";") {
                directive(stack[level], w, words, file, depth)
                words = 0
                text = substr(text, 2)
            } else if (c == "{") {
                blocks++
                block_name[blocks] = w[1]
                block_words[blocks] = join(w, 2, words)
                block_file[blocks] = file
                up[blocks] = stack[level]
                stack[++level] = blocks
                words = 0
                text = substr(text, 2)
            } else if (c == "}") {
                if (level > 1) level--
                words = 0
                text = substr(text, 2)
            } else if (c == "\"" || c == "'") {
                piece = quoted_word(text, c, file)
                w[++words] = piece
                text = rest_of
            } else {
                # A word ends at a blank, at ; and at {, but ${name} belongs to it.
                piece = ""
                while (text != "" && substr(text, 1, 1) !~ /[ \t\r;]/) {
                    if (match(text, /^\$\{[^}]*\}/) || match(text, /^\\./)) {
                        piece = piece substr(text, 1, RLENGTH)
                        text = substr(text, RLENGTH + 1)
                    } else if (substr(text, 1, 1) == "{") break
                    else if (match(text, /^[^ \t\r;{$\\]+/)) {
                        piece = piece substr(text, 1, RLENGTH)
                        text = substr(text, RLENGTH + 1)
                    } else {
                        piece = piece substr(text, 1, 1)
                        text = substr(text, 2)
                    }
                }
                w[++words] = piece
            }
        }
    }
    if (status < 0) unread = unread (unread == "" ? "" : ", ") file
    close(file)
    delete reading[file]
}

# A word in quotes, which may go on in the next lines.
function quoted_word(text, quote, file,    value, c, i, more) {
    text = substr(text, 2)
    while (1) {
        for (i = 1; i <= length(text); i++) {
            c = substr(text, i, 1)
            if (c == "\\") {
                value = value substr(text, ++i, 1)
                continue
            }
            if (c == quote) {
                rest_of = substr(text, i + 1)
                return value
            }
            value = value c
        }
        if ((getline more < file) <= 0) break
        value = value "\n"
        text = more
    }
    rest_of = ""
    return value
}

function join(w, from, to,    i, text) {
    for (i = from; i <= to; i++) text = text (i > from ? " " : "") w[i]
    return text
}

function directive(block, w, words, file, depth,    name, value) {
    if (words == 0) return
    name = w[1]
    value = join(w, 2, words)
    if (name == "include") include(value, block, depth)
    # Some awks make an element before they look whether it is there, so the length tells.
    else if (name == "listen" || name == "server_name" || name == "server" || name == "ssl_certificate")
        many[block, name] = many[block, name] (length(many[block, name]) ? "\n" : "") value
    else if (name == "set") variable[w[2]] = w[3]
    else if (!((block, name) in one)) one[block, name] = value
    if (name == "fastcgi_pass" && !(block in passes)) {
        passes[block] = 1
        pass_list[++pass_count] = block
    }
}

function include(pattern, block, depth,    i, regex, name, command) {
    if (pattern !~ /^\//) pattern = prefix pattern
    if (pattern !~ /[*?[]/) {
        read_file(pattern, block, depth + 1)
        return
    }
    regex = pattern
    gsub(/[.+(){}|^$]/, "\\\\&", regex)
    gsub(/\*/, "[^/]*", regex)
    gsub(/\?/, "[^/]", regex)
    regex = "^" regex "$"
    if (index(pattern, prefix) == 1) {
        for (i = 1; i <= file_count; i++)
            if (files[i] ~ regex && files[i] !~ /\/\.[^\/]*$/) read_file(files[i], block, depth + 1)
    } else if (pattern ~ /^[A-Za-z0-9_.*?\/-]+$/) {
        command = "ls -d " pattern " 2>/dev/null"
        while ((command | getline name) > 0) read_file(name, block, depth + 1)
        close(command)
    }
}

# The value of a directive in effect in a block.
function effective(block, name) {
    for (; block; block = up[block]) if ((block, name) in one) return one[block, name]
    return ""
}

function bytes(text,    unit) {
    unit = tolower(substr(text, length(text)))
    return (text + 0) * (unit == "k" ? 1024 : unit == "m" ? 1048576 : unit == "g" ? 1073741824 : 1)
}

function seconds(text,    sum, unit) {
    gsub(/ /, "", text)
    while (match(text, /^[0-9]+(ms|[smhdwMy])?/)) {
        unit = substr(text, 1, RLENGTH)
        sub(/^[0-9]+/, "", unit)
        sum += substr(text, 1, RLENGTH) * (unit == "ms" ? 0.001 : unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : unit == "w" ? 604800 : 1)
        text = substr(text, RLENGTH + 1)
    }
    return sum + 0
}

# Whether block is inside of (or is) the other.
function inside(block, outer) {
    for (; block; block = up[block]) if (block == outer) return 1
    return 0
}

# ask: whether the file system is asked, which knows of a link somewhere in the path; it takes a process.
function same_directory(path, ask) {
    sub(/\/+$/, "", path)
    if (path == "" || pub == "") return 0
    if (path == pub || path == pub2) return 1
    if (path in asked) return asked[path]
    if (!ask) return 0
    asked[path] = path ~ /^\/[^$]*$/ && ++questions <= 20 && system("[ " quoted(path) " -ef " quoted(pub) " ]") == 0
    return asked[path]
}

function names_match(block,    count, i, list, name) {
    count = split(many[block, "server_name"], list, /[ \n]+/)
    for (i = 1; i <= count; i++) {
        name = tolower(list[i])
        if (host != "" && (name == host || "." host == name)) return 2
        if (name ~ /^\*?\./ && host != "") {
            sub(/^\*/, "", name)
            if (length(host) > length(name) && substr(host, length(host) - length(name) + 1) == name) return 1
        }
    }
    return 0
}

function listens_on(block, port,    count, i, list) {
    count = split(many[block, "listen"], list, "\n")
    if (count == 0) return port == 80
    for (i = 1; i <= count; i++) if (list[i] ~ "(^|:)" port "( |$)") return 1
    return 0
}

function has_root(block, ask,    i) {
    if (same_directory(effective(block, "root"), ask)) return 1
    for (i = 1; i <= blocks; i++)
        if (i != block && ((i, "root") in one) && inside(i, block) && same_directory(one[i, "root"], ask)) return 1
    return 0
}

function is_server(block) {
    return block_name[block] == "server" && block_name[up[block]] != "upstream" && block_name[up[block]] != "stream"
}

# How well a server block fits this site: its name, its root, and TLS.
function score_of(block, root,    score) {
    score = names_match(block) + (root ? 4 : 0)
    return score && many[block, "listen"] ~ / ssl|443/ ? score + 0.5 : score
}

function choose(    i, score, sure, best, best_score, php, first, default_block, smallest, size, socket, path) {
    # What a block has that names the root itself; the file system is asked only about those that could be better.
    for (i = 1; i <= blocks; i++) if (is_server(i) && has_root(i, 0) && score_of(i, 1) > sure) sure = score_of(i, 1)
    for (i = 1; i <= blocks; i++) {
        if (!is_server(i)) continue
        score = score_of(i, has_root(i, score_of(i, 1) >= sure))
        if (score > best_score) {
            best = i
            best_score = score
        }
        if (listens_on(i, 443)) {
            if (!first) first = i
            if (!default_block && many[i, "listen"] ~ /443[^\n]* default_server/) default_block = i
        }
    }
    yes("web/vhost/found", best)
    if (unread != "") out("M\tweb/vhost/unread\t" unread " cannot be read by this user")
    if (!default_block) default_block = first
    if (default_block) {
        say("web/default_vhost/file", block_file[default_block])
        names("web/default_vhost/names", default_block)
        say("web/default_vhost/root", effective(default_block, "root"))
    } else put("web/default_vhost", "null")
    if (!best) {
        printf "%s", "\035"
        print "vhost_found="
        return
    }
    say("web/vhost/file", block_file[best])
    names("web/vhost/names", best)
    say("web/vhost/root", effective(best, "root"))
    out("L\tweb/vhost/listens")
    size = split(many[best, "listen"], path, "\n")
    for (i = 1; i <= size; i++) append("web/vhost/listens", path[i])
    for (i = 1; i <= pass_count && !php; i++) if (inside(pass_list[i], best)) php = pass_list[i]
    # A body must pass where the request comes in (location /) and where PHP is.
    smallest = limit_of(php ? php : best)
    for (i = 1; i <= blocks; i++)
        if (block_name[i] == "location" && block_words[i] == "/" && inside(i, best)) {
            size = limit_of(i)
            if (smallest == 0 || (size && size < smallest)) smallest = size
        }
    put("web/vhost/max_body_bytes", smallest)
    path["time"] = effective(php ? php : best, "fastcgi_read_timeout")
    put("web/vhost/read_timeout_seconds", path["time"] == "" ? 60 : int(seconds(path["time"]) + 0.5))
    size = split(many_up(best, "ssl_certificate"), path, "\n")
    if (size) say("web/vhost/certificate", path[1])
    socket = php ? one[php, "fastcgi_pass"] : ""
    if (socket in variable) socket = variable[socket]
    for (i = 1; i <= blocks; i++)
        if (block_name[i] == "upstream" && block_words[i] == socket) {
            split(many[i, "server"], path, /[ \n]/)
            socket = path[1]
            break
        }
    sub(/^unix:/, "", socket)
    sub(/:$/, "", socket)
    if (socket != "") say("web/vhost/php_socket", socket)
    printf "%s", "\035"
    print "vhost_found=1"
    print "vhost_socket=" quoted(socket)
    print "vhost_certificates=" quoted(many_up(best, "ssl_certificate"))
    path["log"] = effective(best, "error_log")
    sub(/ .*/, "", path["log"])
    print "vhost_log=" quoted(path["log"])
    print "vhost_names=" quoted(many[best, "server_name"])
}

function many_up(block, name) {
    for (; block; block = up[block]) if ((block, name) in many) return many[block, name]
    return ""
}

function limit_of(block,    text) {
    text = effective(block, "client_max_body_size")
    return text == "" ? 1048576 : bytes(text)
}

function names(path, block,    count, list, i) {
    out("L\t" path)
    count = split(many[block, "server_name"], list, /[ \n]+/)
    for (i = 1; i <= count; i++) if (list[i] != "") append(path, list[i])
}
