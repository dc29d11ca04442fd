# shellcheck shell=sh disable=SC3013
# Runs as the web user, whose access it tests by effect. $1: the root, $2: v4 or v5. Prints "P kind path flags" (flags: x
# exists, r readable, w writable), "B directory" above the root that cannot be entered, and "U owner mode type path" of what
# cannot be written.
root=$1
if ! cd "$root/"; then
    part=$root
    while [ -n "$part" ]; do
        up=${part%/*}
        if [ -e "${up:-/}" ] && [ ! -x "${up:-/}" ]; then printf 'B %s\n' "${up:-/}"; fi
        part=$up
    done
    if [ -e "$root" ] && [ ! -x "$root" ]; then printf 'B %s\n' "$root"; fi
    exit
fi
look() {
    flags=-
    if [ -e "$2" ]; then flags=x; fi
    if [ -r "$2" ] && { [ ! -d "$2" ] || [ -x "$2" ]; }; then flags=${flags}r; fi
    if [ -w "$2" ] && { [ ! -d "$2" ] || [ -x "$2" ]; }; then flags=${flags}w; fi
    printf 'P %s %s %s\n' "$1" "$flags" "$2"
}
case $2 in
    v5) set -- storage/framework/cache/data public/storage ;;
    *) set -- public/logo storage/documents ;;
esac
for each in storage storage/app storage/framework storage/framework/cache storage/framework/sessions \
    storage/framework/views storage/logs bootstrap/cache "$@"; do
    look directory "$each"
done
for each in storage/logs/*.log; do if [ -e "$each" ]; then look log "$each"; fi; done
look env .env
look code vendor
look code vendor/autoload.php
look code public/index.php
look code artisan
set --
for each in storage bootstrap/cache public/storage public/logo; do if [ -d "$each" ]; then set -- "$@" "./$each"; fi; done
if [ $# -eq 0 ]; then exit; fi
if [ "$(command -v find)" -ef "$(command -v busybox)" ]; then
    # Busybox's find knows neither of the two.
    # shellcheck disable=SC2016
    find "$@" ! -type l -exec sh -c 'for each; do [ -w "$each" ] || stat -c "U %U %a %f %n" "$each"; done' sh '{}' + 2>/dev/null || printf 'N\n'
else
    find "$@" ! -type l ! -writable -printf 'U %u %m %y %p\n' 2>/dev/null || printf 'N\n'
fi
