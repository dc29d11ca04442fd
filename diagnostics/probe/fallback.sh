# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# What the PHP half would answer, as far as curl and openssl can, where there is no PHP: http, tls and exposure.

# $1: why PHP cannot answer.
part_without_php() {
    for each in php/cli config database mail/mailer mail/connects migration/cache queue/retry_after queue/redis \
        time/database_offset_seconds tls/php_bundle; do
        missing "$each" "$1"
    done
    part_certificates
    if [ -z "$site_host" ] || ! have curl; then
        if [ -n "$site_host" ]; then reason="$1, and neither is curl"; else reason="$1, and APP_URL is not known"; fi
        for each in http tls/sites exposure; do missing "$each" "$reason"; done
        return
    fi
    base=${env_app_url%/}
    # Nor an address that curl would read as something else.
    case $base in
        *[!A-Za-z0-9:/._~%@-]*) reason='APP_URL is no plain address' ;;
        http://* | https://*) reason= ;;
        *) reason='APP_URL is no address with http:// or https://' ;;
    esac
    if [ -n "$reason" ]; then
        for each in http tls/sites exposure; do missing "$each" "$reason"; done
        return
    fi
    say http/base "$base"
    ask_http plain "http://$site_host/"
    ask_http site "$base/"
    method=GET
    # A GET of V4's API without a token holds one of its workers for three seconds.
    if [ "$kind" = v4 ]; then method=OPTIONS; fi
    ask_http api "$base/api/v1/ping"
    method=GET
    list tls/sites
    ask_site self "$base"
    case $opt_peer_url in
        *[!A-Za-z0-9:/._~%@-]*) ;;
        http://* | https://*) ask_site peer "${opt_peer_url%/}" ;;
    esac
    say exposure/base "$base"
    list exposure/paths
    ask_exposed env /.env '^(APP_KEY|DB_PASSWORD)='
    ask_exposed log /storage/logs/laravel.log '^\[[0-9]{4}-[0-9]{2}-[0-9]{2}'
    ask_exposed git /.git/HEAD '^ref: refs/'
}

method=GET
ask_http() {
    object=http/$1
    curl -s -S -k -g -m 10 --connect-timeout 5 -A 'Ninjalift probe' -X "$method" -o /dev/null -D - "$2" 2>&1 |
        path=$object url=$2 "$awk" "$AWK_lib$AWK_headers"
}

# ask_site ROLE URL
ask_site() {
    object tls/sites
    say tls/sites/-/role "$1"
    say tls/sites/-/url "$2"
    scheme=${2%%://*}
    rest=${2#*://}
    rest=${rest%%/*}
    host=${rest%%:*}
    case $rest in
        *:*) port=${rest##*:} ;;
        *) if [ "$scheme" = https ]; then port=443; else port=80; fi ;;
    esac
    say tls/sites/-/scheme "$scheme"
    say tls/sites/-/host "$host"
    number tls/sites/-/port "$port"
    said=$(curl -s -S -g -m 10 --connect-timeout 5 -A 'Ninjalift probe' -X OPTIONS -o /dev/null \
        -w '%{http_code} %{redirect_url}' "$2/api/v1/ping" 2>&1)
    status=$?
    # The last line is what -w printed; those before are curl's complaint.
    answer=${said##*"$nl"}
    complaint=
    case $said in *"$nl"*) complaint=${said%"$nl"*} ;; esac
    code=${answer%% *}
    location=${answer#* }
    number tls/sites/-/curl_errno "$status"
    say tls/sites/-/error ''
    case $status in
        5 | 6 | 7 | 28) number tls/sites/-/connected false
            say tls/sites/-/error "$complaint"
            ;;
        *) number tls/sites/-/connected true ;;
    esac
    if [ "$status" = 6 ]; then list tls/sites/-/addresses; fi
    if [ "$scheme" = https ]; then
        say tls/sites/-/verified_by curl
        case $status in
            51 | 60)
                number tls/sites/-/verified false
                say tls/sites/-/verify_error "$complaint"
                case $complaint in
                    *'does not match'* | *'no alternative'*) number tls/sites/-/name_matches false ;;
                esac
                ;;
            0 | 22 | 52 | 56)
                number tls/sites/-/verified true
                say tls/sites/-/verify_error ''
                number tls/sites/-/name_matches true
                ;;
        esac
    fi
    case $code in
        30[12378])
            number tls/sites/-/redirect/status "$code"
            say tls/sites/-/redirect/location "$location"
            ;;
        *) number tls/sites/-/redirect null ;;
    esac
    if [ "$status" = 0 ]; then number tls/sites/-/api_status "$((1$code - 1000))"; fi
}

# ask_exposed KIND PATH EXPRESSION: served only where a line of the beginning is what such a file has. It is not kept.
ask_exposed() {
    object exposure/paths
    say exposure/paths/-/kind "$1"
    say exposure/paths/-/path "$2"
    curl -s -k -g -m 10 --connect-timeout 5 -A 'Ninjalift probe' -r 0-511 -D - "$base$2" |
        head -c 4096 | "$awk" -v LIKE="$3" "$AWK_lib$AWK_exposed"
}

# The certificates that the virtual host names, by openssl.
part_certificates() {
    list tls/files
    saved=$IFS
    IFS=$nl
    set -f
    # shellcheck disable=SC2086
    set -- $vhost_certificates
    set +f
    IFS=$saved
    for each in "$@"; do
        object tls/files
        say tls/files/-/path "$each"
        flag tls/files/-/readable [ -r "$each" ]
        if [ -r "$each" ] && have openssl; then
            limit 5 openssl x509 -noout -dates -issuer -subject -text -certopt no_header,no_version,no_serial,no_signame,no_validity,no_subject,no_issuer,no_pubkey,no_sigdump,no_aux -in "$each" |
                "$awk" "$AWK_lib$AWK_certificate"
        fi
    done
}
