"""The commands that cli.py imports when they are asked for; like cli.py itself they read, call one room, and print."""
