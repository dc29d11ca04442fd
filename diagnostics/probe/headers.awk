# Reads the headers of an answer, or curl's complaint, and prints the fields of ENVIRON["path"] (http/…). ENVIRON["url"].

BEGIN {
    path = ENVIRON["path"]
    status = 0
}

{
    sub(/\r$/, "")
}

/^HTTP\// {
    status = $2 + 0
    for (name in header) delete header[name]
    next
}

/^curl: / {
    complaint = substr($0, 7)
    next
}

status && /^[A-Za-z-]+: / {
    at = index($0, ": ")
    header[tolower(substr($0, 1, at - 1))] = substr($0, at + 2)
}

END {
    say(path "/url", ENVIRON["url"])
    put(path "/status", complaint == "" ? status : 0)
    say(path "/location", header["location"])
    say(path "/type", header["content-type"])
    say(path "/app_version", header["x-app-version"] != "" ? header["x-app-version"] : header["x-ninja-version"])
    say(path "/server", header["server"])
    say(path "/error", complaint)
}
