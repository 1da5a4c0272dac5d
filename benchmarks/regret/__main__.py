"""`python -m benchmarks.regret COMMAND`: extend the table, profile its cells, learn from it, or read it."""

from __future__ import annotations

import argparse
import math


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.regret", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    grid = commands.add_parser("grid", help="run the cells that the table lacks, profile them and take their pilots")
    grid.add_argument("--only", default="", help="cells whose name contains this")
    grid.add_argument("--seconds", type=float, default=math.inf, help="begin no cell after so long")
    profiles = commands.add_parser("profiles", help="profile the cells of the table that lack it")
    profiles.add_argument("--again", action="store_true", help="profile all of them, after the evidence has changed")
    commands.add_parser("fit", help="learn the chooser's score model from the table")
    commands.add_parser("report", help="print the regret and calibration of the chooser, learned from other families")
    commands.add_parser("readouts", help="what a head gains by several depths and by two regressions; minutes")
    commands.add_parser("held-out", help="what it costs a training to hold rows out of it; half an hour")
    commands.add_parser("overhead", help="whole runs: choosing against knowing; minutes on a quiet machine")
    run(parser.parse_args())


def run(given: argparse.Namespace) -> None:
    if given.command == "grid":
        from . import first_steps, grid, profiles

        grid.run(given.only, given.seconds)
        profiles.extend()
        first_steps.extend()
    elif given.command == "profiles":
        from . import profiles

        profiles.extend(given.again)
    elif given.command == "fit":
        from . import fit

        fit.write()
    elif given.command == "readouts":
        from . import readouts

        readouts.measure()
    elif given.command == "held-out":
        from . import held_out

        held_out.measure()
    elif given.command == "overhead":
        from . import overhead

        overhead.measure()
    else:
        from . import report

        report.print_tables()


if __name__ == "__main__":
    main()
