"""A .keras file that holds the model alone: the same training gives the same bytes, and so the same version.

`Model.save` writes the time into the archive's entries and into `metadata.json`, and names objects that layers share by
their address in memory. It has no option for that; keras-team/keras#15948 asked for saving that can be reproduced.
"""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path

SHARED_OBJECT = re.compile(r'"shared_object_id": (\d+)')


def make_reproducible(path: Path) -> None:
    """Write the file anew without times and addresses."""
    original = path.with_suffix(".original")
    path.rename(original)
    with zipfile.ZipFile(original) as archive, zipfile.ZipFile(path, "w") as rewritten:
        for name in sorted(archive.namelist()):
            with archive.open(name) as entry, rewritten.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
                if name == "metadata.json":
                    target.write(without_date(entry.read()))
                elif name == "config.json":
                    target.write(with_sequential_ids(entry.read().decode()).encode())
                else:
                    shutil.copyfileobj(entry, target)
    original.unlink()


def without_date(metadata: bytes) -> bytes:
    """The metadata without the time of saving.

    >>> without_date(b'{"keras_version": "3.15.1", "date_saved": "2026-11-25@12:00:00"}')
    b'{"keras_version": "3.15.1"}'
    """
    return json.dumps({key: value for key, value in json.loads(metadata).items() if key != "date_saved"}).encode()


def with_sequential_ids(config: str) -> str:
    """The configuration with shared objects numbered in their order.

    >>> with_sequential_ids('[{"shared_object_id": 140213}, {"shared_object_id": 990}, {"shared_object_id": 140213}]')
    '[{"shared_object_id": 0}, {"shared_object_id": 1}, {"shared_object_id": 0}]'
    """
    addresses = list(dict.fromkeys(SHARED_OBJECT.findall(config)))
    numbers = {address: number for number, address in enumerate(addresses)}
    return SHARED_OBJECT.sub(lambda match: f'"shared_object_id": {numbers[match[1]]}', config)
