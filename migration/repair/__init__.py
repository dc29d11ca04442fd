"""Mends what V5's migration loses: attachments, changed balances, and what failed tries leave behind.

`plan` makes the steps from a reconciliation and a look at V5, without touching anything. The other modules do them, on
the hosts or over V5's API; each looks again before it changes anything, so that every step can be repeated.
"""
