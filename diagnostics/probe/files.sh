# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# permissions, and what the names, owners and times of files tell: .env, bootstrap/cache, exports, backups.

part_files() {
    if [ -z "$kind" ]; then
        missing permissions 'No installation was found'
        ended files
        return
    fi
    {
        stat -c 'F %a %U %G %Y %s %n' "$root/.env" "$root/VERSION.txt" "$root/app/Constants.php" "$root"/bootstrap/cache/*.php
        named_files
    } | root=$root "$awk" "$AWK_lib$AWK_files"
    if [ "$become" = no ]; then
        missing permissions/tested_as "Only root, or ${web_user:-the web user} itself, can test what ${web_user:-it} may do"
        missing permissions/paths "Only root, or ${web_user:-the web user} itself, can test what ${web_user:-it} may do"
        missing permissions/unwritable "Only root, or ${web_user:-the web user} itself, can test what ${web_user:-it} may do"
        missing permissions/parents_blocked "Only root, or ${web_user:-the web user} itself, can test what ${web_user:-it} may do"
    else
        say permissions/tested_as "$web_user"
        as_web_only 20 sh -c "$SH_access" sh "$root" "$kind" | "$awk" "$AWK_lib$AWK_access"
    fi
    storages=
    for each in storage bootstrap/cache public/storage public/logo; do
        if [ -d "$root/$each" ]; then storages="$storages ./$each"; fi
    done
    (
        cd "$root/" || exit
        set -- -printf '%u %m %y %p\n'
        # Busybox's find does not know that.
        if is_busybox find; then set -- -exec stat -c '%U %a %f %n' '{}' +; fi
        # shellcheck disable=SC2086
        limit 20 find $storages "$@" || printf 'cut\n'
    ) | "$awk" "$AWK_lib$AWK_owners"
    ended files
}

# Exports, and what looks like a backup below public. Their names hold keys of companies, so they are no arguments of a
# program, which everybody on the host could read (busybox's find can only run one).
named_files() {
    cd "$root/" || return
    set -- -printf 'F %m %u %g %Ts %s %p\n'
    if is_busybox find; then set -- -exec stat -c 'F %a %U %G %Y %s %n' '{}' +; fi
    places=
    for each in public/storage/migrations storage/migrations storage/app/migrations public; do
        if [ -d "$each" ]; then places="$places ./$each"; fi
    done
    if [ -z "$places" ]; then return; fi
    # One of exports is two directories deep, one of backups in public or, if its name tells, one below.
    # shellcheck disable=SC2086
    find -L $places -mindepth 1 -maxdepth 2 '(' -path '*/migrations/*' '(' -name '*.zip' -o -name '*.json' ')' \
        -o ! -path './public/*/*' '(' -name '*.sql*' -o -name '*.zip' -o -name '*.tar*' -o -name '*.tgz' -o -name '*.gz' \
        -o -name '*.bak' -o -name '*.env*' -o -name '*[Bb]ackup*' ')' \
        -o -path './public/*/*' '(' -name '.env*' -o -name '*.sql*' -o -name '*[Bb]ackup*' ')' \
        -o -path './public/storage/*' '(' -name '*.zip' -o -name '*.tar*' -o -name '*.tgz' ')' ')' "$@"
}
