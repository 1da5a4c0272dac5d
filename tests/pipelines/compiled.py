"""What the KFP compiler does not notice in a pipeline it has compiled, for tests to look for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler


class Compiled:
    """A compiled pipeline: every task by its path of names, with its component, executor and pod settings."""

    def __init__(self, pipeline: Any, folder: Path) -> None:
        path = folder / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(path))
        self.spec, platform = yaml.safe_load_all(path.read_text())
        self.executors = self.spec["deploymentSpec"]["executors"]
        self.settings = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
        self.tasks = {where: (task, parent) for where, task, parent in self._walk("", self.spec["root"])}

    def _walk(self, where: str, component: dict) -> Iterator[tuple[str, dict, dict]]:
        for name, task in component["dag"]["tasks"].items():
            here = f"{where}/{name}".lstrip("/")
            yield here, task, component
            child = self.component(task)
            if "dag" in child:
                yield from self._walk(here, child)

    def component(self, task: dict) -> dict[str, Any]:
        return dict(self.spec["components"][task["componentRef"]["name"]])

    def steps(self) -> dict[str, dict]:
        """Tasks that run a container, by their last name."""
        return {
            where.rsplit("/", 1)[-1]: task
            for where, (task, _) in self.tasks.items()
            if "dag" not in self.component(task)
        }

    def condition(self, step: str) -> str:
        """The condition of the group right above a step."""
        above = next(where.rpartition("/")[0] for where in self.tasks if where.endswith(f"/{step}"))
        return " ".join(self.tasks[above][0]["triggerPolicy"]["condition"].split())

    def container(self, step: str) -> dict[str, Any]:
        return dict(self.executors[self._label(step)]["container"])

    def pod(self, step: str) -> dict[str, Any]:
        return dict(self.settings[self._label(step)])

    def _label(self, step: str) -> str:
        return str(self.component(self.steps()[step])["executorLabel"])

    def faults(self) -> list[str]:
        """Inputs that are not declared above, producers that are not waited for, placeholders without an input, and
        placeholders of root parameters that are no text, from which the server reads nothing."""
        return sorted(
            {fault for where, (task, parent) in self.tasks.items() for fault in self._faults(where, task, parent)}
        )

    def _faults(self, where: str, task: dict, parent: dict) -> Iterator[str]:
        definitions = parent.get("inputDefinitions", {})
        declared = {*definitions.get("parameters", {}), *definitions.get("artifacts", {})}
        label = self.component(task).get("executorLabel")
        for channel in _channels([task.get("inputs", {}), self.settings.get(label, {})]):
            if "producerTask" in channel and channel["producerTask"] not in task.get("dependentTasks", []):
                yield f"{where} does not wait for {channel['producerTask']}"
            if "parent" in channel and channel["parent"] not in declared:
                yield f"{where} takes {channel['parent']}, which is not declared above it"
        container = self.executors.get(label, {}).get("container", {})
        text = f"{container.get('image')} {container.get('resources')}"
        for name in re.findall(r"inputs\.parameters\['(.+?)'\]", text):
            if name not in task.get("inputs", {}).get("parameters", {}):
                yield f"{where} has a placeholder {name} that is no input of it"
            if self._root_type(name.removeprefix("pipelinechannel--")) != "STRING":
                yield f"{where} has a placeholder {name} that is no text"

    def _root_type(self, name: str) -> str:
        parameters = self.spec["root"].get("inputDefinitions", {}).get("parameters", {})
        return str(parameters.get(name, {"parameterType": "STRING"})["parameterType"])


def _channels(node: Any) -> Iterator[dict[str, str]]:
    if isinstance(node, list):
        for value in node:
            yield from _channels(value)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in ("componentInputParameter", "componentInputArtifact"):
                yield {"parent": value}
            elif key in ("taskOutputParameter", "taskOutputArtifact"):
                yield value
            else:
                yield from _channels(value)
