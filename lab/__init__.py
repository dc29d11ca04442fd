"""Real Debian machines for the demo and the tests; never imported by the product."""
