# Reads pool files of PHP-FPM (ENVIRON["files"], one a line), and finds the pool that listens where the site passes PHP to.
# Prints what its file says, and for the shell: the pool's user, its PHP, and its own settings. ENVIRON["socket"].

BEGIN {
    held = 1
    socket = ENVIRON["socket"]
    file_count = split(ENVIRON["files"], files, "\n")
    for (i = 1; i <= file_count; i++) read_file(files[i])
    for (i = 1; i <= pools; i++) {
        if (listens(i)) {
            best = i
            break
        }
    }
    if (!best && pools == 1 && socket == "") best = 1
    printf "%s", "\035"
    print "pool_found=" (best ? 1 : 0)
    if (best) {
        print "pool_name=" quoted(name[best])
        print "pool_file=" quoted(file_of[best])
        print "pool_user=" quoted(one[best, "user"])
        print "pool_listen=" quoted(listen_of(best))
        print "pool_timeout=" quoted(one[best, "request_terminate_timeout"])
        print "pool_ini=" quoted(ini[best])
    }
    print "fpm_unread=" quoted(unread)
}

function read_file(file,    line, at, key, value, status) {
    while ((status = (getline line < file)) > 0) {
        sub(/^[ \t]+/, "", line)
        if (line == "" || line ~ /^[;#]/) continue
        if (line ~ /^\[/) {
            pools++
            name[pools] = substr(line, 2, index(line, "]") - 2)
            if (name[pools] == "global") pools--
            else file_of[pools] = file
            continue
        }
        at = index(line, "=")
        if (!at || !pools) continue
        key = trim(substr(line, 1, at - 1))
        value = trim(substr(line, at + 1))
        if (value ~ /^"/) {
            value = substr(value, 2)
            sub(/".*$/, "", value)
        } else sub(/[ \t]+;.*$/, "", value)
        gsub(/\$pool/, name[pools], value)
        if (key ~ /^php_(admin_)?(value|flag)\[/) {
            sub(/^[^[]*\[/, "", key)
            sub(/\].*$/, "", key)
            ini[pools] = ini[pools] key "=" value "\n"
        } else one[pools, key] = value
    }
    if (status < 0) unread = unread (unread == "" ? "" : ", ") file
    close(file)
}

function listen_of(pool) {
    return one[pool, "listen"]
}

function listens(pool,    mine, port) {
    mine = listen_of(pool)
    if (socket == "" || mine == "") return 0
    if (mine == socket) return 1
    if (mine ~ /^\// && socket ~ /^\//) return system("[ " quoted(mine) " -ef " quoted(socket) " ]") == 0
    port = mine
    sub(/^.*:/, "", port)
    return port ~ /^[0-9]+$/ && socket ~ ("^(127\\.0\\.0\\.1|localhost|\\[::1\\]|0\\.0\\.0\\.0):" port "$")
}
