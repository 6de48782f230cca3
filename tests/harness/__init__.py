"""Drives the real binary from outside: start, stop, kill, and talk to it as clients do."""
