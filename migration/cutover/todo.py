"""What a person still has to do after a cut-over, which no tool can do or see."""

from __future__ import annotations

import shlex
from typing import Any, Mapping

SILENT = ("", "log", "array")  # mailers of V5 that reach nobody


def todo(seen: Mapping[str, Any]) -> list[str]:
    """The list, most urgent first.

    seen: ``client``; ``site`` (V4's host name); ``mailer`` (V5's mail.default); ``webhooks`` ([{name, webhook}]);
    ``gateways`` (payment gateways of V4); ``white_label`` (whether V4 has such a licence); ``two_factor`` (users of V4
    with it); ``expanded`` (V5's expanded logging); ``others`` (accounts that V4 still works for); ``unclear`` (cron
    lines that could not be told); ``shell`` (whether V4's host could be looked at).
    """
    client = shlex.quote(seen["client"])
    site = seen["site"] or "V4's name"
    listed = []
    if seen["mailer"] in SILENT:
        listed.append(
            f"V5 sends no mail (MAIL_MAILER={seen['mailer'] or 'unset'}): set MAIL_MAILER and the mail server in"
            f" v5_env, then: `./cli.py provision {client}`, and send a test mail."
        )
    else:
        listed.append("Send a test mail from V5, and check that SPF, DKIM and DMARC allow its sender.")
    if not seen["shell"]:
        listed.append(
            "V4 gives no shell: take its cron jobs away at its provider. It sends nothing of this account any more, but"
            " ninja:send-reminders may charge due invoices to stored payment methods."
        )
    if seen["unclear"]:
        listed.append(f"These lines may run V4's jobs, and nobody can tell whose: {'; '.join(seen['unclear'])}.")
    listed.append(
        f"Let {site} lead to V4 as long as customers have old links, because V4 forwards them. If the name is to lead"
        " to V5, change it in the DNS and redirect its /view/… to a V4 that answers by another name."
    )
    if seen["webhooks"]:
        addresses = "; ".join(f"{each['name']}: {each['webhook']}" for each in seen["webhooks"])
        listed.append(f"Enter V5's webhook addresses in the settings of each payment provider: {addresses}.")
    if seen["gateways"]:
        listed.append(
            "V4 forwards the links to invoices and quotes, not those to its payment pages: once payments work in V5,"
            " archive the payment gateways in V4 (Settings, Online Payments), or customers can pay there."
        )
    if seen["white_label"]:
        listed.append("V4 has a white label licence: enter its key in V5 (Settings, Account Management).")
    if seen["two_factor"]:
        users = "1 user" if seen["two_factor"] == 1 else f"{seen['two_factor']} users"
        listed.append(f"{users} had two-factor authentication in V4, which does not come over: set it up in V5 anew.")
    if seen["expanded"]:
        listed.append(
            "V5's EXPANDED_LOGGING is on, and writes customers' data into its log; when you need it no more:"
            f" `./cli.py logging off {client}`."
        )
    if seen["others"]:
        accounts = "1 other account" if seen["others"] == 1 else f"{seen['others']} other accounts"
        listed.append(f"V4's scheduler goes on, because V4 works for {accounts}; it passes this one over.")
    return listed
