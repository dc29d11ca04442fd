# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# logs: of each, the end or what is new, read twice where signatures are asked for: by grep, which knows the lines with one
# of the literals, and by awk, which knows the records. Nothing but hits leaves this part.

part_logs() {
    list logs/files
    list logs/hits
    list logs/import
    set --
    if [ -n "$kind" ]; then
        if [ -d "$root/storage/logs" ] && { [ ! -r "$root/storage/logs" ] || [ ! -x "$root/storage/logs" ]; }; then
            missing logs/files "$root/storage/logs cannot be read by this user"
            missing logs/hits "$root/storage/logs cannot be read by this user"
        fi
        for each in "$root"/storage/logs/*.log; do if [ -f "$each" ]; then set -- "$@" "$each"; fi; done
    fi
    case $vhost_log in
        /*) ;;
        *) case $server in nginx) vhost_log=/var/log/nginx/error.log ;; apache) vhost_log=/var/log/apache2/error.log ;; esac ;;
    esac
    for each in "$vhost_log" "/var/log/php$site_version-fpm.log" /var/log/php-fpm/error.log; do
        if [ -n "$each" ] && [ -f "$each" ]; then set -- "$@" "$each"; fi
    done
    if [ $# -eq 0 ]; then
        ended logs
        return
    fi
    # Old logs of a daily channel are many: the newest ones tell.
    if [ $# -gt 40 ]; then
        saved=$IFS
        IFS=$nl
        set -f
        # shellcheck disable=SC2046,SC2012
        set -- $(ls -t -- "$@" | head -n 40)
        set +f
        IFS=$saved
    fi
    sizes=$(stat -L -c '%s %Y %i' "$@")
    # Marks the beginning of each log. No log has it in it: what is read was written before it was made.
    read -r mark </proc/sys/kernel/random/uuid
    {
        if [ -n "$opt_literals" ]; then logs_of "$@" | grep -a -n -o -F -e "$mark" -e "$opt_literals"; fi
        printf '%s\n' "$gs"
        logs_of "$@"
    } | literals=$opt_literals names=$vhost_names mark=$mark "$awk" -v SINCE="$opt_since" -v APP="$app_zone_seconds" -v HOST="$zone_seconds" "$AWK_lib$AWK_logs"
    ended logs
}

# Prints each log as the mark with what is known of it, and its text. Holes of a sparse file become one line, and no GS is in it.
logs_of() {
    for each in "$@"; do
        line=${sizes%%"$nl"*}
        sizes=${sizes#*"$nl"}
        size=${line%% *}
        name=${each#"$root/"}
        from=0
        if [ "$size" -gt "$opt_log_bytes" ]; then from=$((size - opt_log_bytes)); fi
        asked=
        case "$nl$opt_log_from" in
            *" $name$nl"* | *" $name")
                asked=${opt_log_from%%" $name"*}
                asked=${asked##*"$nl"}
                # A log that is shorter than before is another one.
                if [ "$asked" -gt "$size" ]; then asked=0; fi
                if [ "$asked" -gt "$from" ]; then from=$asked; fi
                ;;
        esac
        readable=false
        if [ -r "$each" ]; then readable=true; fi
        printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$mark" "$readable" "$from" "${asked:+1}" "$line" "$name"
        if [ "$readable" = false ] || [ "$from" -ge "$size" ]; then continue; fi
        if [ "$from" = 0 ]; then head -c "$size" "$each"; else tail -c "+$((from + 1))" "$each" | head -c "$((size - from))"; fi
        printf '\n'
    done | tr -s '\000\035' '[\n*]'
}
