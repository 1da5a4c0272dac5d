"""Tokenizers of every kind: files, added tokens, padding, limits."""

from __future__ import annotations

import base64
import io
import json
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sentencepiece
import torch
import transformers as t

from tests.networks import harness, tiny
from thaw.errors import InputError
from thaw.networks.loading import extents, load_model, open_network
from thaw.networks.torch.tokenizers import load_tokenizer

RAW, _LABELS = tiny.texts(12)
LABELS = np.array(_LABELS)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.text_folder(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def pieces() -> bytes:
    """A SentencePiece model of the tiny words."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(tiny.texts(200)[0]),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        control_symbols=["[CLS]", "[SEP]", "<cls>", "<sep>", "<pad>"],
    )
    return model.getvalue()


def opened(folder: Path, scratch: Path) -> Any:
    return open_network("text", str(folder), scratch, input_size=32)


def refused(folder: Path, scratch: Path) -> str:
    with pytest.raises(InputError) as caught:
        opened(folder, scratch)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def with_tokenizer(bert: Path, folder: Path, **files: bytes) -> Path:
    """The network without its tokenizer, and with these files."""
    shutil.copytree(bert, folder, ignore=shutil.ignore_patterns("tokenizer*", "special*"))
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    return folder


def model_of(folder: Path, kind: str, **changes: Any) -> None:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
    t.AutoModel.from_config(t.AutoConfig.for_model(kind, **{"vocab_size": 80} | sizes | changes)).save_pretrained(
        folder
    )


SENTENCEPIECE = {
    "xlm-roberta": ("sentencepiece.bpe.model", {}),
    "albert": ("spiece.model", {"embedding_size": 16}),
    "t5": ("spiece.model", {"d_model": 32, "d_ff": 48, "d_kv": 16, "num_heads": 2, "num_layers": 2}),
    "llama": ("tokenizer.model", {}),
    "deberta-v2": ("spm.model", {}),
    "xlnet": ("spiece.model", {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 48}),
}


@pytest.mark.parametrize("kind", SENTENCEPIECE)
def test_sentencepiece_alone_is_read(tmp_path: Path, pieces: bytes, kind: str) -> None:
    file, changes = SENTENCEPIECE[kind]
    folder = tmp_path / "network"
    folder.mkdir()
    model_of(folder, kind, **changes)
    (folder / file).write_bytes(pieces)
    network = opened(folder, tmp_path)
    examples = network.encode(RAW, tmp_path)
    unknown = network.tokenizer.unk_token_id
    assert (examples.tokens == unknown).mean() < 0.1
    assert len(np.unique(examples.tokens)) > 10
    harness.headed(network, examples)
    network.save(tmp_path / "model", ["bad", "good"])
    loaded = load_model(tmp_path / "model")
    again = loaded.encode(RAW, tmp_path)
    np.testing.assert_array_equal(again.tokens, examples.tokens)
    np.testing.assert_array_equal(loaded.logits(again), network.logits(examples))


def test_words_and_merges_are_read_and_padded(tmp_path: Path) -> None:
    """GPT-2's tokenizer: no token for padding, none for the beginning or end, and nothing for an empty text."""
    folder = tmp_path / "network"
    folder.mkdir()
    model_of(folder, "gpt2", n_embd=32, n_layer=2, n_head=2)
    letters = sorted({f"Ġ{letter}" for letter in "abcdefgh"} | set("abcdefghijklmnopqrstuvwxyzĠ"))
    vocabulary = {word: i for i, word in enumerate([*letters, "<|endoftext|>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"Ġ {letter}\n" for letter in "abcdefgh"))
    network = opened(folder, tmp_path)
    assert network.tokenizer.pad_token == "<|endoftext|>"
    texts = ["", *RAW]
    examples = network.encode(texts, tmp_path)
    assert examples.lengths.min() == 1
    harness.headed(network, examples)
    logits = network.logits(examples)
    for row in (1, 5):  # the same alone as in a padded batch
        np.testing.assert_allclose(network.logits(examples.take(np.array([row])))[0], logits[row], atol=1e-2)
    assert network.logits(network.encode([""], tmp_path)).shape == (1, 2)


def test_a_tokenizer_of_bytes_needs_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    changes = {"d_model": 32, "d_ff": 48, "d_kv": 16, "num_heads": 2, "num_layers": 2}
    t.T5Model(t.T5Config(vocab_size=384, **changes)).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "ByT5Tokenizer"}))
    examples = opened(folder, tmp_path).encode(["ab"], tmp_path)
    assert examples.tokens.tolist() == [ord("a") + 3, ord("b") + 3, 1]


def test_a_tiktoken_file_is_read_or_the_package_is_named(bert: Path, tmp_path: Path) -> None:
    ranks = [bytes([i]) for i in range(256)]
    lines = b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(ranks))
    folder = tmp_path / "network"
    folder.mkdir()
    model_of(folder, "llama", vocab_size=300)
    (folder / "tiktoken.model").write_bytes(lines)
    if find_spec("tiktoken"):
        examples = opened(folder, tmp_path).encode(["ab"], tmp_path)
        assert {ord("a"), ord("b")} <= set(examples.tokens.tolist())
    else:
        assert refused(folder, tmp_path).endswith("pip install tiktoken")


