"""What was done, how long it took, and each break in service."""

import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field

from .calls import Answer

# Failed tries that lie closer together are one break.
SAME_BREAK_S = 1.0


def quantile(values: list[float], share: float) -> float:
    """The value below which `share` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


@dataclass
class Window:
    """A time in which something was broken on purpose, and what came with it."""

    name: str
    # What kind of fault it is, if it is one.
    kind: str
    start: float
    end: float = float("inf")

    def meets(self, start: float, end: float) -> bool:
        return start <= self.end and self.start <= end


@dataclass
class Sample:
    kind: str
    # "read", "write" (plain) or "conditional".
    cost: str
    start: float
    end: float
    outcome: str
    tries: int

    @property
    def took_s(self) -> float:
        return self.end - self.start


@dataclass
class Figures:
    """Filled while the run goes on."""

    begun: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    windows: list[Window] = field(default_factory=list)
    # (when, node, what went wrong) of every try that another had to make good.
    failed_tries: list[tuple[float, str, str]] = field(default_factory=list)
    # Requests that no node answered.
    failures: list[tuple[str, Answer]] = field(default_factory=list)
    # Names that all rivals were refused, each because of another.
    unclaimed: int = 0

    def took(self, kind: str, cost: str, answer: Answer):
        outcome = "acknowledged" if answer.acknowledged else "refused" if answer.refused else "failed"
        self.samples.append(Sample(kind, cost, answer.start, answer.end, outcome, len(answer.tries)))
        for one in answer.tries:
            if one.code is None or one.code >= 500 or one.code == 429:
                self.failed_tries.append((one.end, one.node.name, str(one.code or one.error)))
        if answer.failed:
            self.failures.append((kind, answer))

    @contextmanager
    def window(self, name: str, kind: str = ""):
        """Marks what happens inside as under this fault."""
        window = Window(name, kind, time.monotonic())
        self.windows.append(window)
        try:
            yield window
        finally:
            window.end = time.monotonic()

    def at(self, moment: float) -> str:
        return f"{moment - self.begun:7.2f} s"

    def worst(self, cost: str, window: Window | None = None) -> float:
        """The longest that such a request took, over all its tries, that met the window."""
        return max((one.took_s for one in self._of(cost, window)), default=0.0)

    def worst_under(self, cost: str, kinds: tuple[str, ...]) -> float:
        """The same for all windows of such faults."""
        return max((self.worst(cost, window) for window in self.windows if window.kind in kinds), default=0.0)

    def breaks(self) -> list[str]:
        """Failed tries by node, those close together as one."""
        spans = []
        by_node = defaultdict(list)
        for moment, node, what in sorted(self.failed_tries):
            by_node[node].append((moment, what))
        for node, tries in by_node.items():
            span = None
            for moment, what in tries:
                if span is None or moment - span[1] > SAME_BREAK_S:
                    span = [moment, moment, node, Counter()]
                    spans.append(span)
                span[1] = moment
                span[3][what] += 1
        return [
            f"{self.at(start)} – {self.at(end)}  {node}: "
            + ", ".join(f"{what} × {count}" for what, count in kinds.most_common())
            for start, end, node, kinds in sorted(spans, key=lambda span: span[:3])
        ]

    def report(self) -> str:
        """Everything that a person wants to see of a run."""
        lines = [f"  {'kind':<22}{'done':>7}{'refused':>9}{'failed':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"]
        kinds = sorted({(one.cost, one.kind) for one in self.samples})
        for cost, kind in kinds:
            lines.append(self._line(f"{kind}", [one for one in self.samples if (one.cost, one.kind) == (cost, kind)]))
        lines.append("  injected, and the worst under it (ms):")
        for window in self.windows:
            took = "  ".join(f"{cost} {self.worst(cost, window) * 1000:.0f}" for cost in ("read", "write", "conditional"))
            lines.append(f"    {self.at(window.start)} – {self.at(window.end)}  {window.name:<44} {took}")
        quiet = [one for one in self.samples if not any(window.meets(one.start, one.end) for window in self.windows)]
        took = "  ".join(
            f"{cost} {max((one.took_s for one in quiet if one.cost == cost), default=0.0) * 1000:.0f}"
            for cost in ("read", "write", "conditional")
        )
        lines.append(f"    outside of all                                                           {took}")
        lines.append("  tries that another node had to make good:")
        lines += [f"    {line}" for line in self.breaks()] or ["    none"]
        lines.append(f"  requests that failed behind the retrying client: {len(self.failures)}")
        lines += [f"    {self.at(answer.start)}  {kind}: {answer}" for kind, answer in self.failures[:20]]
        return "\n".join(lines)

    def _of(self, cost: str, window: Window | None) -> list[Sample]:
        return [one for one in self.samples if one.cost == cost and (window is None or window.meets(one.start, one.end))]

    def _line(self, name: str, samples: list[Sample]) -> str:
        outcomes = Counter(one.outcome for one in samples)
        took = [one.took_s * 1000 for one in samples if one.outcome == "acknowledged"]
        return (
            f"  {name:<22}{outcomes['acknowledged']:>7}{outcomes['refused']:>9}{outcomes['failed']:>8}"
            f"{quantile(took, 0.5):>9.0f}{quantile(took, 0.99):>9.0f}{max(took, default=0.0):>9.0f}"
        )
