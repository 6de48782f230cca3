"""The proof that a cluster keeps its promises: clients, faults, and a record of what was promised."""
