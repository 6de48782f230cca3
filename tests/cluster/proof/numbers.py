"""Whether two living processes ever bore one node number, seen from outside: ids carry it."""

from collections import defaultdict
from dataclasses import dataclass, field

from .calls import Answer
from .record import Record

SEQUENCE_BITS, NODE_BITS = 6, 10
# A number rests ten minutes after its last holder; what is seen of it ends a little before or after.
REST_S = 590.0


def node_number(id: str) -> int:
    return (int(id) >> SEQUENCE_BITS) & ((1 << NODE_BITS) - 1)


@dataclass
class Numbers:
    """(node number) → (node's name, life) → from when until when it was seen to make ids."""

    seen: dict[int, dict[tuple[str, int], list[float]]] = field(default_factory=lambda: defaultdict(dict))
    # A server that stands in for several nodes bears one number.
    alone: bool = False

    def note(self, answer: Answer):
        """Of a status that surely was made by the node that answered, at the one try."""
        one = answer.last
        if len(answer.tries) > 1 or one.life != one.node.life:
            return
        who = (one.node.name, one.life)
        span = self.seen[node_number(answer.json()["id"])].setdefault(who, [one.start, one.end])
        span[0], span[1] = min(span[0], one.start), max(span[1], one.end)

    def judge(self, record: Record):
        """A number belongs to one process; another may bear it only after a rest."""
        for number, holders in self.seen.items() if not self.alone else ():
            spans = sorted((span[0], span[1], holder) for holder, span in holders.items())
            for (_, last, one), (first, _, other) in zip(spans, spans[1:]):
                what = f"the node number {number} of {one}, {first - last:.1f} s later of {other}: rested"
                record.judge(what, first - last > REST_S, {True})
        lives = defaultdict(set)
        for number, holders in self.seen.items():
            for holder in holders:
                lives[holder].add(number)
        for holder, numbers in lives.items():
            # A node that lost its lease for good ends; it does not go on under another number.
            record.judge(f"node numbers of {holder}, {numbers}", len(numbers) <= 1, {True})

    def __str__(self):
        return ", ".join(
            f"{number}: " + " and ".join(f"{name} (life {life})" for name, life in holders)
            for number, holders in sorted(self.seen.items())
        )
