# Reads Apache's configuration files in the order of ENVIRON["files"], and prints web/vhost, as web.awk does for nginx.

BEGIN {
    held = 1
    pub = ENVIRON["pub"]
    pub2 = ENVIRON["pub2"]
    host = tolower(ENVIRON["host"])
    file_count = split(ENVIRON["files"], files, "\n")
    for (i = 1; i <= file_count; i++) read_file(files[i])
    choose()
}

function read_file(file,    line, more, name, value, at, current, status) {
    current = 0
    while ((status = (getline line < file)) > 0) {
        while (line ~ /\\$/ && (getline more < file) > 0) line = substr(line, 1, length(line) - 1) more
        line = trim(line)
        if (line == "" || line ~ /^#/) continue
        at = match(line, /[ \t]/)
        name = tolower(at ? substr(line, 1, at - 1) : line)
        value = at ? trim(substr(line, at)) : ""
        if (name == "<virtualhost") {
            sub(/>$/, "", value)
            current = ++hosts
            file_of[current] = file
            listen[current] = value
        } else if (name ~ /^<\/virtualhost/) current = 0
        else if (name == "define") {
            split(value, part, /[ \t]+/)
            defined[part[1]] = part[2]
        } else {
            value = defined_in(unquote(value))
            if (name == "serveralias") alias[current] = alias[current] " " value
            else if (name == "sslcertificatefile") certificate[current] = value
            else if (name == "listen") ports = ports " " value
            else if (name ~ /^(servername|documentroot|limitrequestbody|timeout|proxytimeout|errorlog)$/) one[current, name] = value
            else if (name ~ /^php_(admin_)?(value|flag)$/) {
                split(value, part, /[ \t]+/)
                php_names[current, ++php_count[current]] = part[1]
                php_values[current, part[1]] = unquote(trim(substr(value, length(part[1]) + 1)))
            } else if (name == "loadmodule" && value ~ /(^| )php[0-9]*_module/) {
                module = value
                sub(/^[^ \t]+[ \t]+/, "", module)
            } else if (value ~ /proxy:(unix|fcgi):/ && match(value, /proxy:[^ "]+/)) socket[current] = substr(value, RSTART + 6, RLENGTH - 6)
            else if (name ~ /^proxypass/ && value ~ /(unix|fcgi):/ && match(value, /(unix|fcgi):[^ "]+/)) socket[current] = substr(value, RSTART, RLENGTH)
        }
    }
    if (status < 0) unread = unread (unread == "" ? "" : ", ") file
    close(file)
}

function unquote(text) {
    if (text ~ /^".*"$/ || text ~ /^'.*'$/) return substr(text, 2, length(text) - 2)
    return text
}

function defined_in(text,    name) {
    while (match(text, /\$\{[A-Za-z0-9_]+\}/)) {
        name = substr(text, RSTART + 2, RLENGTH - 3)
        if (!(name in defined)) break
        text = substr(text, 1, RSTART - 1) defined[name] substr(text, RSTART + RLENGTH)
    }
    return text
}

function same_directory(path) {
    sub(/\/+$/, "", path)
    if (path == "" || pub == "") return 0
    return path == pub || path == pub2 || (path ~ /^\/[^$]*$/ && ++questions <= 20 && system("[ " quoted(path) " -ef " quoted(pub) " ]") == 0)
}

function names_match(current,    count, list, i, name) {
    count = split(one[current, "servername"] " " alias[current], list, " ")
    for (i = 1; i <= count; i++) {
        name = tolower(list[i])
        sub(/^https?:\/\//, "", name)
        sub(/:[0-9]+$/, "", name)
        if (name == host && host != "") return 2
    }
    return 0
}

function setting(current, name) {
    return ((current, name) in one) ? one[current, name] : one[0, name]
}

function choose(    i, score, best, best_score, first, text, count, list, path) {
    best = -1
    for (i = 0; i <= hosts; i++) {
        score = names_match(i) + (same_directory(setting(i, "documentroot")) ? 4 : 0)
        if (score && listen[i] ~ /443/) score += 0.5
        if (score > best_score) {
            best = i
            best_score = score
        }
        if (!first && listen[i] ~ /443/) first = i
    }
    yes("web/vhost/found", best >= 0)
    if (unread != "") out("M\tweb/vhost/unread\t" unread " cannot be read by this user")
    if (first) {
        say("web/default_vhost/file", file_of[first])
        names("web/default_vhost/names", first)
        say("web/default_vhost/root", setting(first, "documentroot"))
    } else put("web/default_vhost", "null")
    if (best < 0) {
        printf "%s", "\035"
        print "vhost_found= apache_module=" quoted(module)
        return
    }
    say("web/vhost/file", best ? file_of[best] : files[1])
    names("web/vhost/names", best)
    say("web/vhost/root", setting(best, "documentroot"))
    out("L\tweb/vhost/listens")
    count = split(best ? listen[best] : ports, list, " ")
    for (i = 1; i <= count; i++) {
        text = list[i]
        sub(/^.*:/, "", text)
        append("web/vhost/listens", text (certificate[best] != "" && text ~ /443/ ? " ssl" : ""))
    }
    # Since 2.4.54 Apache takes 1 GiB where nothing is set.
    put("web/vhost/max_body_bytes", setting(best, "limitrequestbody") == "" ? 1073741824 : setting(best, "limitrequestbody") + 0)
    text = setting(best, "proxytimeout")
    if (text == "") text = setting(best, "timeout")
    put("web/vhost/read_timeout_seconds", text == "" ? 60 : text + 0)
    if (certificate[best] != "") say("web/vhost/certificate", certificate[best])
    text = best in socket ? socket[best] : socket[0]
    sub(/\|.*$/, "", text)
    sub(/^unix:/, "", text)
    sub(/^fcgi:\/\//, "", text)
    sub(/\/.*$/, "", text)
    path = best in socket ? socket[best] : socket[0]
    if (path ~ /^unix:/) {
        sub(/^unix:/, "", path)
        sub(/\|.*$/, "", path)
        text = path
    }
    if (text != "") say("web/vhost/php_socket", text)
    printf "%s", "\035"
    print "vhost_found=1"
    print "vhost_socket=" quoted(text)
    print "vhost_certificates=" quoted(certificate[best])
    print "vhost_log=" quoted(setting(best, "errorlog"))
    print "vhost_names=" quoted(one[best, "servername"] " " alias[best])
    print "apache_module=" quoted(module)
    for (i = 1; i <= php_count[best]; i++) list_ini = list_ini php_names[best, i] "=" php_values[best, php_names[best, i]] "\n"
    print "apache_ini=" quoted(list_ini)
}

function names(path, current,    count, list, i) {
    out("L\t" path)
    count = split(one[current, "servername"] " " alias[current], list, " ")
    for (i = 1; i <= count; i++) append(path, list[i])
}
