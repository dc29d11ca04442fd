# Who of Ninjalift is at work for the V5 in $root: its lock in $folder, as migration/lock.py writes it.

BEGIN {
    name = ENVIRON["root"]
    gsub(/[\001-\057\072-\100\133-\136\140\173-\177]+/, "-", name)
    sub(/^-/, "", name)
    sub(/-$/, "", name)
    if (name == "") name = "root"
    while ((getline line < (ENVIRON["folder"] "/" name ".lock")) > 0) {
        at = index(line, " ")
        value[substr(line, 1, at - 1)] = substr(line, at + 1)
    }
    if (!("token" in value)) exit
    last = value["taken"] + 0
    if ((getline line < (ENVIRON["folder"] "/" name ".beat")) > 0 && line + 0 > last) last = line + 0
    # Its owner is gone: LEASE of migration/lock.py.
    if (UPTIME - last > 90 || UPTIME - last < -1) exit
    say("migration/lock/client", value["client"])
    say("migration/lock/host", value["host"])
    say("migration/lock/process", value["process"])
    put("migration/lock/age_seconds", int(UPTIME - value["taken"]))
    put("migration/lock/silent_seconds", UPTIME > last ? int(UPTIME - last) : 0)
}
