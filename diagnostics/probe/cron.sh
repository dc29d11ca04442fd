# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# cron: every place where a job of this installation can stand, and whether the schedule really runs.

part_cron() {
    case "$running " in
        *' cron '*) value=cron ;;
        *' crond '*) value=crond ;;
        *) value= ;;
    esac
    if [ -n "$value" ]; then
        say cron/service/name "$value"
        number cron/service/running true
    else
        for each in crond cron; do if have "$each"; then value=$each; fi; done
        if [ -n "$value" ]; then
            say cron/service/name "$value"
            number cron/service/running false
        else
            say cron/service/name ''
            number cron/service/running false
        fi
    fi
    list cron/entries
    set --
    for each in /etc/crontab /etc/anacrontab /etc/cron.d/*; do
        case $each in */.placeholder) continue ;; esac
        if [ -f "$each" ]; then set -- "$@" "$each"; fi
    done
    all_read=true
    for each in /var/spool/cron/crontabs /var/spool/cron /etc/crontabs; do
        if [ ! -d "$each" ]; then continue; fi
        if [ ! -r "$each" ]; then all_read=false; fi
        for file in "$each"/*; do
            if [ -f "$file" ]; then
                if [ -r "$file" ]; then set -- "$@" "$file"; else all_read=false; fi
            fi
        done
    done
    number cron/user_crontabs "$all_read"
    if [ "$all_read" = false ]; then missing cron/user_crontabs 'Only root can read the crontabs of all users'; fi
    for each in /etc/cron.hourly/* /etc/cron.daily/* /etc/cron.weekly/* /etc/cron.monthly/*; do
        case $each in */.placeholder) ;; *) if [ -f "$each" ]; then set -- "$@" "$each"; fi ;; esac
    done
    for each in /etc/supervisor/conf.d/*.conf /etc/supervisor/supervisord.conf /etc/supervisord.conf /etc/supervisord.d/*; do
        if [ -f "$each" ]; then set -- "$@" "$each"; fi
    done
    for each in /etc/systemd/system/*.timer /etc/systemd/system/*.service /run/systemd/system/*.service \
        /usr/lib/systemd/system/*ninja*.service /usr/lib/systemd/system/*ninja*.timer /usr/local/lib/systemd/system/*; do
        if [ -f "$each" ]; then set -- "$@" "$each"; fi
    done
    mine=
    if [ "$all_read" = false ] && have crontab; then mine=$(limit 5 crontab -l); fi
    units=
    take "$(mine=$mine me=$me root=$root root2=$root_physical "$awk" "$AWK_lib$AWK_cron" "$@")"
}
