# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# host: the machine; probe: who asks.

# The processes that matter, and what else /proc tells.
part_processes() {
    pids=
    for each in /proc/[0-9]*; do pids="$pids ${each#/proc/}"; done
    me=
    while read -r name value rest; do
        if [ "$name" = Uid: ]; then
            uid=${rest%%["$tab "]*}
            break
        fi
    done </proc/self/status
    boot=0 init='' workers='' fpm_user='' running='' supervisor=''
    take "$(pids=$pids "$awk" -v ME="$uid" "$AWK_lib$AWK_host")"
    number probe/uid "$uid"
    say probe/user "$me"
}

part_host() {
    read -r name </proc/sys/kernel/hostname
    read -r kernel </proc/sys/kernel/osrelease
    say host/name "$name"
    say host/kernel "$kernel"
    if [ -r /proc/sys/kernel/arch ]; then read -r value </proc/sys/kernel/arch; else value=$(uname -m); fi
    say host/arch "$value"
    say host/init "$init"
    container=
    if [ -r /run/systemd/container ]; then read -r container </run/systemd/container
    elif [ -e /.dockerenv ]; then container=docker
    elif [ -e /run/.containerenv ]; then container=podman
    elif [ -r /proc/1/environ ]; then
        container=$(tr '\000' '\n' </proc/1/environ | grep '^container=')
        container=${container#container=}
    fi
    say host/container "$container"
    selinux=
    if [ -r /sys/fs/selinux/enforce ]; then
        read -r selinux </sys/fs/selinux/enforce || :
        case $selinux in
            1*) selinux=enforcing ;;
            *) selinux=permissive ;;
        esac
    fi
    say host/selinux "$selinux"
    if [ "$selinux" = enforcing ] && have getsebool; then
        for each in httpd_can_network_connect httpd_can_network_connect_db httpd_can_sendmail; do
            case $(limit 5 getsebool "$each") in
                *'--> on') number "host/selinux_booleans/$each" true ;;
                *'--> off') number "host/selinux_booleans/$each" false ;;
            esac
        done
    fi
    for each in curl wget openssl mysql mariadb mysqldump unzip crontab sudo systemctl journalctl timeout; do
        if where "$each"; then say "host/commands/$each" "$value"; fi
    done
    list host/python
    value=
    for each in /usr/bin/python3 /usr/bin/python3.[0-9] /usr/bin/python3.[0-9][0-9] /usr/local/bin/python3 \
        /usr/local/bin/python3.[0-9] /usr/local/bin/python3.[0-9][0-9] /usr/libexec/platform-python; do
        if [ ! -x "$each" ]; then continue; fi
        # Two names of one file need one question.
        if [ -z "$value" ] || [ ! "$each" -ef "$last" ]; then value=$("$each" --version 2>&1); fi
        last=$each
        object host/python
        say host/python/-/path "$each"
        say host/python/-/version "${value#Python }"
    done
    part_clock
}

part_clock() {
    case "$running " in
        *' chronyd '*)
            if have chronyc && value=$(limit 5 chronyc -n tracking); then
                case $value in
                    *'Leap status'*Normal*) number time/ntp_synchronized true ;;
                    *) number time/ntp_synchronized false ;;
                esac
                return
            fi
            ;;
    esac
    if [ -e /run/systemd/timesync/synchronized ]; then
        number time/ntp_synchronized true
    elif [ -n "$container" ]; then
        missing time/ntp_synchronized 'This is a container: its host keeps the clock'
    elif have timedatectl && value=$(limit 5 timedatectl show -p NTPSynchronized --value); then
        case $value in
            yes) number time/ntp_synchronized true ;;
            no) number time/ntp_synchronized false ;;
        esac
    else
        missing time/ntp_synchronized 'Neither chrony nor timedatectl says it'
    fi
}
