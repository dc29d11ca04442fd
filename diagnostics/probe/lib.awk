# What the awk programs share. Lines of the protocol: writer.awk. Each is flushed, so that it is one write to the pipe; not where
# the shell gathers them all (held).

function out(line) {
    printf "%s\n", line
    if (!held) fflush()
}

function say(path, text) {
    gsub(/[\n\r]/, " ", text)
    out("S\t" path "\t" text)
}

# mawk writes a number of 2^31 and more as 2.14748e+09.
function put(path, value) {
    if (value == value + 0 && value == int(value)) value = sprintf("%.0f", value)
    out("N\t" path "\t" value)
}

function yes(path, value) {
    out("N\t" path "\t" (value ? "true" : "false"))
}

function append(path, text) {
    gsub(/[\n\r]/, " ", text)
    out("A\t" path "\t" text)
}

# A text as one word for the shell.
function quoted(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

function trim(text) {
    sub(/^[ \t\r\n]+/, "", text)
    sub(/[ \t\r\n]+$/, "", text)
    return text
}

# Days since 1970-01-01 of a date, by the count of days from March on.
function days(year, month, day) {
    if (month <= 2) {
        year--
        month += 12
    }
    return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * (month - 3) + 2) / 5) + day - 719469
}

function epoch(year, month, day, hour, minute, second) {
    return days(year + 0, month + 0, day + 0) * 86400 + hour * 3600 + minute * 60 + int(second)
}

# 1 for "Jan", 12 for "Dec", 0 for another word.
function month_number(name,    at) {
    at = index("JanFebMarAprMayJunJulAugSepOctNovDec", name)
    return at % 3 == 1 && length(name) == 3 ? (at + 2) / 3 : 0
}
