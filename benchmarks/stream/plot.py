"""The plot of the stream's benchmark, as SVG: processor time for each delivery by the number of sockets."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.stream.delivery import Delivery
from benchmarks.stream.figures import Table
from benchmarks.stream.rounds import Results
from benchmarks.stream.subjects import BARE, MERCURIUS, OURS, STOCK, YOGA

#: Each with a colour that people who see few colours can tell from the others, and a dash.
LINES: Final = {
    BARE: ("#444444", "2 3"),
    OURS: ("#0072b2", ""),
    MERCURIUS: ("#009e73", "8 3"),
    YOGA: ("#cc79a7", "8 3 2 3"),
    STOCK: ("#d55e00", "4 2"),
}
WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 275, 40, 50
LABEL: Final = 15  # pixels from one label to the next


class Axis:
    """A logarithmic scale from a value to another, over so many pixels."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        self._lowest, self._highest = (math.log10(edge) for edge in (min(values), max(values)))
        self._begin, self._end = begin, end

    def __call__(self, value: float) -> float:
        part = (math.log10(value) - self._lowest) / ((self._highest - self._lowest) or 1)
        return self._begin + part * (self._end - self._begin)

    def decades(self) -> Iterable[int]:
        return (10**power for power in range(math.ceil(self._lowest), math.floor(self._highest) + 1))


def plot(results: Results) -> str:
    deliveries = [each for each in results.deliveries if isinstance(each, Delivery) and each.subject in LINES]
    if not deliveries:
        return '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    table = Table.of(deliveries, "cpu")
    counts = sorted({each.sockets for each in deliveries})
    across = Axis(counts, LEFT, WIDTH - RIGHT)
    up = Axis([each.cpu for each in deliveries], HEIGHT - BOTTOM, TOP)
    lines = [line for name in LINES for line in _line(name, table, counts, across, up)]
    labels = _labels(table, counts, across, up)
    return "\n".join([*_frame(), *_grid(counts, across, up), *lines, *labels, "</svg>", ""])


def _frame() -> Iterable[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="12" '
        'font-family="sans-serif"><title>Processor time of the server for each delivery</title>'
    )
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    yield f'<text x="{LEFT}" y="{TOP - 18}">µs of the server’s processor for each delivery</text>'
    yield f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 12}" text-anchor="end">sockets that follow</text>'


def _grid(counts: Sequence[int], across: Axis, up: Axis) -> Iterable[str]:
    for value in up.decades():
        y = up(value)
        yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>'
    for count in counts:
        x = across(count)
        yield f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#eee"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{count:,}</text>'


def _line(name: str, table: Table, counts: Sequence[int], across: Axis, up: Axis) -> Iterable[str]:
    """The medians, and a bar from the lowest to the highest round at each."""
    found = [(across(count), figure) for count in counts if (figure := table.figure(name, count))]
    if not found:
        return
    colour, dash = LINES[name]
    places = " ".join(f"{x:.1f},{up(figure.median):.1f}" for x, figure in found)
    yield f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
    for x, figure in found:
        yield f'<path d="M{x:.1f} {up(figure.lowest):.1f}V{up(figure.highest):.1f}" stroke="{colour}"/>'
        yield f'<circle cx="{x:.1f}" cy="{up(figure.median):.1f}" r="3" fill="{colour}"/>'


def _labels(table: Table, counts: Sequence[int], across: Axis, up: Axis) -> Iterable[str]:
    """Names beside the last of the medians, from the top down, none over another."""
    last = {name: figure.median for name in LINES if (figure := table.figure(name, counts[-1]))}
    below = 0.0
    for name, median in sorted(last.items(), key=lambda item: -item[1]):
        below = max(up(median) + 4, below + LABEL)
        x, colour = across(counts[-1]) + 10, LINES[name][0]
        yield f'<text x="{x:.1f}" y="{below:.1f}" fill="{colour}">{name}: {median:,.1f}</text>'
