# Finds in cron's lines (journal: "1795650061.7 host CRON[1]: (www-data) CMD (cd /… && php artisan schedule:run)"; syslog: "Nov 25
# 23:41:01 …", or ISO 8601) the newest start of the schedule, and prints it. ENVIRON["root"]; -v NOW, -v ZONE (seconds east of UTC) for syslog.

/No journal files|Permission denied|insufficient permissions|not seeing messages/ {
    refused = 1
}

/CMD.*artisan/ && /schedule:run|ninja:send/ {
    if (index($0, "/artisan") && !index($0, ENVIRON["root"])) next
    if (/cd [\/'"]/ && !index($0, ENVIRON["root"])) next
    if ($1 ~ /^[0-9]+\.[0-9]+$/) at = int($1)
    else if ($1 ~ /^[0-9][0-9][0-9][0-9]-/) {
        split($1, part, /[-T:+.Z]/)
        at = epoch(part[1], part[2], part[3], part[4], part[5], part[6]) - offset($1)
    } else if (month_number($1)) {
        split($3, part, ":")
        year = year_of(NOW)
        at = epoch(year, month_number($1), $2, part[1], part[2], part[3]) - ZONE
        if (at > NOW + 86400) at = epoch(year - 1, month_number($1), $2, part[1], part[2], part[3]) - ZONE
    } else next
    if (at > newest) newest = at
}

END {
    if (newest) print newest
    else if (refused) print "denied"
}

function offset(text) {
    if (match(text, /[+-][0-9][0-9]:?[0-9][0-9]$/)) {
        text = substr(text, RSTART)
        gsub(/:/, "", text)
        return (substr(text, 1, 1) == "-" ? -1 : 1) * (substr(text, 2, 2) * 3600 + substr(text, 4, 2) * 60)
    }
    return 0
}

function year_of(time,    year) {
    for (year = 1970 + int(time / 31622400); epoch(year + 1, 1, 1, 0, 0, 0) <= time; year++) continue
    return year
}
