# Reads what access.inner.sh printed.

BEGIN {
    out("L\tpermissions/paths")
    out("L\tpermissions/parents_blocked")
    out("L\tpermissions/unwritable")
    counted = 1
}

/^P / {
    path = $0
    sub(/^P [^ ]* [^ ]* /, "", path)
    out("O\tpermissions/paths")
    say("permissions/paths/-/path", path)
    say("permissions/paths/-/kind", $2)
    yes("permissions/paths/-/exists", index($3, "x"))
    yes("permissions/paths/-/readable", index($3, "r"))
    yes("permissions/paths/-/writable", index($3, "w"))
    looked = 1
}

/^B / {
    append("permissions/parents_blocked", substr($0, 3))
}

/^U / {
    path = $0
    sub(/^U [^ ]* [^ ]* [^ ]* (\.\/)?/, "", path)
    if (++unwritable <= 20) {
        out("O\tpermissions/unwritable")
        say("permissions/unwritable/-/path", path)
        say("permissions/unwritable/-/owner", $2)
        mode = $3
        while (length(mode) < 4) mode = "0" mode
        say("permissions/unwritable/-/mode", mode)
    } else if (unwritable >= 20000) {
        counted = 0
        exit
    }
}

/^N$/ {
    counted = 0
}

END {
    put("permissions/unwritable_count", unwritable + 0)
    yes("permissions/counted_all", counted && looked)
}
