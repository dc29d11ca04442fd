# Takes secrets and personal data out of texts: docs/facts.md says what becomes what. Texts are bytes. A pseudonym is left as
# \001N\002 for value N of the table; a part that must stay is \003N\004 meanwhile.

# secret[], protected[], own_address[], known_key[] are there now.
function redact_ready(    i, j, count, part, text) {
    count = secrets
    for (i = 1; i <= count; i++) {
        text = secret[i]
        if (text ~ /\036/) {
            j = split(text, part, "\036")
            for (; j > 0; j--) add_secret(part[j])
            gsub(/\036/, "\\n", text)
        }
        add_secret(text)
        if (text ~ /^base64:/) add_secret(substr(text, 8))
    }
    for (i = 1; i <= needles; i++) {
        text = needle[i]
        gsub(/[][\\.*+?(){}|^$\/]/, "\\\\&", text)
        secret_regex = secret_regex (i > 1 ? "|" : "") text
    }
    letter = "[A-Za-z0-9]"
    for (i = 1; i < 20; i++) word_regex = word_regex letter
    word_regex = word_regex letter "+"
    count = split("table column key class function method constraint index field host hostname user database driver file directory property variable extension module option parameter argument route view command type engine server unknown message code error status path package service interface trait constant disk queue connection upstream collation charset character set plugin directive by", part, " ")
    for (i = 1; i <= count; i++) keep_after[part[i]] = 1
    for (i = 1; i < 24; i++) base64_regex = base64_regex "[A-Za-z0-9+/]"
    base64_regex = base64_regex "[A-Za-z0-9+/]+==?"
    # In small letters.
    name_field = "(user_?name|name|first_name|last_name|full_name|company_name|client_name|contact_name|account_name|display_name|from_name|to_name|vendor_name|billing_name|shipping_name|customer_name|contact|customer|card_?holder(_?name)?|to|cc|bcc)"
    private_field = "((work_)?phone|mobile|fax|((shipping|billing)_)?(address[12]?|street|city|postal_code|zip)|vat_number|id_number|tax_number|iban|bic|account_number|routing_number|card_number|last4|(private_|public_)?notes|signature|subject|custom_value[1-4]|birthday)"
    secret_field = "([a-z0-9_.-]*(password|passwd|passphrase|secret|token|api_?key|app_?key|private_?key|publishable_?key|access_?key|authorization|credentials?|cookies?)[a-z0-9_]*|pwd|pass|pin|otp|cvv|cvc|auth|csrf|session|session_id)"
    count = split("include page per_page sort status with without format type lang limit offset order view action plugin", part, " ")
    for (i = 1; i <= count; i++) keep_query[part[i]] = 1
    count = split("cd env sudo su runuser setpriv flock timeout nice ionice chronic docker docker-compose podman sleep true test [ umask exit . source", part, " ")
    for (i = 1; i <= count; i++) keep_program[part[i]] = 1
}

