# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# web: the web server and its virtual host for this installation; web_user: who runs the application for the web.

# Prints those of the arguments that are files, one a line.
files_of() {
    for each in "$@"; do if [ -f "$each" ]; then printf '%s\n' "$each"; fi; done
}

part_web() {
    vhost_found='' vhost_socket='' vhost_certificates='' vhost_log='' vhost_names='' apache_module='' apache_ini='' server=''
    nginx_conf=
    for each in /etc/nginx/nginx.conf /usr/local/nginx/conf/nginx.conf /usr/local/openresty/nginx/conf/nginx.conf \
        /usr/local/etc/nginx/nginx.conf /www/server/nginx/conf/nginx.conf /opt/nginx/conf/nginx.conf; do
        if [ -r "$each" ]; then
            nginx_conf=$each
            break
        fi
    done
    apache_conf=
    if [ -r /etc/apache2/apache2.conf ]; then
        apache_conf=/etc/apache2
        set -- /etc/apache2/apache2.conf /etc/apache2/ports.conf /etc/apache2/mods-enabled/*.load \
            /etc/apache2/mods-enabled/*.conf /etc/apache2/conf-enabled/*.conf /etc/apache2/sites-enabled/*
    elif [ -r /etc/httpd/conf/httpd.conf ]; then
        apache_conf=/etc/httpd
        set -- /etc/httpd/conf/httpd.conf /etc/httpd/conf.modules.d/*.conf /etc/httpd/conf.d/*.conf
    else
        set --
    fi
    # Where both are there, the one that runs speaks for the site.
    case "$running " in
        *' nginx '*) ;;
        *' apache2 '* | *' httpd '*) if [ -n "$apache_conf" ]; then nginx_conf=; fi ;;
    esac
    host_lines=
    if [ -n "$nginx_conf" ]; then
        server=nginx
        directory=${nginx_conf%/*}
        files=$(files_of "$directory"/* "$directory"/*/*)
        found=$(files=$files pub=$public pub2=${root_physical:+$root_physical/public} host=$site_host \
            "$awk" -v MAIN="$nginx_conf" "$AWK_lib$AWK_web")
    elif [ -n "$apache_conf" ]; then
        server=apache
        files=$(files_of "$@")
        found=$(files=$files pub=$public pub2=${root_physical:+$root_physical/public} host=$site_host "$awk" "$AWK_lib$AWK_apache")
    else
        found=
        if [ -d /etc/nginx ] || [ -d /etc/apache2 ] || [ -d /etc/httpd ]; then
            missing web "The web server's configuration cannot be read by this user"
        else
            number web/vhost/found false
        fi
    fi
    take "$found"
    case "$running " in
        *' nginx '*) number web/running true ;;
        *' apache2 '* | *' httpd '*) number web/running true ;;
        *) number web/running false ;;
    esac
    say web/server "$server"
    case $vhost_socket in
        /*) flag web/vhost/php_socket_exists [ -S "$vhost_socket" ] ;;
        *:*) number web/vhost/php_socket_exists true ;;
    esac
    pool_found=0 pool_name='' pool_file='' pool_user='' pool_listen='' pool_timeout='' pool_ini='' fpm_unread=''
    files=$(files_of /etc/php/*/fpm/pool.d/*.conf /etc/php-fpm.d/*.conf /etc/opt/remi/php*/php-fpm.d/*.conf \
        /etc/php*/php-fpm.d/*.conf /usr/local/etc/php-fpm.d/*.conf /opt/remi/php*/root/etc/php-fpm.d/*.conf \
        /etc/php/*/php-fpm.d/*.conf)
    if [ -n "$files" ]; then take "$(files=$files socket=$vhost_socket "$awk" "$AWK_lib$AWK_fpm")"; fi
}

# Sets web_user, and become: how this script runs a command as that user ("" where it is that user, no where it cannot).
part_web_user() {
    web_user='' source='' become=no web_uid='' web_gid=''
    if [ -n "$pool_user" ]; then
        web_user=$pool_user
        source=pool
    elif [ -n "$fpm_user" ] && [ "$server" != apache ]; then
        web_user=$fpm_user
        source=process
    else
        case $running in
            *apache-user:*)
                web_user=${running#*apache-user:}
                web_user=${web_user%% *}
                source=process
                ;;
        esac
    fi
    if [ -z "$web_user" ] && [ -n "$kind" ]; then
        for each in "$root/storage/framework" "$root/storage" "$root"; do
            if [ -e "$each" ]; then
                web_user=$(stat -c %U "$each")
                source=owner
                break
            fi
        done
    fi
    if [ -z "$web_user" ] || [ "$web_user" = UNKNOWN ]; then
        web_user=
        missing web_user 'No PHP-FPM pool, process or owner says who runs the application'
    else
        say web_user/name "$web_user"
        say web_user/source "$source"
        while IFS=: read -r name rest; do
            if [ "$name" = "$web_user" ]; then
                rest=${rest#*:}
                web_uid=${rest%%:*}
                rest=${rest#*:}
                web_gid=${rest%%:*}
                break
            fi
        done </etc/passwd
        if [ -z "$web_uid" ] && have id; then
            web_uid=$(id -u "$web_user")
            web_gid=$(id -g "$web_user")
        fi
        if [ "$me" = "$web_user" ] || [ "$uid" = "$web_uid" ]; then
            become=
        elif [ "$uid" = 0 ] && [ -n "$web_uid" ]; then
            # Busybox's setpriv does other things.
            for each in setpriv runuser su; do
                if have "$each" && { [ "$each" != setpriv ] || ! is_busybox setpriv; }; then
                    become=$each
                    break
                fi
            done
        fi
    fi
}

# What the web server itself says of its configuration; it may ask name servers, so it has a limit.
# shellcheck disable=SC2016
part_web_test() {
    case $server in
        nginx)
            # With both, it says its version and tests.
            if [ "$uid" = 0 ]; then set -- nginx -v -t; else set -- nginx -v; fi
            ;;
        apache)
            for each in apachectl apache2ctl httpd; do if have "$each"; then break; fi; done
            if [ "$uid" = 0 ]; then set -- sh -c '"$1" -v; exec "$1" -t' sh "$each"; else set -- "$each" -v; fi
            ;;
        *) return ;;
    esac
    value=$(limit_only 10 "$@" 2>&1)
    status=$?
    case $value in
        *'version: '*/*)
            version=${value#*version: }
            version=${version#*/}
            say web/version "${version%%["$nl "]*}"
            ;;
    esac
    if [ "$uid" != 0 ]; then
        missing web/config_ok "Only root can test the web server's configuration"
    elif [ "$status" = 0 ]; then
        number web/config_ok true
    elif [ "$status" -ge 124 ]; then
        missing web/config_ok "The test of the web server's configuration did not end in time, or is not there"
    else
        number web/config_ok false
        printf '%s\n' "$value" | "$awk" "$AWK_lib"'{ if (length(all) < 1500) all = all (NR > 1 ? "\036" : "") $0 } END { out("ST\tweb/config_error\t" all) }'
    fi
}
