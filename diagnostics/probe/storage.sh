# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# storage: disks; mail/sendmail.

part_storage() {
    list storage/disks
    names='root storage logs tmp'
    set -- "${root:-/}" "$root/storage" "$root/storage/logs" /tmp
    if [ -z "$kind" ]; then
        names='root tmp'
        set -- / /tmp
    fi
    case $env_db_host in
        '' | localhost | 127.0.0.1 | ::1)
            for each in /var/lib/mysql /var/lib/mariadb /var/lib/mysql-files; do
                if [ -d "$each" ]; then
                    names="$names database"
                    set -- "$@" "$each"
                    break
                fi
            done
            ;;
    esac
    # df leaves out what is not there; so what is asked must be.
    asked=
    for each in $names; do
        if [ -e "$1" ]; then
            asked="$asked$each $1$nl"
            set -- "$@" "$1"
        fi
        shift
    done
    {
        # Older and smaller ones do not know --output.
        limit 10 df -k --output=size,avail,pcent,ipcent,target "$@" || {
            limit 10 df -P -k "$@"
            limit 10 df -P -i "$@"
        }
    } | asked=$asked "$awk" "$AWK_lib$AWK_disks"
    if [ -n "$kind" ]; then
        if [ -L "$root/public/storage" ]; then
            if [ -d "$root/public/storage" ]; then value='link'; else value='broken link'; fi
        elif [ -d "$root/public/storage" ]; then value=directory
        else value=missing
        fi
        say storage/public_storage "$value"
    fi
    if where sendmail; then
        say mail/sendmail "$value"
    elif [ -x /usr/lib/sendmail ]; then
        say mail/sendmail /usr/lib/sendmail
    else
        say mail/sendmail ''
    fi
}
