"""What went wrong, in words that name the next step."""


class ClusterError(Exception):
    """Its text is shown to a person as it is."""
