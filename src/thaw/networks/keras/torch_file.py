"""State dicts saved by PyTorch before 1.6, read without PyTorch and without running what a pickle may ask for."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


@dataclass(frozen=True)
class Tensor:
    """A tensor as a place in a storage; the numbers come later in the file."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        data = storages[self.storage][self.offset :]
        strides = [stride * data.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(data, self.shape, strides, writeable=False).copy()


class Unpickler(pickle.Unpickler):
    """An unpickler that knows tensors and dictionaries, and refuses anything else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, np.dtype[Any]] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: Tensor(storage, offset, shape, strides)
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"a state dict has no use for {module}.{name}")

    def persistent_load(self, pid: Any) -> str:
        _, dtype, key, *_ = pid
        self.dtypes[key] = dtype
        return str(key)


def read_state_dict(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a state dict by their name.

    Raises:
        UnpicklingError: for any other file.
    """
    with path.open("rb") as file:
        if Unpickler(file).load() != MAGIC:
            raise pickle.UnpicklingError(f"{path} is not a state dict of PyTorch's first format")
        Unpickler(file).load()  # the format's version
        Unpickler(file).load()  # the writer's number sizes; little-endian wherever PyTorch runs
        contents = Unpickler(file)
        tensors = contents.load()
        storages = {str(key): _storage(file, contents.dtypes[key]) for key in Unpickler(file).load()}
    return {name: tensor.array(storages) for name, tensor in tensors.items()}


def _storage(file: BinaryIO, dtype: np.dtype[Any]) -> np.ndarray:
    length = int.from_bytes(file.read(8), "little")
    return np.frombuffer(file.read(length * dtype.itemsize), dtype)
