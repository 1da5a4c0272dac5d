"""The file of results: every single measurement, with the machine, versions and command that they came from."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "tensorflow",
    "keras",
    "keras-hub",
    "torch",
    "transformers",
    "accelerate",
    "peft",
    "numpy",
    "scikit-learn",
    "scipy",
    "pyarrow",
    "pillow",
    "google-cloud-storage",
)


class Results:
    """Read from and written to a JSON file; what is in it with the same settings need not be measured again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"rows": {}}

    def entry_of(self, row: str, settings: dict[str, Any], again: bool) -> dict[str, Any]:
        """The row's entry, empty where there is none with these settings."""
        settings = {name: value.replace(str(Path.home()), "~") for name, value in settings.items()}
        entry = self.content["rows"].get(row)
        if again or entry is None or entry["settings"] != settings:
            entry = {"settings": settings, "facts": {}, "sides": {}, "lines": []}
            self.content["rows"][row] = entry
        return entry

    def save(self, entry: dict[str, Any] | None = None) -> None:
        """Stamp an entry and write everything."""
        if entry is not None:
            entry |= {"date": now(), "machine": machine(), "versions": versions(), "command": command()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.content, indent=1, ensure_ascii=False) + "\n")
        os.replace(part, self.path)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def command() -> str:
    return shlex.join(["python", "-m", "benchmarks.training", *sys.argv[1:]])


def machine() -> dict[str, Any]:
    lines = _lines("/proc/cpuinfo")
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": model or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "bfloat16": any(flag in flags for flag in ("avx512_bf16", "amx_bf16")),
        "memory_gib": round(memory / 2**20, 1),
        "system": platform.platform(),
        "gpus": _gpus(),
    }


def _gpus() -> list[str]:
    """GPU models by the driver's own files: asking a framework would load it."""
    files = sorted(Path("/proc/driver/nvidia/gpus").glob("*/information"))
    lines = [line for file in files for line in file.read_text().splitlines() if line.startswith("Model")]
    return [line.split(":", 1)[1].strip() for line in lines]


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found
