"""What went wrong, in words that name the next step."""


class ClusterError(Exception):
    """Its text is shown to a person as it is."""


class Missing(ClusterError):
    """The machine lacks something: a program, memory, the network. Tests may be left out for it."""
