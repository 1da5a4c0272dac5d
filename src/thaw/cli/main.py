"""The command line. Everything heavy is imported by the command that needs it: `thaw --help` answers at once."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from ..errors import InputError
from . import defaults

EXIT_CODES = "exit codes: 0 done, 2 wrong input (one line says what to change), 3 the gate refused the model"


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for every other wrong input."""
        raise InputError(" ".join(message.split()), f"see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        given = parser().parse_args(arguments)
        from . import commands

        code: int = getattr(commands, given.command)(given)
        return code
    except InputError as error:
        print(f"thaw: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("thaw: interrupted; the same command goes on from what was kept", file=sys.stderr)
        return 130


def _interrupt(signum: int, frame: FrameType | None) -> None:
    """A polite kill ends the steps and removes their files, as Ctrl-C does."""
    raise KeyboardInterrupt


def parser() -> argparse.ArgumentParser:
    root = Parser(prog="thaw", description="Measure how much of a pretrained model to train; train, evaluate, release.")
    root.epilog = EXIT_CODES
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _run(commands.add_parser("run", help="the whole job, on this machine", epilog=EXIT_CODES))
    _profile(commands.add_parser("profile", help="look at data and network, train nothing"))
    _compare(commands.add_parser("compare", help="every strategy for real, on this machine"))
    _compile(commands.add_parser("compile", help="write the pipeline, and its components, as YAML"))
    _submit(commands.add_parser("submit", help="the whole job, on a Kubeflow Pipelines endpoint"))
    _schedule(commands.add_parser("schedule", help="the whole job on an endpoint, again and again"))
    _status(commands.add_parser("status", help="where a submitted run stands"))
    _example(commands.add_parser("example", help="real data and real weights, no hub needed"))
    return root


def _run(command: argparse.ArgumentParser) -> None:
    _job(command)
    command.add_argument("--output", metavar="DIR", help="folder or gs:// for the results (./thaw-output/NAME)")
    command.add_argument("--store", metavar="URI", help=f"keeps data and features by content ({defaults.STORE})")
    command.add_argument("--registry", metavar="URI", help="model registry (OUTPUT/registry)")


def _profile(command: argparse.ArgumentParser) -> None:
    _data(command)
    command.add_argument("--output", metavar="DIR", help="folder or gs:// for the results (./thaw-output/NAME)")
    command.add_argument("--store", metavar="URI", help=f"keeps data and features by content ({defaults.STORE})")


def _compare(command: argparse.ArgumentParser) -> None:
    _data(command)
    command.add_argument("--seeds", type=_seeds, metavar="N", help="each strategy is run with the seeds 0 to N-1 (3)")
    command.add_argument("--output", metavar="DIR", help="folder or gs:// for the results (./thaw-output/NAME-compare)")
    command.add_argument("--store", metavar="URI", help=f"keeps data and features by content ({defaults.STORE})")


def _data(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--data",
        metavar="URI",
        required=True,
        help="folder of images by class; CSV, TSV, JSONL or Parquet file; zip or tar of those; folder of shards; "
        "local or gs://",
    )
    command.add_argument("--model", metavar="ID", help="known name, hf://…, folder or gs:// (by modality)")


def _job(command: argparse.ArgumentParser) -> None:
    """What a run is asked for. Nothing has a default here: the pipeline's own apply."""
    _data(command)
    command.add_argument("--strategy", choices=("auto", "frozen", "partial", "lora", "full"), help="(auto)")
    command.add_argument("--train-from", metavar="BLOCK", help="first block to train, with --strategy partial")
    command.add_argument("--head", choices=("linear", "dense"), help="dense: a hidden layer of 1,024 units (linear)")
    command.add_argument("--prefer", choices=("cost", "accuracy"), help="of strategies about as good (cost)")
    command.add_argument("--max-seconds", type=_seconds, metavar="S", help="time that training may take (no limit)")
    command.add_argument("--augment", action="store_const", const=True, help="random crops and mirror images (neither)")
    command.add_argument("--seed", type=_seed, metavar="N", help="of everything but the split (0)")
    command.add_argument("--name", help="of the model in the registry (that of the data)")
    command.add_argument("--webhook", metavar="URL", help="gets the outcome as a JSON POST")


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**31:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 to 2147483647")
    return int(text)


def _seeds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 1 to 100")
    return int(text)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"'{text}' is no time in seconds")
    return seconds


def _compile(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pipeline", choices=tuple(defaults.PIPELINES), default="adaptive", help="(adaptive)")
    command.add_argument("--output", metavar="FILE", help="(PIPELINE.yaml)")
    command.add_argument("--components", metavar="DIR", help="also write every component to DIR")


def _endpoint(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--endpoint", metavar="URL", default=defaults.ENDPOINT, help="of Kubeflow Pipelines (KFP_ENDPOINT)"
    )
    command.add_argument("--namespace", default="", help="for an endpoint that serves several")


def _submit(command: argparse.ArgumentParser) -> None:
    _job(command)
    command.add_argument("--pipeline", choices=tuple(defaults.PIPELINES), default="adaptive", help="(adaptive)")
    command.add_argument("--seeds", type=_seeds, metavar="N", help="with --pipeline compare: seeds of a strategy (3)")
    command.add_argument("--output", metavar="URI", help="gs:// for the results (THAW_OUTPUT/NAME)")
    command.add_argument("--store", metavar="URI", help="gs:// that keeps data and features (THAW_STORE)")
    command.add_argument("--registry", metavar="URI", help="gs:// model registry (THAW_REGISTRY)")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="PARAMETER=VALUE",
        help='any other parameter of the pipeline: lora_accelerator_count=2, full_node_selector=\'{"pool": "a100"}\'',
    )
    _endpoint(command)
    command.add_argument("--experiment", default="thaw", help="(thaw)")
    command.add_argument("--service-account", default="", help="that the pods run as")


def _schedule(command: argparse.ArgumentParser) -> None:
    command.add_argument("--cron", required=True, metavar="CRON", help="six fields, seconds first: '0 0 2 * * *'")
    _submit(command)


def _status(command: argparse.ArgumentParser) -> None:
    command.add_argument("run", metavar="RUN", help="ID that submit printed")
    command.add_argument("--watch", action="store_true", help="until the run has ended")
    _endpoint(command)


def _example(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "name", nargs="?", choices=tuple(defaults.EXAMPLES), metavar="NAME", help="movie or mnist (both)"
    )
    command.add_argument(
        "--output", metavar="DIR", default="thaw-output", help="folder for the results (./thaw-output)"
    )


if __name__ == "__main__":
    sys.exit(main())
