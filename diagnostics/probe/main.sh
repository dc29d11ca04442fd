# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# In which order the parts run, and what ends them.

# Everything that the probe prints. The writer ends at the line E, so that nothing that hangs can hold the document back.
main() {
    if [ -n "${1:-}" ]; then opt_root=$1; fi
    LC_ALL=C
    PATH=${PATH:-/usr/bin:/bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
    export LC_ALL PATH
    unset GREP_OPTIONS POSIXLY_CORRECT CDPATH
    umask 077
    nl='
'
    tab='	'
    gs=$(printf '\035')
    cr=$(printf '\r')
    soh=$(printf '\001')
    if ! have awk; then
        printf 'The probe needs awk, and this host has none\n'
        return
    fi
    find_awk
    # By exec: otherwise the shell keeps what was there before, and who waits for its end waits for what hangs.
    document=$(exec </dev/null 2>/dev/null; gather | "$awk" "$AWK_lib$AWK_redact$AWK_writer")
    case $document in
        "$gs"*) pseudonyms ;;
        *) printf '%s\n' "$document" ;;
    esac
}

# Sets awk: mawk starts in half the time, and takes a third of it for the rest; but the old 1.3.3 knows less than others.
find_awk() {
    awk='awk'
    if ! have mawk; then return; fi
    case $(mawk -W version 2>&1 </dev/null) in 'mawk 1.3.4 '* | 'mawk 1.'[4-9]*) awk=mawk ;; esac
}

# The writer printed GS salt, "kind value" lines, GS, and the document with the places of these pseudonyms.
pseudonyms() {
    document=${document#"$gs"}
    values=${document%%"$gs"*}
    document=${document#*"$gs"}
    salt=${values%%"$nl"*}
    values=${values#*"$nl"}
    salt=${opt_salt:-$salt}
    digest=
    for each in sha256sum 'openssl dgst -sha256 -r' 'busybox sha256sum' 'shasum -a 256'; do
        if have "${each%% *}"; then
            digest=$each
            break
        fi
    done
    if [ -z "$salt" ]; then digest=; fi
    {
        printf '%s' "$values" | while IFS=' ' read -r sort rest; do
            printf '%s ' "$sort"
            if [ "${rest#"$soh "}" != "$rest" ]; then
                printf '%s\n' "${rest#"$soh "}"
            elif [ -n "$digest" ]; then
                printf '%s\n%s\n%s' "$salt" "$sort" "$rest" | $digest
            else
                printf -- '-\n'
            fi
        done
        printf '%s\n%s\n' "$gs" "$document"
    } 2>/dev/null | "$awk" "$AWK_names"
}

# The worker, and the watchdog that ends it.
gather() {
    read -r began rest </proc/uptime
    printf 'B\t%s\n' "$began"
    read -r self rest </proc/self/stat
    trap : USR1
    worker &
    work=$!
    watchdog "$work" "$self" &
    dog=$!
    if wait "$work"; then
        kill "$dog"
        printf 'E\t1\n'
    else
        printf '\nE\t0\n'
    fi
    # mawk sees a line when it has all of its buffer, or the end; which does not come while something hangs.
    printf '%16384s\n' ''
}

# $1: the worker, $2: the shell that waits for it; it is told, because a process in a dead file system does not end.
watchdog() {
    trap 'kill $!; exit 0' TERM
    sleep "$opt_limit" >&- &
    wait $!
    trap '' TERM
    kill_tree "$1"
    kill -USR1 "$2"
}

# Ends $1, its children, and theirs. They are stopped first: whose parent ended before them would not be found.
kill_tree() {
    tree=$1
    while :; do
        # shellcheck disable=SC2086
        kill -STOP $tree
        found="$1 $("$awk" -v top="$1" "$AWK_tree")"
        if [ "$found" = "$tree" ]; then break; fi
        tree=$found
    done
    # shellcheck disable=SC2086
    kill -9 $tree
}

# Runs the parts. Those that may take long run beside the others; each line that they print is one write, and short
# enough to be whole in the pipe.
worker() {
    root='' root_physical='' kind='' public='' web_user='' become=no php_cli='' alone=1 run=''
    part_options
    part_app
    part_env
    part_processes
    part_web
    part_web_user
    find_php
    alone=
    # It takes longest, so nothing that it does not need comes before it.
    part_php &
    part_system &
    part_fpm &
    part_files &
    part_logs &
    part_host
    part_queue
    part_storage
    wait
}

part_options() {
    # shellcheck disable=SC2046
    set -- $(date '+%s %z')
    now=${1:-0}
    number time/epoch "$now"
    say time/timezone "${2:-+0000}"
    seconds_of "${2:-+0000}"
    zone_seconds=$value
    app_zone_seconds=0
    number probe/limit_seconds "$opt_limit"
    say probe/root_asked "$opt_root"
    if [ -n "$opt_company_key" ]; then printf 'K\t%s\n' "$opt_company_key"; fi
}
