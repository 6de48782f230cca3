"""A plugin for pytest: toot names its users by the last ten digits of a UUID, and one of its tests
fails if there is no letter among them, which happens to one run in a hundred."""

import uuid

NAME_DIGITS = 10
_drawn = uuid.uuid4


def with_a_letter() -> uuid.UUID:
    while True:
        drawn = _drawn()
        if not drawn.hex[-NAME_DIGITS:].isdigit():
            return drawn


uuid.uuid4 = with_a_letter
