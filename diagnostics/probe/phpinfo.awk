# Reads what `php-fpm -i` prints (a text in sections), and prints php/web. ENVIRON: pool_ini (name=value lines of the pool, which
# win over php.ini).

{
    gsub(/<[^>]*>/, " ")
    line = $0
    sub(/\r$/, "", line)
    at = index(line, " => ")
    if (at) {
        name = substr(line, 1, at - 1)
        value = substr(line, at + 4)
        if (name == "PHP Version" && version == "") version = value
        # "name => local value => master value"
        sub(/ => .*$/, "", value)
        if (!(name in ini)) ini[name] = value
    } else if (line == "" || line ~ /^[ \t]*$/) {
        if (blank_before && candidate != "" && !ended) heading(candidate)
        candidate = ""
        blank = 1
        next
    } else if (line == "Additional Modules") {
        additional = 1
    } else if (line ~ /^(Environment|PHP Variables|PHP License)$/) {
        ended = 1
        additional = 0
    } else if (additional) {
        if (line !~ /^Module Name/) extension[tolower(trim(line))] = 1
    } else if (line ~ /^[A-Za-z][A-Za-z0-9_ -]*$/) {
        candidate = trim(line)
        blank_before = blank
    }
    blank = 0
}

function heading(text) {
    if (text ~ /^(Configuration|Core|phpinfo\(\)|Zend OPcache)$/) {
        if (text == "Configuration") started = 1
        if (text == "Zend OPcache") extension["zend opcache"] = 1
        if (text == "Core") extension["core"] = 1
        return
    }
    if (started && text !~ / / && !(tolower(text) in extension)) extension[tolower(text)] = 1
}

END {
    if (version == "") {
        out("M\tphp/web/ini\tThe program of the pool does not start")
        exit
    }
    say("php/web/version", version)
    split(version, part, ".")
    put("php/web/version_id", part[1] * 10000 + part[2] * 100 + int(part[3]))
    for (name in extension) {
        # Sorted, for the same host must give the same document.
        for (i = ++count; i > 1 && sorted[i - 1] > name; i--) sorted[i] = sorted[i - 1]
        sorted[i] = name
    }
    out("L\tphp/web/extensions")
    for (i = 1; i <= count; i++) append("php/web/extensions", sorted[i])
    lines = split(ENVIRON["pool_ini"], own, "\n")
    for (i = 1; i <= lines; i++) {
        at = index(own[i], "=")
        if (at) ini[substr(own[i], 1, at - 1)] = substr(own[i], at + 1)
    }
    lines = split("memory_limit upload_max_filesize post_max_size max_execution_time allow_url_fopen disable_functions open_basedir curl.cainfo openssl.cafile", wanted, " ")
    for (i = 1; i <= lines; i++) {
        value = ini[wanted[i]]
        if (value == "no value") value = ""
        if (wanted[i] == "allow_url_fopen") value = tolower(value) ~ /^(on|1|yes|true)$/ ? "1" : "0"
        say("php/web/ini/" wanted[i], value)
    }
}
