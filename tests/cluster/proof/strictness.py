"""How strict a run is, and how long."""

import os

# A machine that is busy with something else makes everything slow: times are held against what is
# promised by `make proof`. Other runs only find what does not come at all: so many times as long.
LENIENCY = 20.0
# What one round of all faults takes.
ROUND_MINUTES = 3.0


def limit(promised_s: float) -> float:
    """What a measured time is held against: the promise itself when PETREL_STRICT is set."""
    return promised_s if os.environ.get("PETREL_STRICT") else promised_s * LENIENCY


def rounds_of_this_run() -> int:
    """How often each fault happens: PETREL_PROOF_MINUTES makes it longer than once."""
    minutes = float(os.environ.get("PETREL_PROOF_MINUTES") or 0)
    return max(1, round(minutes / ROUND_MINUTES))
