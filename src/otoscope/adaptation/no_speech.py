"""The threshold on the no-speech token of Whisper: the baseline of every calmed model, which costs nothing."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.report import TextTable
from otoscope.decoders.sounds import NO_SPEECH_THRESHOLD, no_speech_probabilities, no_speech_token
from otoscope.typing import Floats

RULE_TITLES = ("sounds of the test part", "any text", "words", "words after the usual rule", "speech dropped")


POSSIBLE_SPEECH = 0.05
"""Probability of no speech below which a sound may contain speech: ten times below that of typical sounds."""


@dataclass(frozen=True)
class TextRules:
    """Shares of sounds of the test part with any text, with words, and with words after the usual threshold."""

    any_text: float
    words: float
    words_after_rule: float


def no_speech_values(model: GatedModel, material: Material, indices: Sequence[int], *, original: bool) -> Floats:
    """Return the probability of no speech of each utterance, with the gates or as it was; NaN without such a token."""
    if model.is_ctc:
        return np.full(len(indices), np.nan)
    with torch.no_grad(), nullcontext() if original else model.gates():
        values = [no_speech_probabilities(model.transcriber, model.states(material, [index]))[0] for index in indices]
    return np.array(values, float)


def chosen_threshold(model: GatedModel, sounds: Material, speech: Material) -> Mapping[str, float] | None:
    """Return a threshold chosen on training and validation parts, and what it does on the test parts.

    It is the one with the least sum of the shares of sounds that pass and of speech that is dropped, by the original;
    None where a model has no token for no speech.
    """
    if model.is_ctc or no_speech_token(model.transcriber) is None:
        return None
    sound_fit, speech_fit = (
        no_speech_values(model, each, _chosen_part(each), original=True) for each in (sounds, speech)
    )
    sound_test, speech_test = (
        no_speech_values(model, each, _test_part(each), original=True) for each in (sounds, speech)
    )
    candidates = np.unique(np.concatenate([sound_fit, speech_fit, [NO_SPEECH_THRESHOLD]]))
    costs = [(sound_fit < each).mean() + (speech_fit >= each).mean() for each in candidates]
    best = float(candidates[int(np.argmin(costs))])
    return {
        "threshold": best,
        "sounds that pass": float((sound_test < best).mean()),
        "speech dropped": float((speech_test >= best).mean()),
    }


def _chosen_part(material: Material) -> list[int]:
    return [*material.indices(Role.train).tolist(), *material.indices(Role.validation).tolist()]


def _test_part(material: Material) -> list[int]:
    return list(material.indices(Role.test).tolist())


def possible_speech(model: GatedModel, sounds: Material) -> list[str]:
    """Return the ids of sounds that may contain speech, by the original's probability of no speech."""
    every = range(len(sounds.ids))
    values = no_speech_values(model, sounds, every, original=True)
    return [sounds.ids[index] for index in every if values[index] < POSSIBLE_SPEECH]


def text_rules(model: GatedModel, sounds: Material, *, original: bool) -> TextRules:
    """Return the shares of sounds of the test part with text, by three rules."""
    part = _test_part(sounds)
    texts = model.transcripts(sounds, part, original=original)
    words = np.array([bool(model.normalize(text).split()) for text in texts])
    is_dropped = no_speech_values(model, sounds, part, original=original) > NO_SPEECH_THRESHOLD
    passed = words & ~is_dropped
    return TextRules(float(np.mean([bool(text) for text in texts])), float(words.mean()), float(passed.mean()))


def rules_table(rules: Mapping[str, TextRules], threshold: Mapping[str, float] | None) -> TextTable:
    """Return the shares as a table of text; the threshold, which needs no training, is its last row."""
    rows = [
        (name, f"{each.any_text:.3f}", f"{each.words:.3f}", f"{each.words_after_rule:.3f}", "")
        for name, each in rules.items()
    ]
    if threshold is not None:
        name = f"original, no-speech token below {threshold['threshold']:.3f}"
        rows.append((name, "", f"{threshold['sounds that pass']:.3f}", "", f"{threshold['speech dropped']:.3f}"))
    return RULE_TITLES, rows
