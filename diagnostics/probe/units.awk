# Reads what `systemctl show` prints, a paragraph for each unit.

{
    if ($0 == "") {
        unit()
        next
    }
    at = index($0, "=")
    value[substr($0, 1, at - 1)] = substr($0, at + 1)
}

END {
    unit()
}

function unit(    name) {
    name = value["Id"]
    if (name != "" && value["LoadState"] == "loaded") {
        if (name ~ /^crond?\.service$/) yes("cron/service/enabled", value["UnitFileState"] ~ /^enabled/)
        else if (name ~ /^ninjalift-import-/) {
            if (value["ActiveState"] ~ /^(active|activating|deactivating|reloading)$/) {
                say("migration/unit/name", name)
                say("migration/unit/state", value["ActiveState"])
            }
        } else if (name ~ /\.service$/ && value["ExecStart"] ~ /queue:(work|listen)|horizon|schedule:work/) {
            out("O\tqueue/units")
            say("queue/units/-/name", name)
            say("queue/units/-/state", value["ActiveState"])
            yes("queue/units/-/enabled", value["UnitFileState"] ~ /^enabled/)
            say("queue/units/-/user", value["User"] == "" ? "root" : value["User"])
            if (value["NRestarts"] != "") put("queue/units/-/restarts", value["NRestarts"])
        }
    }
    for (name in value) delete value[name]
}
