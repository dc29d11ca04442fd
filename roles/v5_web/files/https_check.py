"""Shake hands with V5 as a browser would, and print what was seen as one JSON object.

Arguments: URL, address to connect to ('' asks DNS), CA file ('' is the system store). A certificate on standard input
is trusted too. Keys: tls (protocol), issuer, not_after, version (X-App-Version), status; or error, a sentence.
"""

import http.client
import json
import socket
import ssl
import sys
import urllib.parse


def check(url, address, ca_file, certificate):
    """Return what a verified connection showed. Raises OSError and http.client.HTTPException."""
    parts = urllib.parse.urlsplit(url)
    port = parts.port or 443
    context = ssl.create_default_context(cafile=ca_file or None, cadata=certificate or None)
    address = (address or parts.hostname, port)
    with socket.create_connection(address, timeout=15) as plain, context.wrap_socket(
        plain, server_hostname=parts.hostname
    ) as connection:
        peer = connection.getpeercert()
        seen = {
            "tls": connection.version(),
            "issuer": ", ".join(value for part in peer["issuer"] for _, value in part),
            "not_after": peer["notAfter"],
        }
        client = http.client.HTTPSConnection(parts.hostname, port)
        client.sock = connection
        client.request("GET", "/api/v1/ping", headers={"X-Requested-With": "XMLHttpRequest"})
        answer = client.getresponse()
        seen["status"] = answer.status
        seen["version"] = answer.getheader("X-App-Version", "")
        return seen


def main():
    """Print the result; the exit status is 0 even when V5 could not be reached, because the result says so."""
    url, address, ca_file = sys.argv[1:4]
    try:
        result = check(url, address, ca_file, sys.stdin.read().strip())
    except ssl.SSLCertVerificationError as error:
        result = {"error": f"its certificate is not trusted ({error.verify_message})"}
    except (OSError, http.client.HTTPException) as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
