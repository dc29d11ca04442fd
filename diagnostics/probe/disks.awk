# Reads `df -k --output=size,avail,pcent,ipcent,target`, or else `df -P -k` and then `df -P -i`, of the paths in
# ENVIRON["asked"] ("what path" lines, in the order of df's lines).

BEGIN {
    count = split(ENVIRON["asked"], line_of, "\n") - 1
    while ((getline line < "/proc/mounts") > 0) {
        split(line, part, " ")
        gsub(/\\040/, " ", part[2])
        options[part[2]] = part[4]
    }
}

/^ *1K-blocks/ {
    short = 1
    row = 0
    for (i in total) delete total[i]
    next
}

short && /^ *[0-9]+ +[0-9]+ +([0-9]+%|-) +([0-9]+%|-) \// {
    row++
    total[row] = $1
    available[row] = $2
    used[row] = $3 + 0
    inodes[row] = $4
    mount[row] = $0
    sub(/^[^\/]*/, "", mount[row])
    next
}

/^Filesystem/ {
    short = 0
    table++
    row = 0
    next
}

# The name of a device may hold blanks, so the columns are counted from the percentage on.
match($0, /[ \t]+[0-9]+[ \t]+-?[0-9]+[ \t]+-?[0-9]+[ \t]+([0-9]+%|-)[ \t]+\//) {
    row++
    numbers = substr($0, RSTART, RLENGTH - 1)
    mount[row] = substr($0, RSTART + RLENGTH - 1)
    split(numbers, part, " ")
    if (table == 1) {
        total[row] = part[1]
        available[row] = part[3]
        used[row] = part[4] + 0
    } else inodes[row] = part[4]
}

END {
    for (i = 1; i <= count && i in total; i++) {
        what = line_of[i]
        sub(/ .*/, "", what)
        path = substr(line_of[i], length(what) + 2)
        out("O\tstorage/disks")
        say("storage/disks/-/what", what)
        say("storage/disks/-/path", path)
        say("storage/disks/-/mount", mount[i])
        put("storage/disks/-/total_bytes", total[i] * 1024)
        put("storage/disks/-/available_bytes", available[i] * 1024)
        put("storage/disks/-/used_percent", used[i])
        put("storage/disks/-/inodes_used_percent", inodes[i] ~ /%/ ? inodes[i] + 0 : "null")
        put("storage/disks/-/read_only", !(mount[i] in options) ? "null" : options[mount[i]] ~ /^ro(,|$)/ ? "true" : "false")
    }
    if (i <= count) out("M\tstorage/disks_all\tdf did not answer for all of them")
}
