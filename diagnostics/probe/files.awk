# Reads lines "F mode owner group mtime bytes path" (below ENVIRON["root"], or ./ for it), and prints what they tell.

BEGIN {
    root = ENVIRON["root"]
    out("L\tapp/bootstrap_cache")
    out("L\tstorage/exports")
    out("L\tstorage/backups")
}

/^F / {
    path = $0
    for (i = 1; i <= 6; i++) sub(/^[^ ]* /, "", path)
    if (path in seen) next
    seen[path] = 1
    rest = path ~ /^\.\// ? substr(path, 3) : substr(path, length(root) + 2)
    if (rest == ".env") {
        say("env/mode", mode($2))
        say("env/owner", $3)
        say("env/group", $4)
        put("env/mtime", $5)
    } else if (rest == "VERSION.txt" || rest == "app/Constants.php") {
        put("app/code_mtime", $5)
    } else if (rest ~ /^bootstrap\/cache\//) {
        out("O\tapp/bootstrap_cache")
        sub(/^.*\//, "", rest)
        say("app/bootstrap_cache/-/name", rest)
        put("app/bootstrap_cache/-/mtime", $5)
    } else if (rest ~ /^(public\/storage|storage|storage\/app)\/migrations\//) {
        kind = rest ~ /\.zip$/ ? "zip" : rest ~ /\.json$/ ? "json" : ""
        if (kind == "" || ++exports > 50) next
        out("O\tstorage/exports")
        say("storage/exports/-/path", keyed(rest))
        say("storage/exports/-/kind", kind)
        put("storage/exports/-/bytes", $6)
        put("storage/exports/-/mtime", $5)
        yes("storage/exports/-/public", rest ~ /^public\//)
    } else if (rest !~ /\.env\.example$/ && rest !~ /\.(js|css|php|svg|png|map|json)$/ && ++backups <= 50) {
        out("O\tstorage/backups")
        say("storage/backups/-/path", rest)
        put("storage/backups/-/bytes", $6)
        put("storage/backups/-/mtime", $5)
    }
}

function mode(text) {
    while (length(text) < 4) text = "0" text
    return text
}

# The name of an export is the account's key: KEY-2026-11-23-invoiceninja.zip.
function keyed(path,    at) {
    if (match(path, /\/[A-Za-z0-9]+-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-invoiceninja/)) {
        at = index(substr(path, RSTART + 1), "-")
        return substr(path, 1, RSTART) "<<key:" substr(path, RSTART + 1, at - 1) ">>" substr(path, RSTART + at)
    }
    return path
}
