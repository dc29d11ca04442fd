# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# php: which PHP there are, the one of the site's pool by effect, and the part of the probe that is PHP.

# Prints every PHP with its version and what it is: path, version of its name or "", sapi.
php_names() {
    for each in /usr/bin/php /usr/bin/php[0-9]* /usr/local/bin/php /usr/local/bin/php[0-9]* /opt/remi/php*/root/usr/bin/php \
        /opt/plesk/php/*/bin/php /opt/cpanel/ea-php*/root/usr/bin/php /www/server/php/*/bin/php; do
        case $each in *-* | *config* | *ize*) case $each in */ea-php*) ;; *) continue ;; esac ;; esac
        if [ -x "$each" ]; then printf 'cli %s\n' "$each"; fi
    done
    for each in /usr/sbin/php-fpm /usr/sbin/php-fpm[0-9]* /usr/local/sbin/php-fpm /usr/local/sbin/php-fpm[0-9]* \
        /opt/remi/php*/root/usr/sbin/php-fpm /opt/plesk/php/*/sbin/php-fpm /opt/cpanel/ea-php*/root/usr/sbin/php-fpm \
        /www/server/php/*/sbin/php-fpm; do
        if [ -x "$each" ]; then printf 'fpm %s\n' "$each"; fi
    done
}

# The program of the pool's PHP, by where its file lies.
fpm_binary() {
    case $pool_file in
        /etc/php/[0-9]*/fpm/*)
            value=${pool_file#/etc/php/}
            value=/usr/sbin/php-fpm${value%%/*}
            ;;
        /etc/opt/remi/*)
            value=${pool_file#/etc/opt/remi/}
            value=/opt/remi/${value%%/*}/root/usr/sbin/php-fpm
            ;;
        /opt/remi/*) value=${pool_file%%/root/*}/root/usr/sbin/php-fpm ;;
        /usr/local/*) value=/usr/local/sbin/php-fpm ;;
        /etc/php[0-9]*)
            value=${pool_file#/etc/php}
            value=/usr/sbin/php-fpm${value%%/*}
            ;;
        *) value=/usr/sbin/php-fpm ;;
    esac
}

# Sets php_cli: the command-line PHP of the version that serves the site, else `php`.
find_php() {
    php_cli='' fpm='' site_version=''
    if [ "$pool_found" = 1 ]; then
        fpm_binary
        if [ -x "$value" ]; then fpm=$value; fi
        case $pool_file in
            /etc/php/[0-9]*)
                site_version=${pool_file#/etc/php/}
                site_version=${site_version%%/*}
                ;;
        esac
        # /opt/remi/php82/root/usr/sbin/php-fpm and /usr/sbin/php-fpm8.2 have theirs beside them.
        each=${fpm##*/php-fpm}
        for each in "${fpm%/sbin/php-fpm*}/bin/php$each" "/usr/bin/php$site_version"; do
            if [ -x "$each" ] && [ -f "$each" ]; then
                php_cli=$each
                break
            fi
        done
    elif [ -n "$apache_module" ]; then
        site_version=${apache_module##*libphp}
        site_version=${site_version%.so}
        if [ -n "$site_version" ] && [ -x "/usr/bin/php$site_version" ]; then php_cli=/usr/bin/php$site_version; fi
    fi
    if [ -z "$php_cli" ] && where php; then php_cli=$value; fi
    if [ -z "$php_cli" ]; then
        for each in /opt/remi/php*/root/usr/bin/php /usr/bin/php[0-9]*; do if [ -x "$each" ]; then php_cli=$each; fi; done
    fi
    find_fpm_ini
}

# Sets fpm_ini to the folder with the php.ini of the pool's PHP, where the PHP half can tell of it: both programs are from one
# build of Debian's packages. `php-fpm -i` would load every extension a second time.
find_fpm_ini() {
    fpm_ini='' pool_list=''
    case $pool_file in "/etc/php/$site_version/fpm/"*) ;; *) return ;; esac
    if [ "$php_cli" != "/usr/bin/php$site_version" ] || [ -z "$fpm" ] || { [ "$become" = no ] && [ "$uid" = 0 ]; }; then return; fi
    if [ "$fpm" -nt "$php_cli" ] || [ "$fpm" -ot "$php_cli" ]; then return; fi
    saved=$IFS
    IFS=$nl
    set -f
    for each in $pool_ini; do
        case $each in *[\'\\]*) pool_list=no ;; esac
        pool_list="$pool_list'${each%%=*}' => '${each#*=}',"
    done
    set +f
    IFS=$saved
    case $pool_list in no*) pool_list= ;; *) fpm_ini=/etc/php/$site_version/fpm ;; esac
}

