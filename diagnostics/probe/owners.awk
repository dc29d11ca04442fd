# Reads lines "owner mode type path" of what is below the directories that must be writable.

BEGIN {
    out("L\tpermissions/world_writable")
}

/^cut$/ {
    cut = 1
    next
}

NF >= 4 {
    if (++seen > 200000) {
        cut = 1
        exit
    }
    path = $0
    sub(/^[^ ]* [^ ]* [^ ]* (\.\/)?/, "", path)
    # "81a4" is how stat says it of a file.
    type = length($3) == 1 ? $3 : $3 ~ /^8/ ? "f" : $3 ~ /^a/ ? "l" : "d"
    if (path !~ /^public\//) owners[$1]++
    if (type == "f" && path ~ /^storage\/framework\/sessions\/[^.]/) sessions++
    if (type != "l" && $2 ~ /[2367]$/ && ++world <= 20) append("permissions/world_writable", path)
}

END {
    for (name in owners) put("permissions/owners/" name, owners[name])
    if (cut) out("M\tpermissions/owners_all\tThere are too many files to count them all")
    put("storage/sessions", sessions + 0)
}
