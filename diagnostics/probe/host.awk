# Reads /proc and /etc/os-release, prints host/, and for the shell: the processes that matter (PHP workers, web servers, cron).

BEGIN {
    held = 1
    os_release()
    if ((getline line < "/proc/meminfo") > 0) {
        do {
            split(line, part, " ")
            memory[part[1]] = part[2]
        } while ((getline line < "/proc/meminfo") > 0)
        put("host/memory/total_bytes", memory["MemTotal:"] * 1024)
        if ("MemAvailable:" in memory) available = memory["MemAvailable:"]
        else available = memory["MemFree:"] + memory["Cached:"]
        put("host/memory/available_bytes", available * 1024)
        put("host/memory/swap_bytes", memory["SwapTotal:"] * 1024)
    }
    while ((getline line < "/proc/stat") > 0) {
        if (line ~ /^cpu[0-9]/) cpus++
        if (line ~ /^btime /) boot = substr(line, 7) + 0
    }
    put("host/cpus", cpus)
    if ((getline line < "/proc/uptime") > 0) put("host/uptime_seconds", int(line + 0))
    if ((getline line < "/proc/loadavg") > 0) put("host/load1", line + 0)
    while ((getline line < "/proc/vmstat") > 0) if (line ~ /^oom_kill /) put("host/oom_kills", substr(line, 10) + 0)
    addresses()
    users()
    processes()
    printf "%s", "\035"
    assign("boot", boot)
    assign("init", comm_of[1])
    assign("workers", workers)
    assign("fpm_user", fpm_user)
    assign("running", running " ")
    assign("supervisor", supervisor)
    assign("me", name_of[ME])
}

function assign(name, value) {
    print name "=" quoted(value)
}

function os_release(    file, line, at, name, value, found) {
    for (file = "/etc/os-release"; file != ""; file = file == "/etc/os-release" ? "/usr/lib/os-release" : "") {
        while ((getline line < file) > 0) {
            at = index(line, "=")
            name = substr(line, 1, at - 1)
            value = substr(line, at + 1)
            gsub(/^["']|["']$/, "", value)
            if (name == "ID") say("host/os/id", value)
            if (name == "VERSION_ID") say("host/os/version", value)
            if (name == "PRETTY_NAME") say("host/os/name", value)
            found = 1
        }
        if (found) return
    }
    if ((getline line < "/etc/redhat-release") > 0) say("host/os/name", line)
}

# The host's own addresses are no secret of anybody: I lines.
function addresses(    line, part, last) {
    while ((getline line < "/proc/net/fib_trie") > 0) {
        if (line ~ /\|-- /) {
            split(line, part, /\|-- /)
            last = part[2]
        } else if (line ~ /\/32 host LOCAL/ && !(last in own)) {
            own[last] = 1
            out("I\t" last)
        }
    }
    while ((getline line < "/proc/net/if_inet6") > 0) out("I\t" six(substr(line, 1, 32)))
}

# An IPv6 address as people write it, of 32 hexadecimal digits.
function six(digits,    i, group, text) {
    for (i = 0; i < 8; i++) {
        group = substr(digits, i * 4 + 1, 4)
        sub(/^0+/, "", group)
        if (group == "") group = "0"
        text = text (i ? ":" : "") group
    }
    if (match(":" text ":", /:0(:0)+:/)) {
        text = ":" text ":"
        text = substr(text, 1, RSTART - 1) "::" substr(text, RSTART + RLENGTH)
        if (text !~ /^::/) sub(/^:/, "", text)
        if (text !~ /::$/) sub(/:$/, "", text)
    }
    return text
}

function users(    line, part) {
    while ((getline line < "/etc/passwd") > 0) {
        split(line, part, ":")
        if (!(part[3] in name_of)) name_of[part[3]] = part[1]
    }
}

# The user that a process runs as.
function user_of(pid,    file, line, part, uid) {
    file = "/proc/" pid "/status"
    while ((getline line < file) > 0)
        if (line ~ /^Uid:/) {
            split(line, part)
            uid = part[3]
            break
        }
    close(file)
    return uid in name_of ? name_of[uid] : uid
}

function processes(    i, count, pid, file, line, comm, field, list) {
    count = split(ENVIRON["pids"], list, " ")
    for (i = 1; i <= count; i++) {
        pid = list[i]
        file = "/proc/" pid "/stat"
        if ((getline line < file) <= 0) continue
        close(file)
        comm = line
        sub(/^[0-9]+ \(/, "", comm)
        sub(/\) [A-Za-z] .*$/, "", comm)
        comm_of[pid] = comm
        sub(/^.*\) /, "", line)
        split(line, field, " ")
        if (comm ~ /^php-fpm/) {
            running = running " " comm ":" pid
            if (field[2] in comm_of && comm_of[field[2]] ~ /^php-fpm/) {
                if (fpm_user == "") fpm_user = user_of(pid)
            } else masters = masters " " pid
        } else if (comm ~ /^php/) workers = workers pid " " user_of(pid) " " int(field[20] / 100) " " field[2] "\n"
        else if (comm ~ /^(nginx|apache2|httpd|cron|crond|anacron|supervisord|chronyd|ntpd|ntpsec|systemd-timesyn|mysqld|mariadbd|redis-server)$/) {
            if (index(running, " " comm " ") == 0) running = running " " comm " "
            if (comm == "supervisord") supervisor = pid
            if (comm ~ /^(apache2|httpd)$/ && user_of(pid) != "root") running = running " apache-user:" user_of(pid) " "
        }
    }
}
