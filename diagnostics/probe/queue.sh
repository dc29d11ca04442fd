# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# queue: its driver as .env has it, the workers that run, and the services that keep them; the schedule's heartbeat.

part_queue() {
    if [ -z "$kind" ]; then
        missing queue 'No installation was found'
        return
    fi
    # What .env says; the PHP half knows what is in effect.
    if [ -r "$root/.env" ] && [ ! -f "$root/bootstrap/cache/config.php" ]; then
        value=${env_queue:-sync}
        case $value in
            *[!a-z_-]*) ;;
            *) fallback queue/driver "\"$value\"" ;;
        esac
    fi
    fallback queue/internal "$internal"
    list queue/workers
    read -r up rest </proc/uptime
    up=${up%%.*}
    printf '%s' "$workers" | while IFS=' ' read -r pid user started parent; do
        command=$(tr '\000' ' ' <"/proc/$pid/cmdline")
        case $command in
            *artisan*queue:work* | *artisan*queue:listen* | *artisan*horizon*) ;;
            *artisan*schedule:work*) ;;
            *) continue ;;
        esac
        object queue/workers
        number queue/workers/-/pid "$pid"
        say queue/workers/-/user "$user"
        number queue/workers/-/age_seconds $((up - started))
        say queue/workers/-/command "${command% }"
        case $command in
            *"$root/artisan"*) number queue/workers/-/this_root true ;;
            *) if [ -r "/proc/$pid/cwd" ]; then flag queue/workers/-/this_root [ "/proc/$pid/cwd" -ef "$root" ]; fi ;;
        esac
    done
}

# The file cache: its name for a key is the key's SHA-1 (Illuminate\Cache\FileStore). cache_file FIRST SECOND REST
cache_file() {
    set -- "$root/storage/framework/cache/data/$1/$2/$1$2$3"
    if [ -f "$1" ]; then value=$(stat -c %Y "$1"); else value=; fi
}

part_cache() {
    if [ "$kind" != v5 ] || [ ! -d "$root/storage/framework/cache/data" ]; then return; fi
    case $env_cache in '' | file) ;; *) return ;; esac
    # illuminate:queue:restart, which V5's schedule writes every five minutes where it runs the worker itself
    cache_file ee 2f 842aa7bb1f53edf3a2ed2c09a1807ffa6c90
    if [ -n "$value" ]; then printf 'Z\t%s\tcache\n' "$value"; fi
    # The schedule's lock on its worker: framework/schedule- and the SHA-1 of "* * * * *php artisan queue:work database
    # --stop-when-empty --memory=256" (Laravel 10 and newer; older ones have the path of PHP in it).
    if [ "$internal" = true ]; then
        found=
        php_real=$php_cli
        if [ -L "$php_cli" ]; then php_real=$(readlink -f "$php_cli"); fi
        for line in '* * * * *php artisan' "* * * * *'$php_real' 'artisan'"; do
            mutex "$line queue:work database --stop-when-empty --memory=256" ''
            if [ -n "$value" ]; then found=$value; fi
        done
        if [ -n "$found" ]; then
            fallback queue/mutex_age_seconds $((now - found))
            printf 'Z\t%s\tlock\n' "$found"
        else
            fallback queue/mutex_age_seconds null
        fi
    fi
    # The journal is more exact.
    if [ -n "$beat" ] && [ $((now - beat)) -lt 600 ]; then return; fi
    # Every five minutes queue-size-job leaves a mark that carries the time of day (CacheSchedulingMutex).
    for back in 0 300 600; do
        time=$((now - back - (now - back) % 300))
        clock=$((time + app_zone_seconds))
        hour=$((clock % 86400 / 3600 + 100))
        minute=$((clock % 3600 / 60 + 100))
        mutex queue-size-job "${hour#1}${minute#1}"
        if [ -n "$value" ]; then
            printf 'Z\t%s\tlock\n' "$value"
            break
        fi
    done
}

sha1() {
    value=$(printf '%s' "$1" | sha1sum)
    value=${value%% *}
}

# Sets value to the time of the schedule's mark for the event $1, with $2 behind its name; "" where there is none.
mutex() {
    sha1 "$1"
    sha1 "framework/schedule-$value$2"
    rest=${value#????}
    second=${value#??}
    cache_file "${value%"${value#??}"}" "${second%"${second#??}"}" "$rest"
}

# What cron, systemd and the journal say.
part_system() {
    part_cron
    part_units
    part_lock
    part_heartbeat
    part_cache
    ended system
}

part_units() {
    list queue/units
    number migration/unit null
    printf '%s' "$programs" | while IFS=' ' read -r name user; do
        object queue/units
        say queue/units/-/name "supervisor $name"
        say queue/units/-/user "$user"
        number queue/units/-/enabled true
        state=stopped
        printf '%s' "$workers" | while IFS=' ' read -r pid rest; do
            if [ -n "$supervisor" ] && [ "${rest##* }" = "$supervisor" ]; then exit 3; fi
        done
        if [ $? = 3 ]; then state=running; fi
        say queue/units/-/state "$state"
    done
    if ! have systemctl || [ ! -d /run/systemd/system ]; then
        missing cron/service/enabled 'systemd does not run here'
        return
    fi
    # shellcheck disable=SC2086
    limit_only 10 systemctl show --no-pager -p Id,LoadState,ActiveState,SubState,UnitFileState,User,NRestarts,ExecStart,WorkingDirectory \
        cron.service crond.service 'ninjalift-import-*' $units </dev/null | "$awk" "$AWK_lib$AWK_units"
}

# Who of Ninjalift is at work here.
part_lock() {
    number migration/lock null
    for each in /run/ninjalift/*.lock; do
        if [ ! -r "$each" ]; then break; fi
        read -r uptime rest </proc/uptime
        root=$root folder=/run/ninjalift "$awk" -v UPTIME="$uptime" "$AWK_lib$AWK_lock"
        break
    done
}

# When the schedule last ran: Z lines, of which the writer takes the newest.
part_heartbeat() {
    if [ -z "$kind" ]; then return; fi
    denied='' beat=''
    if have journalctl && [ -d /run/systemd/system ]; then
        beat=$(limit_only 10 journalctl -q -n 400 --no-pager -o short-unix -t CRON -t CROND -t crond -t cron 2>&1 |
            root=$root "$awk" "$AWK_lib$AWK_heartbeat")
    fi
    for each in /var/log/cron /var/log/cron.log /var/log/syslog; do
        case $beat in [0-9]*) break ;; esac
        if [ -f "$each" ] && [ ! -r "$each" ]; then denied=1; fi
        if [ -f "$each" ] && [ -r "$each" ]; then
            beat=$(tail -c 262144 "$each" | root=$root "$awk" -v NOW="$now" -v ZONE="$zone_seconds" "$AWK_lib$AWK_heartbeat")
        fi
    done
    case $beat in
        denied)
            denied=1
            beat=
            ;;
        [0-9]*) printf 'Z\t%s\tjournal\n' "$beat" ;;
    esac
    if [ -n "$denied" ]; then missing cron/heartbeat "This user may not read the journal and cron's log"; fi
}
