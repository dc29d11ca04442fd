# shellcheck shell=sh disable=SC2154,SC2034,SC3013
# app: which installation this is about.

# Sets kind_is for the directory $1: v4, v5 or "".
kind_of() {
    kind_is=
    if [ -f "$1/app/Jobs/Util/StartMigration.php" ] || [ -f "$1/config/ninja.php" ]; then kind_is=v5; fi
    # V5 has no such file; V5 unpacked over V4 has both, and V4's database.
    if [ -f "$1/app/Constants.php" ] && [ ! -f "$1/app/Jobs/Util/StartMigration.php" ]; then kind_is=v4; fi
}

# Sets version_is for the directory $1 of kind $2.
version_of() {
    version_is=
    case $2 in
        v5) read -r version_is <"$1/VERSION.txt" || : ;;
        v4)
            version_is=$(grep -m 1 "define('NINJA_VERSION'" "$1/app/Constants.php")
            version_is=${version_is#*,}
            version_is=${version_is#*\'}
            version_is=${version_is%%\'*}
            ;;
    esac
    case $version_is in *[!0-9A-Za-z.+-]*) version_is=${version_is%%[!0-9A-Za-z.+-]*} ;; esac
}

# The usual directories that hold an installation, one a line. Homes are searched only where nothing was asked for: they
# may be mounted from elsewhere.
candidates() {
    for each in /var/www /var/www/* /var/www/*/* /srv/* /srv/*/* /usr/share/nginx/* /usr/share/invoiceninja* /opt/* "$@"; do
        if [ -f "$each/artisan" ]; then printf '%s\n' "$each"; fi
    done
}

may_enter() { [ -r "$1" ] && [ -x "$1" ]; }

part_app() {
    root=$opt_root
    while :; do
        case $root in
            /) break ;;
            */) root=${root%/} ;;
            *) break ;;
        esac
    done
    kind=
    found=asked
    others=
    if [ -n "$root" ]; then
        kind_of "$root"
        kind=$kind_is
        all=$(candidates)
    else
        found=search
        all=$(candidates /home/* /home/*/* /home/*/*/* /web/* /data/* /usr/local/www/*)
    fi
    saved=$IFS
    IFS=$nl
    set -f
    # shellcheck disable=SC2086
    set -- $all
    set +f
    IFS=$saved
    if [ -z "$root" ]; then
        # V5 first: of two on one host, it is the one that goes on.
        for want in v5 v4; do
            for each in "$@"; do
                kind_of "$each"
                if [ "$kind_is" = "$want" ] && [ -z "$root" ]; then
                    root=$each
                    kind=$kind_is
                fi
            done
        done
    fi
    say app/found_by "$found"
    say app/kind "$kind"
    say app/root "$root"
    printf 'H\t%s\n' "$root"
    list app/others
    for each in "$@"; do
        if [ "$each" -ef "$root" ]; then continue; fi
        kind_of "$each"
        if [ -z "$kind_is" ]; then continue; fi
        case $others in *"$nl$each$nl"*) continue ;; esac
        others="$others$nl$each$nl"
        version_of "$each" "$kind_is"
        object app/others
        say app/others/-/root "$each"
        say app/others/-/kind "$kind_is"
        say app/others/-/version "$version_is"
    done
    public=$root/public
    if [ -z "$root" ]; then
        public=
        number app/root_exists false
        missing app 'No Invoice Ninja was found in the usual directories'
        return
    fi
    flag app/root_exists [ -d "$root" ]
    flag app/readable may_enter "$root"
    if [ ! -d "$root" ]; then
        missing app "$root is no directory"
        return
    fi
    if [ ! -x "$root" ]; then
        missing app "$root cannot be entered by this user"
        return
    fi
    if [ -z "$kind" ]; then missing app "Neither Invoice Ninja V4 nor V5 is in $root"; fi
    root_physical=$(cd -P "$root/" && pwd)
    if [ "$root_physical" != "$root" ]; then
        say app/root_physical "$root_physical"
        printf 'H\t%s\n' "$root_physical"
    fi
    version_of "$root" "$kind"
    say app/version "$version_is"
    say app/export_code ''
    if [ "$kind" = v4 ] && [ -r "$root/app/Traits/GenerateMigrationResources.php" ]; then
        # The newer of the two code states that are both called 4.5.50 exports a user's name as e-mail no longer.
        # shellcheck disable=SC2016
        if grep -qF 'str_contains($user->username' "$root/app/Traits/GenerateMigrationResources.php"; then
            say app/export_code master
        else
            say app/export_code tag
        fi
    fi
    flag app/artisan [ -f "$root/artisan" ]
    flag app/vendor [ -f "$root/vendor/autoload.php" ]
    flag app/index [ -f "$public/index.php" ]
    flag app/maintenance [ -e "$root/storage/framework/down" ]
    note=
    if [ -r "$root.ninjalift-upgrade" ]; then
        read -r note <"$root.ninjalift-upgrade" || :
        note=${note:-forward}
    elif [ -r "$root/.ninjalift-upgrade/note.json" ]; then
        note=$(grep -m 1 -o '"phase": *"[^"]*"' "$root/.ninjalift-upgrade/note.json")
        note=${note%\"}
        note=${note##*\"}
        note=${note:-begun}
    fi
    say app/upgrade_note "$note"
}

# The browser that prints V5's PDFs; env_snappdf is from .env.
part_snappdf() {
    for each in "$env_snappdf" "$root"/vendor/beganovich/snappdf/versions/*/chrome-*/chrome \
        "$root"/vendor/beganovich/snappdf/versions/*/chrome-*/chrome-headless-shell; do
        if [ -f "$each" ]; then
            say app/snappdf/path "$each"
            flag app/snappdf/executable [ -x "$each" ]
            return
        fi
    done
    number app/snappdf null
}
