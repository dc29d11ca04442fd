# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# env: the file .env. Its owner and mode are in part_files.

env_listed='APP_ENV APP_DEBUG APP_URL APP_CIPHER CACHE_DRIVER DB_CONNECTION DB_TYPE DB_HOST DB_PORT DB_DATABASE DB_SOCKET
DB_STRICT EXPANDED_LOGGING FILESYSTEM_DISK INTERNAL_QUEUE_ENABLED IS_DOCKER LOG LOG_CHANNEL LOG_LEVEL MAIL_DRIVER MAIL_MAILER
MAIL_HOST MAIL_PORT MAIL_ENCRYPTION MULTI_DB_ENABLED NINJA_ENVIRONMENT PDF_GENERATOR QUEUE_CONNECTION REQUIRE_HTTPS
SESSION_DRIVER TRUSTED_PROXIES'

part_env() {
    env_key='' env_app_url='' env_queue='' env_internal='' env_docker='' env_cache='' env_db_host='' env_snappdf='' env_zone='' site_host=''
    internal=false
    if [ -z "$kind" ]; then
        missing env 'No installation was found'
        return
    fi
    flag env/exists [ -f "$root/.env" ]
    flag env/readable [ -r "$root/.env" ]
    if [ ! -f "$root/.env" ]; then
        missing env "$root/.env is not there"
        return
    fi
    if [ ! -r "$root/.env" ]; then
        missing env "$root/.env cannot be read by this user"
        return
    fi
    old=0
    if [ "$kind" = v4 ]; then old=1; fi
    take "$(listed=$env_listed "$awk" -v OLD="$old" "$AWK_lib$AWK_env" <"$root/.env")"
    # The application's own clock, by which it writes its logs.
    case $env_zone in
        '' | UTC | *[!A-Za-z0-9/_+-]*) ;;
        *)
            seconds_of "$(TZ=$env_zone date +%z)"
            app_zone_seconds=$value
            ;;
    esac
    site_host=${env_app_url#*://}
    site_host=${site_host%%[/:?]*}
    if [ "$kind" = v5 ]; then part_snappdf; fi
    # V5's scheduler runs a worker of its own.
    if [ "$kind" = v5 ] && [ "$env_queue" = database ]; then
        case $env_internal in
            [Ff]alse | '(false)' | 0) ;;
            *) internal=true ;;
        esac
        case $env_docker in [Tt]rue | 1 | '(true)') internal=false ;; esac
    fi
}
