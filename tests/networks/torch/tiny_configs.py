"""The library's configurations, made tiny by the names that sizes usually have."""

from __future__ import annotations

from typing import Any

from transformers import CONFIG_MAPPING, PretrainedConfig

SIZES = {
    "vocab_size": 25,
    "hidden_size": 32,
    "d_model": 32,
    "n_embd": 32,
    "dim": 32,
    "emb_dim": 32,
    "d_embed": 32,
    "embedding_size": 32,
    "word_embed_proj_dim": 32,
    "input_embedding_size": 32,
    "output_embedding_size": 32,
    "true_hidden_size": 32,
    "intra_bottleneck_size": 32,
    "intermediate_size": 48,
    "d_ff": 48,
    "n_inner": 48,
    "hidden_dim": 48,
    "d_inner": 48,
    "ffn_dim": 48,
    "ffn_hidden_size": 48,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
    "expert_ffn_hidden_size": 16,
    "num_hidden_layers": 3,
    "num_layers": 3,
    "n_layer": 3,
    "n_layers": 3,
    "encoder_layers": 3,
    "decoder_layers": 2,
    "num_decoder_layers": 2,
    "num_attention_heads": 4,
    "num_heads": 4,
    "n_head": 4,
    "n_heads": 4,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "d_kv": 8,
    "d_head": 8,
    "kv_channels": 8,
    "attention_head_size": 8,
    "num_experts": 4,
    "num_local_experts": 4,
    "n_routed_experts": 4,
    "moe_num_experts": 4,
    "num_experts_per_tok": 2,
    "experts_per_token": 2,
    "max_position_embeddings": 64,
    "n_positions": 64,
    "n_ctx": 64,
    "max_seq_len": 64,
    "pad_token_id": 0,
    "type_vocab_size": 2,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 8,
    "v_head_dim": 8,
    "mamba_d_state": 8,
    "state_size": 8,
    "block_size": 4,
}
SPECIAL = ("bos_token_id", "eos_token_id", "decoder_start_token_id", "sep_token_id", "cls_token_id", "mask_token_id")

ROTARY = {"rotary_dim": 4}
STATE_SPACE = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1, "mamba_expand": 2, "mamba_d_ssm": 64}
MIXED = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}}
HALF_MIXED = {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [0, 1, 1]}}
ONE_GROUP = {"n_group": 1, "topk_group": 1}

OF_ITS_OWN: dict[str, dict[str, Any]] = {
    "axk1": ONE_GROUP,
    "bailing_hybrid": ONE_GROUP,
    "bamba": STATE_SPACE,
    "canine": {"upsampling_kernel_size": 1, "downsampling_rate": 1},
    "codegen": ROTARY,
    "cosmos3_edge_text": {"rope_parameters": MIXED["rope_parameters"] | {"mrope_section": [2, 1, 1]}},
    "deepseek_v2": ONE_GROUP | {"num_experts_per_tok": 2},
    "dots1": ONE_GROUP | {"n_shared_experts": 1, "num_experts_per_tok": 2},
    "ernie4_5_moe": {"moe_k": 2},
    "esm": {"vocab_size": 25, "mask_token_id": 3, "pad_token_id": 0},
    "esmc": {"num_key_value_heads": 4},
    "falcon_h1": STATE_SPACE,
    "gemma3n_text": {"num_kv_shared_layers": 0, "vocab_size_per_layer_input": 25, "hidden_size_per_layer_input": 8},
    "gemma4_text": {"num_kv_shared_layers": 0, "vocab_size_per_layer_input": 25, "hidden_size_per_layer_input": 8},
    "glm4v_moe_text": HALF_MIXED,
    "glm4v_text": HALF_MIXED,
    "glm_image_text": HALF_MIXED,
    "glm_ocr_text": HALF_MIXED,
    "gpt_neo": {"attention_types": [[["global"], 3]]},
    "gptj": ROTARY,
    "granitemoehybrid": STATE_SPACE | {"layers_block_type": ["attention"] * 3},
    "hunyuan_v1_dense": {"head_dim": 8},
    "hunyuan_v1_moe": {"head_dim": 8, "num_experts": 4, "moe_topk": [2, 2, 2]},
    "hunyuan_vl_text": {"head_dim": 8},
    "kimi_linear": ONE_GROUP | {"num_expert_group": 1, "num_experts_per_token": 2},
    "layoutlmv3": {"coordinate_size": 4, "shape_size": 8},
    "led": {"attention_window": 8},
    "lilt": {"hidden_size": 48},
    "longformer": {"attention_window": 8},
    "luke": {"entity_vocab_size": 5, "entity_emb_size": 8},
    "mamba2": {"num_heads": 8, "head_dim": 8, "expand": 2, "n_groups": 1},
    "ministral": {"head_dim": 8},
    "mistral4": {"head_dim": 16},
    "nemotron": {"num_key_value_heads": 2, "head_dim": 8},
    "nemotron_h": {"mamba_num_heads": 4, "mamba_head_dim": 8, "n_groups": 1, "ssm_state_size": 8},
    "qwen2_5_vl_text": MIXED,
    "qwen2_vl_text": MIXED,
    "reformer": {"axial_pos_embds_dim": [16, 16], "axial_pos_shape": [8, 8], "attn_layers": ["local"] * 3},
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
    "zamba2": STATE_SPACE | {"layers_block_type": ["mamba", "hybrid", "mamba"]},
    "zaya": {"num_experts_per_tok": 1},
}
"""What some architectures need besides."""

PARTS = ("text_config", "encoder", "decoder")
"""Names of configurations inside of others."""


def tiny_config(model_type: str) -> PretrainedConfig:
    """A configuration of this type with 3 layers of 32, where the usual names say so."""
    plain = CONFIG_MAPPING[model_type]()
    return CONFIG_MAPPING[model_type](**tiny_settings(plain) | OF_ITS_OWN.get(model_type, {}))


def tiny_settings(plain: PretrainedConfig) -> dict[str, Any]:
    settings: dict[str, Any] = {name: value for name, value in SIZES.items() if has(plain, name)}
    if has(plain, "kv_lora_rank"):  # keys and values of one latent vector are each head's own
        settings["num_key_value_heads"] = 4
    settings |= {name: 3 for name in SPECIAL if has(plain, name)}
    for part in PARTS:
        inner = getattr(plain, part, None)
        if isinstance(inner, PretrainedConfig):
            settings[part] = {"model_type": inner.model_type, **tiny_settings(inner)}
    return settings


def has(config: PretrainedConfig, name: str) -> bool:
    """Whether the setting is an integer of this configuration's own (some architectures say the same by lists)."""
    return isinstance(config.to_dict().get(name), int) and not isinstance(config.to_dict().get(name), bool)
