# Reads crontabs, scripts of cron, supervisor's and systemd's files (arguments), and prints cron/entries for those lines that
# mention artisan or this root. For the shell: the services whose units run artisan. ENVIRON: mine (crontab -l), me, root, root2.

BEGIN {
    held = 1
    root = ENVIRON["root"]
    root2 = ENVIRON["root2"]
    for (i = 1; i < ARGC; i++) {
        file = ARGV[i]
        name = file
        sub(/^.*\//, "", name)
        style = file ~ /\/(var\/spool\/cron|etc\/crontabs)\// ? "user" : file ~ /\/etc\/cron\.(hourly|daily|weekly|monthly)\// ? "script" : file ~ /supervisor/ ? "supervisor" : file ~ /\.timer$/ ? "timer" : file ~ /\.service$/ ? "service" : file ~ /anacrontab$/ ? "anacron" : "system"
        row = 0
        section = ""
        while ((getline line < file) > 0) {
            while (line ~ /\\$/ && style ~ /service|supervisor/ && (getline more < file) > 0) line = substr(line, 1, length(line) - 1) " " more
            read_line(line)
        }
        close(file)
        if (style == "supervisor") program_end()
    }
    file = "crontab -l"
    name = ENVIRON["me"]
    style = "user"
    count = split(ENVIRON["mine"], lines, "\n")
    for (i = 1; i <= count; i++) read_line(lines[i])
    units()
    printf "%s", "\035"
    print "units=" quoted(unit_list)
    print "programs=" quoted(programs)
    exit
}

function ours(text) {
    return text ~ /artisan/ || (root != "" && (index(text, root) || index(text, root2)))
}

function read_line(line,    text, disabled, schedule, user, part, n, i) {
    text = trim(line)
    if (style == "supervisor") {
        supervisor_line(text)
        return
    }
    if (style == "timer" || style == "service") {
        unit_line(text)
        return
    }
    if (text == "" || !ours(text)) return
    if (style == "script") {
        if (text ~ /^#/) return
        schedule = file
        sub(/^.*\/etc\/cron\./, "", schedule)
        sub(/\/.*$/, "", schedule)
        entry(file, "root", "@" schedule, text, name ~ /[^A-Za-z0-9_-]/)
        return
    }
    if (text ~ /^#/) {
        disabled = 1
        sub(/^[# \t]+/, "", text)
        # A comment in words is no job.
        if (text !~ /^([0-9*][^ \t]*[ \t]+[0-9*]|@)/) return
    }
    if (text ~ /^[A-Za-z_][A-Za-z0-9_]*[ \t]*=/) return
    if (style == "anacron") {
        if (text !~ /^[0-9@]/) return
        n = split(text, part, /[ \t]+/)
        schedule = "@" part[1] " days"
        for (i = 1; i <= 3; i++) sub(/^[^ \t]+[ \t]*/, "", text)
        entry(file, "root", schedule, text, disabled)
        return
    }
    if (text ~ /^@/) {
        split(text, part, /[ \t]+/)
        schedule = part[1]
        sub(/^[^ \t]+[ \t]+/, "", text)
    } else {
        for (i = 1; i <= 5; i++) {
            match(text, /^[^ \t]+/)
            schedule = schedule (i > 1 ? " " : "") substr(text, 1, RLENGTH)
            sub(/^[^ \t]+[ \t]*/, "", text)
        }
        if (schedule !~ /^[-0-9*\/,A-Za-z~ ]+$/) return
    }
    user = name
    if (style == "system") {
        match(text, /^[^ \t]+/)
        user = substr(text, 1, RLENGTH)
        sub(/^[^ \t]+[ \t]*/, "", text)
        # Debian's cron leaves files out whose name has a dot; others read them.
        if (file ~ /\/etc\/cron\.d\// && name ~ /[^A-Za-z0-9_-]/ && debian()) disabled = 1
    }
    entry(style == "user" ? "crontab of " user : file, user, schedule, text, disabled)
}

function debian(    line) {
    if (is_debian == "") {
        is_debian = (getline line < "/etc/debian_version") > 0 ? 1 : 0
        close("/etc/debian_version")
    }
    return is_debian
}

function entry(source, user, schedule, command, disabled,    kind, php) {
    kind = command ~ /schedule:(run|work)/ ? "schedule" : command ~ /queue:(work|listen)|horizon/ ? "queue" : command ~ /ninja:send-invoices/ ? "v4_invoices" : command ~ /ninja:send-reminders/ ? "v4_reminders" : "other"
    out("O\tcron/entries")
    say("cron/entries/-/source", source)
    say("cron/entries/-/user", user)
    say("cron/entries/-/schedule", schedule)
    yes("cron/entries/-/every_minute", every_minute(schedule))
    say("cron/entries/-/command", substr(command, 1, 500))
    say("cron/entries/-/kind", kind)
    yes("cron/entries/-/this_root", in_root(command))
    yes("cron/entries/-/disabled", disabled)
    php = ""
    if (match(command, /[^ \t&;|('"]*php[0-9.]*['"]?[ \t]+([^ \t]*\/)?['"]?(-[^ \t]+[ \t]+)*([^ \t]*\/)?artisan/)) {
        php = substr(command, RSTART, RLENGTH)
        sub(/['"]?[ \t].*$/, "", php)
    }
    if (php != "") say("cron/entries/-/php", php)
}

# Five fields of cron, or a timer's OnCalendar or OnUnitActiveSec.
function every_minute(schedule) {
    return schedule ~ /^(\*|\*\/1|0-59) \* \* \* \*$/ || schedule == "minutely" || schedule ~ /^(\*-\*-\* )?\*:(\*|0\/1|00\/1)(:00?)?$/ || schedule ~ /^(1 ?m(in(ute)?)?|60 ?s?(ec(onds?)?)?)$/
}

function in_root(text) {
    return has_path(text, root) || has_path(text, root2)
}

# Whether the path is in the text, and not only as the beginning of another one.
function has_path(text, path,    at, after) {
    if (path == "") return 0
    while (at = index(text, path)) {
        after = substr(text, at + length(path), 1)
        if (after !~ /[A-Za-z0-9_.-]/) return 1
        text = substr(text, at + length(path))
    }
    return 0
}

function supervisor_line(text) {
    if (text ~ /^\[/) {
        program_end()
        section = text ~ /^\[program:/ ? substr(text, 10, length(text) - 10) : ""
        return
    }
    if (section == "" || text ~ /^[;#]/) return
    if (text ~ /^command[ \t]*=/) command_of = trim(substr(text, index(text, "=") + 1))
    if (text ~ /^user[ \t]*=/) user_of = trim(substr(text, index(text, "=") + 1))
    if (text ~ /^directory[ \t]*=/) directory_of = trim(substr(text, index(text, "=") + 1))
}

function program_end() {
    if (section != "" && ours(command_of " " directory_of)) {
        entry("supervisor " section, user_of == "" ? "root" : user_of, "always", directory_of == "" ? command_of : "cd " directory_of " && " command_of, 0)
        if (command_of ~ /queue:(work|listen)|horizon/) programs = programs section " " (user_of == "" ? "root" : user_of) "\n"
    }
    section = command_of = user_of = directory_of = ""
}

function unit_line(text) {
    if (text ~ /^[#;]/) return
    if (text ~ /^(ExecStart|WorkingDirectory|User|OnCalendar|OnUnitActiveSec|Unit)[ \t]*=/) {
        key = trim(substr(text, 1, index(text, "=") - 1))
        if ((name, key) in unit && key != "OnCalendar") return
        unit[name, key] = unit[name, key] (length(unit[name, key]) ? "; " : "") trim(substr(text, index(text, "=") + 1))
        unit_name[name] = 1
    }
}

function units(    each, service, command, user) {
    for (each in unit_name) {
        if (each ~ /\.service$/ && ours(unit[each, "ExecStart"] " " unit[each, "WorkingDirectory"]) && unit[each, "ExecStart"] ~ /artisan/) unit_list = unit_list each " "
        if (each !~ /\.timer$/) continue
        service = unit[each, "Unit"]
        if (service == "") {
            service = each
            sub(/\.timer$/, ".service", service)
        }
        command = unit[service, "ExecStart"]
        if (unit[service, "WorkingDirectory"] != "") command = "cd " unit[service, "WorkingDirectory"] " && " command
        if (!ours(command)) continue
        user = unit[service, "User"] == "" ? "root" : unit[service, "User"]
        entry(each, user, unit[each, "OnCalendar"] != "" ? unit[each, "OnCalendar"] : unit[each, "OnUnitActiveSec"], command, 0)
        timers = timers each " "
    }
    unit_list = unit_list timers
}
