"""Commands and their flags. The flags of a command are made when that command is parsed, and no other's."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ..errors import InputError
from . import defaults

EXIT_CODES = "Exit codes: 0 done, 2 wrong input (one line says what to change), 3 the gate refused the model."
HERE = {"output": "./thaw-output/NAME", "store": defaults.STORE, "registry": "OUTPUT/registry"}
ON_CLUSTER = {"output": "THAW_OUTPUT/NAME", "store": "THAW_STORE", "registry": "THAW_REGISTRY"}


class Parser(argparse.ArgumentParser):
    """A parser whose flags `add_flags` adds when it is used."""

    add_flags: Callable[[argparse.ArgumentParser], None] | None = None

    def error(self, message: str) -> NoReturn:
        """One line, as for every other wrong input."""
        raise InputError(" ".join(message.split()), f"see {self.prog} --help")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        self.complete()
        return super().parse_known_args(args, namespace)

    def complete(self) -> None:
        add_flags, self.add_flags = self.add_flags, None
        if add_flags:
            add_flags(self)


def parser() -> Parser:
    root = Parser(prog="thaw", description="Measure how much of a pretrained model to train; train, evaluate, release.")
    root.epilog = EXIT_CODES
    commands = root.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (summary, module, add_flags) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary, epilog=EXIT_CODES)
        command.set_defaults(module=module)
        command.add_flags = add_flags
    return root


def _options(pipeline: str, places: Mapping[str, str]) -> Callable[[argparse.ArgumentParser], None]:
    def add(command: argparse.ArgumentParser) -> None:
        from ..runtime.options import OF_PIPELINE
        from .flags import add_options

        add_options(command, OF_PIPELINE[pipeline], places)

    return add


def _compile(command: argparse.ArgumentParser) -> None:
    _pipeline(command)
    command.add_argument("--output", dest="file", metavar="FILE", help="(PIPELINE.yaml)")
    command.add_argument("--components", metavar="DIR", help="also write every component to DIR")


def _submit(command: argparse.ArgumentParser) -> None:
    from ..runtime.options import Options
    from .flags import add_options

    add_options(command, Options.model_fields, ON_CLUSTER)
    _pipeline(command)
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
    names = tuple(defaults.EXAMPLES)
    command.add_argument("example", nargs="?", choices=names, metavar="NAME", help="movie or mnist (both)")
    command.add_argument("--output", dest="folder", metavar="DIR", default="thaw-output", help="(./thaw-output)")


def _pipeline(command: argparse.ArgumentParser) -> None:
    command.add_argument("--pipeline", choices=defaults.PIPELINES, default="adaptive", help="(adaptive)")


def _endpoint(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--endpoint", metavar="URL", default=defaults.ENDPOINT, help="of Kubeflow Pipelines (KFP_ENDPOINT)"
    )
    command.add_argument("--namespace", default="", help="for an endpoint that serves several")


COMMANDS: dict[str, tuple[str, str, Callable[[argparse.ArgumentParser], None]]] = {
    "run": ("the whole job, on this machine", "local_runs", _options("adaptive", HERE)),
    "profile": ("look at data and network, train nothing", "local_runs", _options("profile", HERE)),
    "compare": ("every strategy for real, on this machine", "local_runs", _options("compare", HERE)),
    "compile": ("write the pipeline, and its components, as YAML", "cluster_runs", _compile),
    "submit": ("the whole job, on a Kubeflow Pipelines endpoint", "cluster_runs", _submit),
    "schedule": ("the whole job on an endpoint, again and again", "cluster_runs", _schedule),
    "status": ("where a submitted run stands", "cluster_runs", _status),
    "example": ("real data and real weights, no hub needed", "local_runs", _example),
}