def test_a_package_that_a_tokenizer_needs_is_named(bert: Path, tmp_path: Path) -> None:
    words = "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *tiny.WORDS]).encode()
    settings = {"tokenizer_class": "BertJapaneseTokenizer", "word_tokenizer_type": "mecab"}
    folder = with_tokenizer(
        bert, tmp_path / "network", vocab__txt=words, tokenizer_config__json=json.dumps(settings).encode()
    )
    if find_spec("fugashi") is None:
        assert refused(folder, tmp_path).endswith("pip install fugashi")


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "gpt2", "llama", "t5", "albert", "xlnet", "roberta", "bart"])
def test_without_a_tokenizer_the_line_says_what_to_add(bert: Path, tmp_path: Path, kind: str) -> None:
    folder = with_tokenizer(bert, tmp_path / "network")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": kind}))
    assert "tokenizer" in refused(folder, tmp_path)


@pytest.mark.parametrize("limit", [int(1e30), None, 10**9])
def test_no_limit_of_the_tokenizer_is_none(bert: Path, tmp_path: Path, limit: Any) -> None:
    folder = tmp_path / "network"
    shutil.copytree(bert, folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text()) | {"model_max_length": limit}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    long = ["good film " * 100]
    network = open_network("text", str(folder), tmp_path, input_size=1000)
    assert network.input_size == 64  # of 66 positions: rows are padded to multiples of 8
    examples = network.encode(long, tmp_path)
    assert examples.lengths.tolist() == [64]
    assert np.isfinite(network.features(examples, [4])[4]).all()
    assert extents("text", str(folder), long, tmp_path).tolist() == [202]


@pytest.mark.parametrize("kind", ["t5", "xlnet"])
def test_relative_positions_have_a_limit_too(tmp_path: Path, kind: str) -> None:
    folder = tiny.text_folder(tmp_path / "network", kind)
    settings = json.loads((folder / "tokenizer_config.json").read_text()) | {"model_max_length": int(1e30)}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    network = open_network("text", str(folder), tmp_path, input_size=100_000)
    assert network.input_size == 512


# Tokens and vectors


def add_tokens(folder: Path, count: int) -> list[str]:
    tokenizer = t.AutoTokenizer.from_pretrained(folder)
    added = [f"<added{i}>" for i in range(count)]
    tokenizer.add_tokens(added)
    tokenizer.save_pretrained(folder)
    return added


@pytest.mark.parametrize("kind", ["bert", "t5", "bart", "gpt2", "modernbert"])
def test_the_embedding_grows_with_added_tokens(tmp_path: Path, kind: str) -> None:
    folder = tiny.text_folder(tmp_path / "network", kind)
    before = opened(folder, tmp_path).encoder.get_input_embeddings().weight.detach().clone()
    texts = [f"good {token} film" for token in add_tokens(folder, 3)]
    network = opened(folder, tmp_path)
    after = network.encoder.get_input_embeddings().weight.detach()
    assert len(after) == len(before) + 3
    torch.testing.assert_close(after[: len(before)], before, rtol=0, atol=0)
    torch.testing.assert_close(after[len(before) :], before.mean(0).expand(3, -1))
    assert opened(folder, tmp_path).fingerprint == network.fingerprint
    examples = network.encode(texts + RAW, tmp_path)
    assert examples.tokens.max() == len(before) + 2
    harness.headed(network, examples)
    harness.steps(network, harness.plan(network, 0, "text"), examples, np.zeros(15, int)).finish()
    network.save(tmp_path / "model", ["bad", "good"])
    loaded = load_model(tmp_path / "model")
    found = loaded.logits(loaded.encode(texts, tmp_path))
    np.testing.assert_allclose(found, network.logits(examples)[:3], atol=1e-2)


def test_a_vocabulary_larger_than_the_embedding_is_refused(bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "network"
    shutil.copytree(bert, folder)
    config = t.AutoConfig.from_pretrained(folder)
    config.vocab_size = 20
    t.AutoModel.from_config(config).save_pretrained(folder)
    line = refused(folder, tmp_path)
    assert "25 tokens" in line
    assert "20" in line


def test_a_smaller_vocabulary_than_the_embedding_is_fine(bert: Path, tmp_path: Path) -> None:
    folder = tmp_path / "network"
    shutil.copytree(bert, folder)
    config = t.AutoConfig.from_pretrained(folder)
    config.vocab_size = 32
    t.AutoModel.from_config(config).save_pretrained(folder)
    harness.every_depth_has_features(lambda: opened(folder, tmp_path), RAW, tmp_path)


def test_padding_is_on_the_right(bert: Path, tmp_path: Path, pieces: bytes) -> None:
    folder = tmp_path / "network"
    folder.mkdir()
    model_of(folder, "xlnet", d_model=32, n_layer=2, n_head=2, d_inner=48)
    (folder / "spiece.model").write_bytes(pieces)
    assert t.AutoTokenizer.from_pretrained(folder).padding_side == "left"
    tokenizer = load_tokenizer("xlnet", folder)
    mask: Callable[..., Any] = tokenizer(["good", "good bad film"], padding=True)["attention_mask"]
    assert mask[0][0] == 1