part_php_versions() {
    list php/versions
    php_names | while IFS=' ' read -r sapi path; do
        value=
        # A name such as php8.2, its own or of the same file, tells the version; only else is it asked for.
        for each in "$path" "$path"[0-9].[0-9]; do
            case $each in
                *[0-9].[0-9] | *[0-9].[0-9][0-9])
                    if [ "$each" -ef "$path" ]; then
                        value=${each##*/}
                        value=${value##*[a-z]}
                    fi
                    ;;
            esac
        done
        if [ -z "$value" ]; then
            value=$(limit 5 "$path" -n -v)
            value=${value#PHP }
            value=${value%% *}
            case $value in [!0-9]* | *[!0-9A-Za-z.+~-]*) value= ;; esac
        fi
        object php/versions
        say php/versions/-/path "$path"
        say php/versions/-/version "$value"
        say php/versions/-/sapi "$sapi"
    done
}

# The PHP that serves the site, as it is configured for the web.
part_fpm() {
    part_php_versions
    if [ "$pool_found" = 1 ] || [ -n "$fpm_user" ] && [ -z "$apache_module" ]; then
        say php/web/kind fpm
    elif [ -n "$apache_module" ]; then
        say php/web/kind apache
        say php/web/binary "$apache_module"
        case $site_version in *.*) say php/web/version "$site_version" ;; esac
        missing php/web/extensions "Apache's PHP module cannot be asked without a request"
        missing php/web/ini "Apache's PHP module cannot be asked without a request"
        flag php/web/running apache_runs
        say php/web/user "$web_user"
    else
        say php/web/kind ''
    fi
    if [ "$pool_found" = 1 ]; then
        say php/web/user "$pool_user"
        say php/web/listen "$pool_listen"
        say php/web/pool "$pool_file"
        flag php/web/running fpm_runs
        if [ -n "$fpm" ]; then
            say php/web/binary "$fpm"
            say php/web/ini/request_terminate_timeout "${pool_timeout:-0}"
            if [ -z "$fpm_ini" ]; then ask_fpm; fi
        else
            missing php/web/ini "The program of the pool in $pool_file was not found"
        fi
    elif [ -n "$fpm_unread" ]; then
        missing php/web "$fpm_unread cannot be read by this user"
    elif [ -z "$apache_module" ]; then
        missing php/web 'No pool of PHP-FPM listens where the site passes PHP to'
    fi
    part_web_test
    ended fpm
}

# The pool's PHP as the program itself tells it.
ask_fpm() {
    as_web_only 10 "$fpm" -i | pool_ini=$pool_ini "$awk" "$AWK_lib$AWK_phpinfo"
}

# Whether the pool's own PHP runs: a master process of its name, and its socket.
fpm_runs() {
    case $running in
        *" ${fpm##*/}:"*) ;;
        *) return 1 ;;
    esac
    case $pool_listen in
        /*) [ -S "$pool_listen" ] ;;
    esac
}

apache_runs() {
    case "$running " in
        *' apache2 '* | *' httpd '*) ;;
        *) return 1 ;;
    esac
}

# Sets certificates to PHP's list of those that the virtual host names: "path => text," each.
read_certificates() {
    certificates=
    saved=$IFS
    IFS=$nl
    set -f
    for each in $vhost_certificates; do
        case $each in *[\'\\]*) continue ;; esac
        text=
        if [ -f "$each" ] && [ -r "$each" ]; then
            inside=
            while IFS= read -r line || [ -n "$line" ]; do
                line=${line%"$cr"}
                case $line in *[!A-Za-z0-9+/=\ -]*) continue ;; esac
                case $line in -----BEGIN*CERTIFICATE-----) inside=1 ;; esac
                if [ -n "$inside" ]; then text=$text$line$nl; fi
                case $line in -----END*) if [ -n "$inside" ]; then break; fi ;; esac
            done <"$each"
        fi
        certificates="$certificates'$each' => '$text',"
    done
    set +f
    IFS=$saved
}

# The PHP half. Its lines are passed on in pieces that are whole in the pipe; what else it prints are its last words.
part_php() {
    if [ -z "$php_cli" ]; then
        part_without_php 'PHP is not there'
        ended php
        return
    fi
    if [ "$become" = no ] && [ "$uid" = 0 ]; then
        part_without_php "PHP was not started: this is root, and it cannot become the web user"
        ended php
        return
    fi
    php_seconds=$((opt_limit > 12 ? opt_limit - 6 : opt_limit / 2 + 1))
    if [ "$php_seconds" -gt 40 ]; then php_seconds=40; fi
    key=$opt_company_key
    case $key in *[!A-Za-z0-9_-]*) key= ;; esac
    # Addresses may hold a password, so they are not on the command line either.
    peer=$opt_peer_url
    case $peer in *[\'\\]*) peer= ;; esac
    site=$env_app_url
    case $site in *[\'\\]*) site= ;; esac
    salt=${opt_salt:-$env_key}
    case $salt in *[\'\\]*) salt= ;; esac
    read_certificates
    {
        printf '%s\n%s' "<?php \$probe_company_key = '$key'; \$probe_peer = '$peer'; \$probe_app_url = '$site';\
 \$probe_certificates = [$certificates]; \$probe_pool = [$pool_list]; \$probe_salt = '$salt';" "$PHP_code" | {
            cd / || exit 1
            set -- "$php_cli" -d display_errors=stderr -d log_errors=0 -d html_errors=0 -d error_reporting=-1 -- \
                "$root" "$kind" "$web_user" "$php_seconds" "$fpm_ini"
            as_web_limit "$php_seconds" "$@" 2>&1
            printf '\nSTATUS\t%s\n' "$?"
        }
    } | php_cli=$php_cli "$awk" "$AWK_lib$AWK_pack"
    if [ $? = 3 ] && [ -n "$fpm_ini" ]; then ask_fpm; fi
    ended php
}
