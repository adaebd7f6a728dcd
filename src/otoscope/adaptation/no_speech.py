"""The threshold on the no-speech token of Whisper: the baseline of every calmed model, which costs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material, Role
from otoscope.typing import Floats

USUAL = 0.6


@dataclass(frozen=True)
class TextRules:
    """Shares of sounds of the test part with any text, with words, and with words after the usual threshold."""

    any_text: float
    words: float
    words_after_rule: float


def no_speech_probability(model: GatedModel, material: Material, indices: Sequence[int]) -> Floats | None:
    """Return the original's probability of the no-speech token of each utterance; None where a model has no such token.

    It is predicted after the start token, and is the token before that of "no timestamps" (Radford et al. 2023).
    """
    token = getattr(model.source.whole.generation_config, "no_timestamps_token_id", None)
    if token is None:
        return None
    values = []
    with torch.inference_mode():
        for index in indices:
            logits = model.token_logits(model.states(material, [int(index)]), [model.sequence("")])[0]
            values.append(float(logits[0, token - 1].exp()))
    return np.array(values)


def chosen_threshold(model: GatedModel, sounds: Material, speech: Material) -> Mapping[str, float] | None:
    """Return a threshold chosen on training and validation parts, and what it does on the test parts.

    It is the one with the least sum of the shares of sounds that pass and of speech that is dropped.
    """
    values = [
        [
            no_speech_probability(model, material, part)
            for part in (_chosen_part(material), material.indices(Role.test).tolist())
        ]
        for material in (sounds, speech)
    ]
    (sound_fit, sound_test), (speech_fit, speech_test) = values
    if sound_fit is None or sound_test is None or speech_fit is None or speech_test is None:
        return None
    candidates = np.unique(np.concatenate([sound_fit, speech_fit, [USUAL]]))
    costs = [(sound_fit < each).mean() + (speech_fit >= each).mean() for each in candidates]
    best = float(candidates[int(np.argmin(costs))])
    return {
        "threshold": best,
        "sounds that pass": float((sound_test < best).mean()),
        "speech dropped": float((speech_test >= best).mean()),
    }


def _chosen_part(material: Material) -> list[int]:
    return [*material.indices(Role.train).tolist(), *material.indices(Role.validation).tolist()]


def text_rules(model: GatedModel, sounds: Material, *, original: bool) -> TextRules:
    """Return the shares of sounds of the test part with text, by three rules."""
    part = [int(index) for index in sounds.indices(Role.test)]
    texts = model.transcripts(sounds, part, original=original)
    words = np.array([bool(model.normalize(text).split()) for text in texts])
    silent = no_speech_probability(model, sounds, part)
    passed = words if silent is None else words & (silent <= USUAL)
    return TextRules(float(np.mean([bool(text) for text in texts])), float(words.mean()), float(passed.mean()))
