"""The lines of all rows as one aligned table."""

from __future__ import annotations

from collections.abc import Sequence

from .rows import Line

HEAD = ("row", "rival", "Thaw", "ratio", "±", "target", "accuracy rival", "Thaw", "reached")


def table(lines: Sequence[Line]) -> str:
    cells = [HEAD, *(cells_of(line) for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(aligned(cell, width, i) for i, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in cells
    )


def aligned(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column in (0, len(HEAD) - 1) else cell.rjust(width)


def cells_of(line: Line) -> tuple[str, ...]:
    theirs, ours = (f"{accuracy:.3f}" for accuracy in line.accuracies) if line.accuracies else ("", "")
    numbers = (f"{line.theirs:.1f} {line.unit}", f"{line.ours:.1f} {line.unit}", f"{line.ratio:.2f}")
    noise = "" if line.noise is None else f"{line.noise:.2f}"
    return (line.name, *numbers, noise, line.target, theirs, ours, "yes" if line.reached else "no")
