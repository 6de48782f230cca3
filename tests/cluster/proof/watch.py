"""Reads every answer that anybody gets, and knows who may see which hidden status."""

import re
from dataclasses import dataclass

from .calls import Answer
from .record import Person, Record

WORD = re.compile(r"sesame[0-9a-f]{12}")


@dataclass
class Watch:
    """Also the proof that the watching works: how often a hidden word was rightly seen."""

    record: Record
    answers: int = 0
    rightly_seen: int = 0
    wrongly_seen: int = 0

    def look(self, viewer: Person, answer: Answer):
        """Judges an answer by when it was asked for: what was taken back before may not stand in it."""
        self.answers += 1
        where = f"{answer.method} {answer.path} at {answer.last.node.name}"
        self.read(viewer, answer.text, answer.last.start, answer.last.end, where)

    def read(self, viewer: Person, text: str, start: float, end: float, where: str):
        for word in set(WORD.findall(text)):
            if self.may_see(viewer, word, start, end):
                self.rightly_seen += 1
                continue
            self.wrongly_seen += 1
            status = self.record.words.get(word)
            of = f"{status.author.name}'s {status.visibility} status {status.id}" if status else "nobody's"
            at = f"asked at {start - self.record.begun:.3f} s, answered at {end - self.record.begun:.3f} s"
            moves = self._moves(viewer, status) if status else ""
            self.record.complain(f"{viewer.name or 'a stranger'} was shown {word} ({of}) by {where}, {at}; {moves}")

    def may_see(self, viewer: Person, word: str, start: float, end: float) -> bool:
        status = self.record.words.get(word)
        if status is None:
            return False
        if viewer.id and (viewer.id == status.author.id or viewer.id in status.named):
            return True
        if status.visibility != "private" or not viewer.id:
            return False
        return True in self.record.follows_now(viewer.id, status.author.id, start, end)

    def _moves(self, viewer: Person, status) -> str:
        """The last commands about their relation, for whoever must find out why."""
        pairs = ((viewer.id, status.author.id), (status.author.id, viewer.id))
        moves = [
            (move.start, move.end, f"{name} {move.value}")
            for name, cells in (("follow", self.record.follows), ("block", self.record.blocks))
            for pair in pairs
            for move in cells[pair].moves
        ]
        begun = self.record.begun
        return "; ".join(f"{what} from {start - begun:.3f} to {end - begun:.3f} s" for start, end, what in sorted(moves)[-4:])