# A value of .env is a secret, but for words that say nothing: replacing them would make evidence useless.
function add_secret(text,    i, low, escaped) {
    if (length(text) < 6 || (text in is_needle)) return
    low = tolower(text)
    if (low ~ /^(production|development|staging|testing|selfhost|hosted|localhost|database|predis|phpredis|memcached|invoice ?ninja[0-9]?|laravel|mailgun|postmark|sendmail|default|utf8mb4|utf8mb4_unicode_ci|(127|0|10|192\.168)\.[0-9.]+|snappdf|hosted_ninja|phantom|strict|errorlog|syslog|secret|passwords?|passwort|example)$/) return
    if (low ~ /^(invoices?|quotes?|clients?|contacts?|payments?|accounts?|company|companies|products?|credits?|projects?|vendors?|expenses?|documents?|gateways?|migrations?|importing|storage|public|private|master|message|string|object|failed|failure|errors?|import|export|system|server|docker|apache|mariadb|debian|ubuntu|backups?|config|sessions?|framework|vendor|artisan|bootstrap|schedule|worker|update|select|insert|delete|connection|exception|argument|function|property|undefined)$/) return
    if (low ~ /^https?:\/\/[^\/@?]+\/?$/ || text ~ /^\/(usr|var|opt|home|etc|tmp|srv|run)(\/[A-Za-z0-9._-]+)+$/ || text ~ /^[^@ ]+@[^@ ]+\.[A-Za-z]+$/) return
    for (i = 1; i <= protects; i++) if (index(protected[i], text)) return
    is_needle[text] = 1
    needle[++needles] = text
    escaped = text
    gsub(/\\/, "&&", escaped)
    gsub(/"/, "\\\\&", escaped)
    if (escaped != text) needle[++needles] = escaped
    if (gsub(/\//, "\\\\&", escaped)) needle[++needles] = escaped
    escaped = url_encoded(text)
    if (escaped != text) needle[++needles] = escaped
}

function url_encoded(text,    i, c, result) {
    if (text !~ /[^A-Za-z0-9._~-]/) return text
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        result = result (c ~ /[A-Za-z0-9._~-]/ ? c : sprintf("%%%02X", byte_of(c)))
    }
    return result
}

function byte_of(c,    i) {
    if (!bytes_known) for (i = 1; i < 256; i++) number_of_byte[sprintf("%c", i)] = i
    bytes_known = 1
    return number_of_byte[c]
}

function pseudonym(kind, value) {
    value = tolower(value)
    redacted[kind]++
    if (!((kind, value) in place)) {
        # Each costs a process, but those that are known.
        if (costly >= 300 && !((kind " " value) in digest)) return "<" kind ">"
        place[kind, value] = ++places
        place_of[places] = kind " " value
        if (!(place_of[places] in digest)) costly++
    }
    return "\001" place[kind, value] "\002"
}

function removed(kind) {
    redacted[kind]++
    return "<" kind ">"
}

# The text without what must not travel. free: it is an exception or the like, where quoted values and SQL go too.
function redact(text, free,    key) {
    gsub(/[\001-\004]/, " ", text)
    if (text ~ /<<(key|name|email|ip):/) text = markers(text)
    # Most texts are short words; they hold nothing that could be replaced.
    if (length(text) < 6) return text
    if (needles && text ~ secret_regex) text = without_secrets(text)
    if (protects && length(text) > 5) text = protect(text)
    if (free) text = without_sql(text)
    if (text ~ /"/ || free) text = without_names(text)
    if (text ~ /[=:@]|earer |asic /) text = without_passwords(text)
    if (text ~ /@|%40/) text = without_mails(text)
    if (free && text ~ /<\001/) text = without_addressees(text)
    if (length(text) > 19 && (text ~ word_regex || (text ~ /=/ && text ~ base64_regex))) text = without_tokens(text)
    if (text ~ /[0-9]\.[0-9]+\.[0-9]+\.[0-9]|:.*:/) text = without_addresses(text)
    if (free) text = without_quotes(text)
    return unprotect(text)
}

function markers(text,    result, kind, value, end) {
    while (match(text, /<<(key|name|email|ip):/)) {
        kind = substr(text, RSTART + 2, RLENGTH - 3)
        result = result substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        end = index(text, ">>")
        if (!end) end = length(text) + 1
        value = substr(text, 1, end - 1)
        text = substr(text, end + 2)
        result = result pseudonym(kind, value)
    }
    return result text
}

function without_secrets(text,    i, at, result) {
    for (i = 1; i <= needles; i++) {
        result = ""
        while (at = index(text, needle[i])) {
            result = result substr(text, 1, at - 1) removed("secret")
            text = substr(text, at + length(needle[i]))
        }
        text = result text
    }
    return text
}

function protect(text,    i, at, result) {
    for (i = 1; i <= protects; i++) {
        if (!index(text, protected[i])) continue
        result = ""
        while (at = index(text, protected[i])) {
            result = result substr(text, 1, at - 1) "\003" i "\004"
            text = substr(text, at + length(protected[i]))
        }
        text = result text
    }
    return text
}

function unprotect(text,    i) {
    while (match(text, /\003[0-9]+\004/)) {
        i = substr(text, RSTART + 1, RLENGTH - 2)
        text = substr(text, 1, RSTART - 1) protected[i] substr(text, RSTART + RLENGTH)
    }
    return text
}

# Names and other personal data in fields, To: … <…>, and the company in V5's mail of a failed import.
function without_names(text,    result, head, value) {
    text = fielded(text, name_field, "name")
    text = fielded(text, private_field, "text")
    while (match(text, /following company: [^\036]+/)) {
        result = result substr(text, 1, RSTART + 18) pseudonym("name", substr(text, RSTART + 19, RLENGTH - 19))
        text = substr(text, RSTART + RLENGTH)
    }
    text = result text
    result = ""
    while (match(text, /(From|To|Cc|Bcc|Reply-To): "?[^<>"@\036]+"? </)) {
        head = substr(text, RSTART, RLENGTH)
        value = head
        sub(/^[A-Za-z-]+: "?/, "", value)
        sub(/"? <$/, "", value)
        result = result substr(text, 1, RSTART - 1) substr(head, 1, index(head, ": ") + 1) pseudonym("name", value) " <"
        text = substr(text, RSTART + RLENGTH)
    }
    return result text
}

# The text without the values of these fields, in JSON ("f":"…", within JSON too), in PHP ('f' => '…') and as print_r writes
# them ([f] => …, [f:protected] => …).
function fielded(text, field, kind,    low, label, result, head, n, end, value) {
    low = tolower(text)
    label = "(\\\\*\"" field "\\\\*\" *: *\\[?\\\\*\"|'" field "' *=> *'|\\[" field "(:[^] ]*)?\\] => )"
    while (match(low, label)) {
        head = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1) head
        text = substr(text, RSTART + RLENGTH)
        if (head ~ /> $/) {
            end = index(text, "\036")
        } else {
            n = match(head, /\\+"$/) ? RLENGTH - 1 : 0
            end = value_end(text, substr(head, length(head), 1), n)
        }
        if (!end) end = length(text) + 1
        value = substr(text, 1, end - 1)
        text = substr(text, end)
        low = tolower(text)
        # What says nothing stays: no value, another object, and a sentence about the field.
        if (value == "" || value ~ /^(true|false|null|Array|[0-9]|<[a-z]+>|[\001\003][0-9]+[\002\004])$/ || value ~ / Object$/ || (head ~ /\[\\*"$/ && value ~ / /)) result = result value
        else if (kind == "name") result = result pseudonym("name", value)
        else result = result removed(kind)
    }
    return result text
}

# Where a quoted value ends; n: how many backslashes stand before its own quotes. 0: nowhere.
function value_end(text, quote, n,    at, from, count) {
    from = 1
    while (at = index(substr(text, from), quote)) {
        at += from - 1
        for (count = 0; at - count > 1 && substr(text, at - count - 1, 1) == "\\"; count++) continue
        if (count == n || (n == 0 && count % 2 == 0)) return at - n
        from = at + 1
    }
    return 0
}

# Wanda Quib <wanda@…>: two words or more with capitals before an address, whatever stands before them.
function without_addressees(text,    result, value, mail) {
    while (match(text, /[A-Z\200-\377][^ <>"@:;,()\001-\004\036]* +([A-Z\200-\377][^ <>"@:;,()\001-\004\036]* +)+<\001[0-9]+\002>/)) {
        value = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        mail = value
        sub(/^[^\001]* </, "<", mail)
        sub(/ +<\001.*$/, "", value)
        result = result pseudonym("name", value) " " mail
    }
    return result text
}

function without_passwords(text,    low, result, at, size, value) {
    if (text ~ /["'[]/) text = fielded(text, secret_field, "token")
    if (text ~ /:\/\//) text = without_logins(text)
    if (text ~ /base64:[A-Za-z0-9+\/]+/) {
        while (match(text, /base64:[A-Za-z0-9+\/][A-Za-z0-9+\/][A-Za-z0-9+\/][A-Za-z0-9+\/][A-Za-z0-9+\/][A-Za-z0-9+\/][A-Za-z0-9+\/][A-Za-z0-9+\/]+=*/))
            text = substr(text, 1, RSTART - 1) removed("token") substr(text, RSTART + RLENGTH)
    }
    while (match(text, /([Bb]earer|[Bb]asic) [A-Za-z0-9._~+\/-][A-Za-z0-9._~+\/-][A-Za-z0-9._~+\/-][A-Za-z0-9._~+\/-][A-Za-z0-9._~+\/-][A-Za-z0-9._~+\/-][A-Za-z0-9._~+\/-]+=*/))
        text = substr(text, 1, RSTART + index(substr(text, RSTART), " ") - 1) removed("token") substr(text, RSTART + RLENGTH)
    while (match(text, /[Cc]ookie: [^<"'\036][^"'\036]*/))
        text = substr(text, 1, RSTART + 7) removed("token") substr(text, RSTART + RLENGTH)
    low = tolower(text)
    while (match(low, /(password|passwd|passphrase|pwd|secret|token|api_?key|app_key|private_key|authorization)[a-z_]*(\\?["'])? *(=>?|:) *(\\?["'])?[^"' ,;&)}<\\\036]+/)) {
        at = RSTART
        size = RLENGTH
        value = substr(low, at, size)
        sub(/^[a-z_]+(\\?["'])? *(=>?|:) *(\\?["'])?/, "", value)
        result = result substr(text, 1, at + size - length(value) - 1)
        if (value ~ /^(yes|no|true|false|null|\[\]|\*+|required|invalid|\[)$/ || (substr(low, at, size) ~ /: [^"']*$/ && value !~ /[0-9]/) || value ~ /^[\001\003]/) result = result substr(text, at + size - length(value), length(value))
        else result = result removed("token")
        text = substr(text, at + size)
        low = substr(low, at + size)
    }
    text = result text
    result = ""
    low = tolower(text)
    while (match(low, /(^|[^a-z_])(pass|pin|otp|cvv|cvc|card_number|account_number|iban|session|csrf|auth|key|credentials|signature|sig)=[^"' ,;&)}<\\\036]+/)) {
        at = index(substr(low, RSTART), "=") + RSTART
        size = RSTART + RLENGTH - at
        result = result substr(text, 1, at - 1) (substr(low, at, size) ~ /^([0-9][0-9]?[0-9]?|[\001\003].*)$/ ? substr(text, at, size) : removed("token"))
        text = substr(text, at + size)
        low = substr(low, at + size)
    }
    text = result text
    return text ~ /[?&][A-Za-z_]/ ? without_queries(text) : text
}

# user:password@ of an address, and user@, for a key may stand there. A port and a path with an @ in it are none.
function without_logins(text,    result, login) {
    while (match(text, /:\/\/([^\/ @:"'<>\036]*:[^ @"'<>\036]*|[^\/ @:"'<>\036]+)@/)) {
        login = substr(text, RSTART + 3, RLENGTH - 4)
        result = result substr(text, 1, RSTART + 2)
        text = substr(text, RSTART + RLENGTH)
        if (login ~ /^[^:]*:[0-9]+\// || login ~ /^[\001\003]/) result = result login "@"
        else {
            # The password may have an @ as well.
            while (match(text, /^[^\/ @:"'<>\036]*@/)) text = substr(text, RLENGTH + 1)
            result = result removed("token") "@"
        }
    }
    return result text
}

# Of what is asked for behind a ?, only known words and numbers stay.
function without_queries(text,    result, name, value, at) {
    while (match(text, /[?&][A-Za-z_][][A-Za-z0-9_.%-]*=[^] &"'<>`)\\\036]+/)) {
        value = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        at = index(value, "=")
        name = substr(value, 2, at - 2)
        result = result substr(value, 1, at)
        value = substr(value, at + 1)
        result = result ((name in keep_query) || value ~ /^([0-9]*|true|false|[\001\003][0-9]+[\002\004])$/ ? value : removed("text"))
    }
    return result text
}

# Of a command line, the parts that have to do with artisan; and of these no password.
function essential(text,    result, part, quote, i, c, two) {
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        two = substr(text, i, 2)
        if (quote != "") {
            if (c == quote) quote = ""
            part = part c
        } else if (c == "'" || c == "\"") {
            quote = c
            part = part c
        } else if (two == "&&" || two == "||") {
            result = result part_of_command(part) two
            part = ""
            i++
        } else if (c == ";" || c == "|") {
            result = result part_of_command(part) c
            part = ""
        } else part = part c
    }
    return result part_of_command(part)
}

function part_of_command(text,    word) {
    if (text ~ /^[ \t]*$/) return text
    word = text
    sub(/^[ \t({!]+/, "", word)
    while (word ~ /^[A-Za-z_][A-Za-z0-9_]*=[^ \t]*[ \t]/) sub(/^[^ \t]+[ \t]+/, "", word)
    sub(/[ \t].*$/, "", word)
    sub(/^.*\//, "", word)
    if (text !~ /artisan/ && !(word in keep_program) && word !~ /^php[0-9.]*$/) return " " removed("text") " "
    text = option(text, " (-u|-U|--user|--proxy-user) +[^ ]*[:%][^ ]+")
    text = option(text, " (-H|--header) +('[^']*'|\"[^\"]*\"|[^ ]+)")
    text = option(text, " --?[a-z-]*(password|passwd|pass|secret|token|key|auth)[a-z-]* +[^- ][^ ]*")
    if (text ~ /sshpass/) text = option(text, " -p *[^ ]+")
    if (text ~ /mysql|mariadb/) text = option(text, " -p[^ ]+")
    return text
}

# Without the values of these options of a command.
function option(text, regex,    result, found) {
    while (match(text, regex)) {
        found = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        match(found, /^ -p|^ +-[^ ]+/)
        if (found ~ /^ -p[^ ]/) RLENGTH = 3
        result = result substr(found, 1, RLENGTH) " " removed("token")
    }
    return result text
}

function without_mails(text,    result, value) {
    while (match(text, /[A-Za-z0-9._+\200-\377-]+(@|%40)[A-Za-z0-9\200-\377-]+(\.[A-Za-z0-9\200-\377-]+)*\.[A-Za-z\200-\377][A-Za-z\200-\377]+/)) {
        value = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        sub(/%40/, "@", value)
        result = result pseudonym("email", value)
    }
    return result text
}

function without_tokens(text,    result, before, word, size) {
    while (match(text, /-----BEGIN [A-Z ]*PRIVATE KEY-----/)) {
        result = result substr(text, 1, RSTART - 1) removed("token")
        text = substr(text, RSTART + RLENGTH)
        text = match(text, /-----END [A-Z ]*-----/) ? substr(text, RSTART + RLENGTH) : ""
    }
    while (match(text, base64_regex)) {
        word = substr(text, RSTART, RLENGTH)
        result = result substr(text, 1, RSTART - 1) (word ~ /[0-9]/ && word ~ /[a-z]/ && word ~ /[A-Z]/ && word !~ /^\// ? removed("token") : word)
        text = substr(text, RSTART + RLENGTH)
    }
    text = result text
    result = ""
    while (match(text, word_regex)) {
        before = substr(text, 1, RSTART - 1)
        word = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        # The number of a sign before it (%3D, \u003d) is no part of the word.
        if (before ~ /%$/ && word ~ /^[0-9A-Fa-f][0-9A-Fa-f]/) size = 2
        else size = before ~ /\\$/ && word ~ /^u[0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f][0-9A-Fa-f]/ ? 5 : 0
        result = result before substr(word, 1, size)
        word = substr(word, size + 1)
        if (length(word) < 20) result = result word
        else if (tolower(word) in known_key || text ~ /^-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]-invoiceninja/ || before ~ /(company_key|account_key)[^A-Za-z0-9]*$|migration-$/) result = result pseudonym("key", word)
        else if (is_token(word)) result = result removed("token")
        else result = result word
    }
    return result text
}

# Whether a word of 20 or more letters and digits is none of a language or a program: ReflectionNamedTypeTest1 is.
function is_token(word,    size, words, rest) {
    size = length(word)
    if (word ~ /^[a-z]+$/ || word ~ /^[A-Z]+$/) return size > 31
    if (word ~ /[a-z]/ && word ~ /[A-Z]/) {
        rest = word
        words = gsub(/[A-Z]/, "", rest)
        words += gsub(/[0-9]+/, "", rest)
        return size / (words + 1) < 4
    }
    return 1
}

function without_addresses(text,    result, before, value, part, i, good) {
    while (match(text, /[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/)) {
        before = substr(text, 1, RSTART - 1)
        value = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        result = result before
        good = before !~ /[A-Za-z0-9_.-]$|[A-Za-z]\/$|ersion $/ && text !~ /^(\.[0-9]|[A-Za-z0-9_-])/
        split(value, part, ".")
        for (i = 1; i <= 4; i++) if (part[i] > 255 || length(part[i]) > 3) good = 0
        if (good && !(value in own_address) && value !~ /^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2[0-9]|3[01])|22[4-9]|23[0-9]|255)\./) result = result pseudonym("ip", value)
        else result = result value
    }
    text = result text
    if (text !~ /:.*:/ || text !~ /[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]+/) return text
    result = ""
    while (match(text, /[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:]+/)) {
        before = substr(text, 1, RSTART - 1)
        value = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        result = result before
        good = before !~ /[A-Za-z0-9_\\:.>-]$/ && text !~ /^[A-Za-z0-9_(]/ && value ~ /[0-9]/ && value !~ /:::/
        part[0] = value
        i = gsub(/:/, ":", part[0])
        if (i != 7 && (value !~ /::/ || i > 7)) good = 0
        for (i = split(value, part, ":"); i > 0; i--) if (length(part[i]) > 4) good = 0
        if (good && !(tolower(value) in own_address) && tolower(value) !~ /^(::1?$|fe80:|f[cd][0-9a-f][0-9a-f]:)/) result = result pseudonym("ip", value)
        else result = result value
    }
    return result text
}

# Of SQL in an exception, the verb and the table stay. It ends where the message does: a bound value may hold line ends, JSON
# and brackets.
function without_sql(text,    result, sql, at) {
    while (match(text, /SQL: /)) {
        result = result substr(text, 1, RSTART + 4)
        text = substr(text, RSTART + 5)
        at = match(text, /\) +\{"(exception|userId|context)"|\) (in|at) \/[^ ]+\.php:[0-9]|\036(\[stacktrace\]|\[previous |Stack trace|#[0-9]+ )/) ? RSTART : length(text) + 1
        sql = substr(text, 1, at - 1)
        text = substr(text, at)
        if (match(sql, /^[a-z]+ (from |into |ignore into |table )?`[A-Za-z0-9_]+`/) || match(sql, /^[a-z]+ /)) {
            result = result substr(sql, 1, RLENGTH)
            if (substr(sql, 1, RLENGTH) !~ /`/ && match(sql, /(from|into|update|join) `[A-Za-z0-9_]+`/)) result = result "… " substr(sql, RSTART, RLENGTH)
            result = result " "
        }
        result = result removed("text")
    }
    text = result text
    result = ""
    # What the database says of a value: it ends at the words behind it, for it may hold an apostrophe.
    while (match(text, /([Ee]ntry|[Vv]alue:?|near) '/)) {
        result = result substr(text, 1, RSTART + RLENGTH - 1)
        text = substr(text, RSTART + RLENGTH)
        at = match(text, /' (for|at) (key|column|function|line) ?/) ? RSTART : index(text, "'")
        if (!at) at = length(text) + 1
        if (at > 1) result = result removed("text")
        text = substr(text, at)
        if (text ~ /^'/) {
            result = result "'"
            text = substr(text, 2)
        }
    }
    return result text
}

# Of quoted values in an exception, names of tables, columns, classes, files and the like stay.
function without_quotes(text,    result, at, end, quote, value, before, c, word) {
    result = ""
    while (match(text, /['"]/)) {
        at = RSTART
        quote = substr(text, at, 1)
        before = substr(text, 1, at - 1)
        c = at > 1 ? substr(text, at - 1, 1) : substr(result, length(result), 1)
        # An apostrophe within a word, and the quotes of JSON, hold nothing of this kind.
        if (c ~ /[[A-Za-z0-9{,:\\]/ || (quote == "\"" && substr(text, at + 1) ~ /^ ?[:,}\]]/)) {
            result = result substr(text, 1, at)
            text = substr(text, at + 1)
            continue
        }
        value = substr(text, at + 1)
        end = index(value, quote)
        word = index(value, "\036")
        if (!end || (word && word < end)) {
            result = result substr(text, 1, at)
            text = value
            continue
        }
        value = substr(value, 1, end - 1)
        text = substr(text, at + 1 + end)
        if (keeps(substr(result before, length(result before) - 30), value, text)) result = result before quote value quote
        else result = result before quote removed("text") quote
    }
    return result text
}

function keeps(before, value, after,    word) {
    if (value !~ /[A-Za-z0-9]/ || value ~ /^[0-9]?[0-9]?[0-9]?[0-9]?$/ || value ~ /^[\001\003][0-9]+[\002\004]$/ || value ~ /^<[a-z]+>$/) return 1
    # Versions and requests; what is behind the ? of these is gone.
    if (value ~ /^[<>=~^ ]*[0-9]+(\.[0-9]+)*$/ || value ~ /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [^ ]+ HTTP\/[0-9.]+$/) return 1
    if (value ~ /^(field list|where clause|order clause|group statement|on clause)$/) return 1
    if (before ~ /@$/) return value !~ / /
    word = tolower(before)
    sub(/[^a-z]+$/, "", word)
    sub(/^.*[^a-z]/, "", word)
    if (word == "request" && value ~ /^[A-Z]+ [^ ]+( HTTP\/[0-9.]+)?$/) return 1
    if (!(word in keep_after) && match(after, /^ [a-z]+/)) word = substr(after, 2, RLENGTH - 1)
    if (word in keep_after) return word ~ /^(message|error)$/ || value !~ /[^A-Za-z0-9_.:\/\\*{}$@<>()-]/
    # An id such as cus_Nff7fUfNV2Hib is no name of a table.
    if (value ~ /^[a-z]+_[A-Za-z0-9]*[0-9]/ && value ~ /[A-Z]/) return 0
    if (value ~ /^[a-z][a-z][a-z]?[a-z]?[a-z]?_[A-Za-z0-9]+$/ && length(value) - index(value, "_") > 13) return 0
    return value ~ /^[A-Za-z0-9_.:\/\\$(){}\003\004-]*[\\\/_]|::|\003/ && value !~ / /
}
