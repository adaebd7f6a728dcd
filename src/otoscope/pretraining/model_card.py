"""What a pre-training made, and the model card that says so."""

from dataclasses import dataclass
from pathlib import Path

from otoscope.corpus import SkippedUtterance
from otoscope.pretraining.corpora import CorpusSummary
from otoscope.pretraining.evaluation import ReconstructionErrors
from otoscope.pretraining.recipe import Recipe


@dataclass(frozen=True)
class Pretrained:
    """A finished pre-training.

    Attributes:
        model: folder of the model, its feature extractor and its card.
        reconstruction: masked L1 of the stored weights on the validation corpora.
        parameters: how many the model has.
        steps: optimiser steps.
        seconds: wall-clock time of all parts of the training, as logged; 0 where nothing was logged.
        device: kind of device of the last part, such as `cpu`.
        train, validation: the corpora.
        skipped: utterances that could not be used, of all corpora.
    """

    model: Path
    reconstruction: ReconstructionErrors
    parameters: int
    steps: int
    seconds: float
    device: str
    train: tuple[CorpusSummary, ...]
    validation: tuple[CorpusSummary, ...]
    skipped: tuple[SkippedUtterance, ...]


CARD = """\
---
library_name: transformers
pipeline_tag: feature-extraction
tags:
- speech
- audio
- mockingjay
- self-supervised
- masked-reconstruction
- otoscope
---

# Mockingjay, {layers} layers x {heads} heads

A self-supervised speech encoder of {parameters:.2f} million parameters, made by otoscope: {period} ms frames of log-mel
speech, trained to reconstruct frames that were hidden from it. Its recipe is in `config.json` under `recipe`.

## Trained on

| corpus | part | utterances | hours |
|---|---|---|---|
{corpora}

{skipped}

## How long

{steps} steps of {size} utterances; {time} on {device}.

## What it has learned

Masked L1 on the validation corpora, over {frames} masked frames of {period} ms in runs of {span} (always zeroed), in
standard deviations of each utterance's log-mel bands. It is measured with the weights as they are stored here
({dtype}), computed in float32.

| guess at a masked frame | masked L1 |
|---|---|
| this model | {reconstruction.model:.4f} |
| mean of the utterance's other frames | {reconstruction.mean:.4f} |
| copy of the nearest frame that is not masked | {reconstruction.nearest:.4f} |

## What it is not for

It is made for looking at self-attention. It recognises no words, phones or speakers by itself, and how well its
representations serve other tasks was not measured. It was trained on the corpora above: languages, accents, voices,
acoustics and microphones that they lack are unknown to it. Decide nothing about people by it.
"""


def model_card(pretrained: Pretrained, recipe: Recipe, layers: int, heads: int) -> str:
    """The card of a model, in Markdown with the header that the Hugging Face Hub reads."""
    parts = (("training", pretrained.train), ("validation", pretrained.validation))
    rows = [f"| `{c.name}` | {part} | {c.utterances} | {c.hours:.2f} |" for part, corpora in parts for c in corpora]
    return CARD.format(
        layers=layers,
        heads=heads,
        parameters=pretrained.parameters / 1e6,
        period=recipe.batching.rate * 10,
        corpora="\n".join(rows),
        skipped=_skipped(pretrained.skipped),
        steps=pretrained.steps,
        size=recipe.batching.size,
        time=f"{pretrained.seconds / 3600:.2f} hours" if pretrained.seconds else "time not recorded,",
        device=pretrained.device.upper(),
        frames=pretrained.reconstruction.frames,
        span=recipe.masking.span,
        dtype=recipe.output.dtype,
        reconstruction=pretrained.reconstruction,
    )


def _skipped(skipped: tuple[SkippedUtterance, ...]) -> str:
    """Return how many utterances were skipped, by name (their reasons contain paths of the training machine)."""
    ids = [f"`{item.id}`" for item in skipped if item.part == "utterance"]
    return f"Skipped as unusable: {len(ids)} ({', '.join(ids)})." if ids else "Every utterance could be used."
