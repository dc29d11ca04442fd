# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# What the parts use. The lines that they print are described in writer.awk.

say() { printf 'S\t%s\t%s\n' "$1" "$2"; }
number() { printf 'N\t%s\t%s\n' "$1" "$2"; }
fallback() { printf 'F\t%s\t%s\n' "$1" "$2"; }
append() { printf 'A\t%s\t%s\n' "$1" "$2"; }
object() { printf 'O\t%s\n' "$1"; }
list() { printf 'L\t%s\n' "$1"; }
missing() { printf 'M\t%s\t%s\n' "$1" "$2"; }
ended() { printf 'D\t%s\n' "$1"; }

# Sets value to the path of a command, "" where there is none; `command -v` in a substitution would cost a process each.
where() {
    saved=$IFS
    IFS=:
    for value in $PATH; do
        value=$value/$1
        if [ -f "$value" ] && [ -x "$value" ]; then
            IFS=$saved
            return 0
        fi
    done
    IFS=$saved
    value=
    return 1
}

# Whether a command is busybox, whose commands know less.
is_busybox() {
    where "$1" || return 1
    small=$value
    where busybox && [ "$small" -ef "$value" ]
}

have() { command -v "$1" >/dev/null; }

# Sets value to the seconds east of UTC of "+0130".
seconds_of() {
    value=${1#?}
    value=$(((1${value%??} - 100) * 3600 + (1${value#??} - 100) * 60))
    case $1 in -*) value=-$value ;; esac
}

# flag PATH COMMAND…: true or false, by the command's exit status.
flag() {
    flag_path=$1
    shift
    if "$@"; then number "$flag_path" true; else number "$flag_path" false; fi
}

# What an awk program printed: lines of the protocol, GS, and assignments for this shell. Each line is one write where other
# parts may write as well.
take() {
    case $1 in *"$gs"*) ;; *) return ;; esac
    if [ -n "$alone" ]; then
        printf '%s' "${1%%"$gs"*}"
    else
        saved=$IFS
        IFS=$nl
        set -f
        for line in ${1%%"$gs"*}; do printf '%s\n' "$line"; done
        set +f
        IFS=$saved
    fi
    eval "${1#*"$gs"}"
}

# limit SECONDS COMMAND…: where there is no `timeout`, the watchdog is the limit.
limit() {
    limit_seconds=$1
    shift
    if have timeout; then timeout "$limit_seconds" "$@"; else "$@"; fi
}

# The same as all that is left of a subshell, which saves a process.
limit_only() {
    limit_seconds=$1
    shift
    if have timeout; then exec timeout "$limit_seconds" "$@"; fi
    exec "$@"
}

# Sets value to the arguments as one text that a shell reads as these words again.
quoted() {
    value=
    for word in "$@"; do
        value="$value '"
        while :; do
            case $word in
                *\'*)
                    value=$value${word%%\'*}"'\\''"
                    word=${word#*\'}
                    ;;
                *) break ;;
            esac
        done
        value=$value$word"'"
    done
}

# The command as the web user; part_web_user says how. $run: exec, where it is all that is left of a subshell.
as_web() {
    case $become in
        setpriv) $run setpriv --reuid="$web_uid" --regid="$web_gid" --init-groups -- "$@" ;;
        runuser) $run runuser -u "$web_user" -- "$@" ;;
        su)
            quoted "$@"
            $run su -s /bin/sh "$web_user" -c "exec$value"
            ;;
        *) $run "$@" ;;
    esac
}

# As the web user where that can be, else as who we are.
as_web_limit() {
    if have timeout; then
        as_web timeout "$@"
    else
        shift
        as_web "$@"
    fi
}

# The same as all that is left of a subshell.
as_web_only() {
    run='exec'
    as_web_limit "$@"
}
