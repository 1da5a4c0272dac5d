"""Tiny networks of random weights in the real architectures, saved as a user would have them."""

from __future__ import annotations

from pathlib import Path

WORDS = (
    "good",
    "bad",
    "fine",
    "awful",
    "a",
    "the",
    "film",
    "was",
    "plot",
    "actor",
    "very",
    "not",
    "so",
    "it",
    "and",
    "but",
    "dull",
    "bright",
    "story",
    "sound",
)


def text_folder(folder: Path, kind: str = "bert", layers: int = 3, width: int = 32, heads: int = 2) -> Path:
    """A transformers folder: config, safetensors, tokenizer."""
    import torch
    import transformers as t
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocabulary = {word: i for i, word in enumerate([*special, *WORDS])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    fast = t.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=64,
    )
    torch.manual_seed(0)
    common = {"vocab_size": len(vocabulary), "pad_token_id": 0}
    sizes = {
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
        "max_position_embeddings": 66,
    }
    config = {
        "bert": lambda: t.BertConfig(**common, **sizes),
        "roberta": lambda: t.RobertaConfig(**common, **sizes),
        "deberta": lambda: t.DebertaV2Config(
            **common, **sizes, relative_attention=True, position_buckets=8, pos_att_type=["c2p", "p2c"]
        ),
        "distilbert": lambda: t.DistilBertConfig(
            **common, dim=width, n_layers=layers, n_heads=2, hidden_dim=2 * width, max_position_embeddings=66
        ),
        "modernbert": lambda: t.ModernBertConfig(**common, **sizes, global_attn_every_n_layers=2, local_attention=8),
        "electra": lambda: t.ElectraConfig(**common, **sizes, embedding_size=width),
        "albert": lambda: t.AlbertConfig(**common, **sizes, embedding_size=16),
        "albert-groups": lambda: t.AlbertConfig(**common, **sizes, embedding_size=16, num_hidden_groups=layers),
        "t5": lambda: t.T5Config(
            **common, d_model=width, d_kv=16, d_ff=2 * width, num_layers=layers, num_decoder_layers=1, num_heads=heads
        ),
        "bart": lambda: t.BartConfig(
            **common,
            d_model=width,
            encoder_layers=layers,
            decoder_layers=1,
            encoder_attention_heads=heads,
            decoder_attention_heads=heads,
            encoder_ffn_dim=2 * width,
            decoder_ffn_dim=2 * width,
            max_position_embeddings=66,
        ),
        "gpt2": lambda: t.GPT2Config(
            vocab_size=len(vocabulary), n_embd=width, n_layer=layers, n_head=heads, n_positions=66
        ),
        "xlnet": lambda: t.XLNetConfig(**common, d_model=width, n_layer=layers, n_head=heads, d_inner=2 * width),
        "opt-projected": lambda: t.OPTConfig(
            **common,
            hidden_size=width,
            ffn_dim=2 * width,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            word_embed_proj_dim=16,
            max_position_embeddings=66,
            do_layer_norm_before=False,
        ),
    }[kind]()
    t.AutoModel.from_config(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def texts(rows: int, seed: int = 0) -> tuple[list[str], list[int]]:
    """Short texts of WORDS whose label is whether "good" or "bad" stands in them."""
    import random

    source = random.Random(seed)
    made, labels = [], []
    for i in range(rows):
        label = i % 2
        words = source.choices(WORDS[4:], k=source.randint(2, 14))
        words.insert(source.randrange(len(words) + 1), ("bad", "good")[label])
        made.append(" ".join(words))
        labels.append(label)
    return made, labels
