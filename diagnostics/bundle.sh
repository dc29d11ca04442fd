#!/bin/sh
# Ninjalift bundle: gathers what a support engineer needs to know of an Invoice Ninja server (V4 or V5) into one file.
#
#   sh ninjalift-bundle.sh [ROOT] [-o FILE]
#
# It reads: versions, settings that hold no secret, permissions, cron, queue, the state of the database, certificates,
# and the lines of Invoice Ninja's logs that report errors. Passwords, keys, tokens and personal data are replaced
# before anything is written.
# It sends nothing to anybody, apart from asking this server's own site, database and mail server whether they answer.
# You look into the file, and you send it, if you want to.
# It changes nothing and writes nothing but that file, which only you can read.
#
# It is made by `./cli.py bundle --script` of Ninjalift; the long part in the middle is the same probe that
# `./cli.py diagnose` sends to a server.

set -u
umask 077
unset TAR_OPTIONS GZIP CDPATH

help() {
    cat <<'NINJALIFT_HELP'
Usage: sh ninjalift-bundle.sh [ROOT] [-o FILE]

Gathers what a support engineer needs to know of an Invoice Ninja server into one file, without passwords, keys,
tokens and personal data. Sends nothing, changes nothing, asks nothing.

  ROOT       directory of Invoice Ninja, such as /var/www/invoiceninja; it is looked for where it is left out
  -o FILE    the file to write, by default ninjalift-bundle-DATE.tar.gz in this directory; an existing one is left alone
  -h, --help this text
NINJALIFT_HELP
}

probe() {
    cat <<'NINJALIFT_PROBE'
@PROBE@
NINJALIFT_PROBE
}

# readme HOSTS REDACTED, each with its line ends
readme() {
    cat <<NINJALIFT_README
@README@
NINJALIFT_README
}

fail() {
    printf '%s\n' "$1" >&2
    exit "${2:-1}"
}

absolute() {
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s/%s\n' "$(pwd)" "$1" ;;
    esac
}

quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

has() {
    command -v "$1" >/dev/null 2>&1
}

sha256() {
    if has sha256sum; then
        sha256sum <"$1"
    elif has openssl; then
        openssl dgst -sha256 -r <"$1"
    elif has shasum; then
        shasum -a 256 <"$1"
    fi | sed -n '1s/^\([0-9a-f]\{64\}\).*/\1/p'
}

# Makes $work/bundle.tar.gz of $work/facts.json.
bundle() {
    top=$work/ninjalift-bundle
    mkdir "$top" "$top/hosts" && mv "$work/facts.json" "$top/hosts/$name.json" || return 1
    bytes=$(wc -c <"$top/hosts/$name.json" | tr -cd 0-9)
    digest=$(sha256 "$top/hosts/$name.json")
    created=$(date +%s | sed -n '/^[0-9][0-9]*$/p')
    cat >"$top/manifest.json" <<NINJALIFT_MANIFEST || return 1
{
 "schema": @SCHEMA@,
 "created": ${created:-null},
 "client": "",
 "tool": "ninjalift-bundle.sh",
 "hosts": [
  {"name": "$name", "role": "", "file": "hosts/$name.json", "sha256": ${digest:+\"}${digest:-null}${digest:+\"}, "bytes": $bytes}
 ],
 "redacted": {$counts}
}
NINJALIFT_MANIFEST
    readme "  hosts/$name.json   the facts of $name, $bytes bytes
" "$redacted" >"$top/README.txt" || return 1
    set -- ninjalift-bundle/README.txt ninjalift-bundle/manifest.json "ninjalift-bundle/hosts/$name.json"
    # Not every tar knows the option; those that do might write a format with extensions without it.
    (cd "$work" && { tar --format=ustar -cf bundle.tar "$@" || tar -cf bundle.tar "$@"; } 2>/dev/null && gzip bundle.tar)
}

main() {
    root='' out=''
    while [ $# -gt 0 ]; do
        case $1 in
        -h | --help)
            help
            exit 0
            ;;
        -o | --output)
            [ $# -gt 1 ] || fail 'After -o the name of a file is missing. See: sh ninjalift-bundle.sh --help' 2
            out=$2
            shift
            ;;
        -o*) out=${1#-o} ;;
        -*) fail "$1 is no option. See: sh ninjalift-bundle.sh --help" 2 ;;
        *)
            [ -z "$root" ] || fail 'Only one directory can be given. See: sh ninjalift-bundle.sh --help' 2
            root=$(cd -- "$1" 2>/dev/null && pwd) || root=$(absolute "$1")
            ;;
        esac
        shift
    done

    packed=yes
    if ! has tar || ! has gzip; then packed=''; fi
    if [ -z "$out" ]; then
        out=ninjalift-bundle-$(date +%Y%m%d-%H%M%S)${packed:+.tar.gz}
        [ "$packed" ] || out=$out.json
    fi
    out=$(absolute "$out")
    if [ -e "$out" ] || [ -L "$out" ]; then fail "$out is there already; it was left as it is. Give another with -o." 2; fi

    # Beside the file, so that it can be put in place whole; mkdir fails where anything has that name.
    work=${out%/*}/.ninjalift-bundle.$$
    mine=''
    trap '[ -z "$mine" ] || rm -rf "$work"' EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
    mine=yes
    mkdir "$work" || {
        mine=''
        fail "Nothing can be written to ${out%/*}/. Give another place with -o, such as -o /tmp/bundle.tar.gz" 1
    }

    printf 'Reading this server; this can take a minute.\n' >&2
    # From a file, because a bash that is interrupted while it sets up a pipe may wait for ever for its first command.
    probe >"$work/probe.sh"
    sh "$work/probe.sh" "$root" >"$work/facts.json" </dev/null || :
    case $(head -c 1 "$work/facts.json")$(tail -c 2 "$work/facts.json" | tr -d '\n') in
    '{'*'}') ;;
    *) fail 'The probe ended without a result, so there is nothing to send. Please send what stands above this line.' 1 ;;
    esac

    name=$(uname -n | tr -cd 'A-Za-z0-9._-' | sed 's/^[.-]*//' | cut -c 1-80)
    name=${name:-host}
    counts=$(tr -d '\n' <"$work/facts.json" | sed -n 's/.*"redacted": *{\([^}]*\)}.*/\1/p')
    redacted=$(printf '%s' "$counts" | tr ',' '\n' | sed -e 's/[" ]//g' -e 's/:/: /' -e 's/^/  /')
    redacted="${redacted:-  nothing}
"
    if [ "$packed" ] && bundle && [ -s "$work/bundle.tar.gz" ]; then
        mv "$work/bundle.tar.gz" "$out" || fail "$out could not be written." 1
        look="tar -xzOf $(quoted "$out") ninjalift-bundle/README.txt"
    else
        facts=$work/facts.json
        [ -e "$facts" ] || facts=$work/ninjalift-bundle/hosts/$name.json
        mv "$facts" "$out" || fail "$out could not be written." 1
        look="more $(quoted "$out")"
    fi

    printf 'Wrote %s, which only you can read.\nReplaced in it:\n%s' "$out" "$redacted"
    printf 'Look into it before you send it:\n  %s\n' "$look"
    [ "$(id -u)" = 0 ] || printf 'Run as root (with sudo in front), it sees more: %s\n' "sudo sh ninjalift-bundle.sh"
}

main "$@"
