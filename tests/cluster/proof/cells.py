"""What one fact may be seen to be, given who was told what and when.

A cell holds one fact (a favourite, a follow, a text). Every command that sets it is a move with a
beginning and an end; what a reader may find is every value that no later acknowledged move has
certainly replaced. All times are seconds of the checker's own monotonic clock.
"""

from dataclasses import dataclass, field

# A request that was not answered may still be carried out so long: the server's own deadline, and
# two clocks that are 900 ms off on either side of it.
LINGER_S = 33.0
# An answer of 503 may leave a batch behind that lands later, with the stamp that it had.
SKEW_S = 3.0
NEVER = float("inf")
ALWAYS = float("-inf")


@dataclass(eq=False)
class Move:
    """One command's effect on one cell."""

    value: object
    start: float
    # When its effect is certainly in place or will never be; NEVER while it runs.
    end: float = NEVER
    acknowledged: bool = False


@dataclass
class Cell:
    """A fact that commands set."""

    initial: object = False
    moves: list[Move] = field(default_factory=list)

    def begin(self, value, at: float) -> Move:
        move = Move(value, at)
        self.moves.append(move)
        return move

    def refuse(self, move: Move):
        """It had no effect, now or later."""
        self.moves.remove(move)

    def acknowledge(self, move: Move, at: float, lingers_until: float | None):
        """It was done. If one of its tries went unanswered, that one may take effect once more."""
        move.acknowledged, move.end = True, at
        if lingers_until is not None and lingers_until > at:
            self.moves.append(Move(move.value, move.start, lingers_until))

    def doubt(self, move: Move, until: float):
        """Nobody can say; after `until` whatever it did has been done."""
        move.end = until

    def possible(self, start: float, end: float) -> set:
        """What a reading may give that began at `start` and ended at `end`."""
        values = {move.value for move in self.moves if move.start <= end and not self._replaced(move.end, start)}
        if not self._replaced(ALWAYS, start):
            values.add(self.initial)
        return values

    def contested(self) -> int:
        """Commands that ran while another one about the same fact did, so that neither may have read what the other wrote."""
        return sum(
            any(other is not move and other.start <= move.end and move.start <= other.end for other in self.moves)
            for move in self.moves
        )

    def _replaced(self, end: float, start: float) -> bool:
        """Whether a move that ended at `end` is certainly no longer to be seen at `start`."""
        return any(other.acknowledged and end < other.start and other.end < start for other in self.moves)
