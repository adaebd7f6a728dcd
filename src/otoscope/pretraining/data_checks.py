"""Whether there is speech enough to train on and to validate by, asked before the first step."""

from otoscope.errors import InputError
from otoscope.pretraining.batches import Batching, epoch
from otoscope.pretraining.corpora import FeatureCorpus
from otoscope.pretraining.evaluation import check_masked
from otoscope.pretraining.recipe import Recipe

NAMED = 3  # utterances that a message names


def check_enough(recipe: Recipe, train: FeatureCorpus, validation: FeatureCorpus) -> None:
    """Refuse speech of which no batch can be made, or none of it masked.

    Raises:
        InputError: with the part of the speech, how much of it was skipped, and why.
    """
    for part, speech in (("training", train), ("validation", validation)):
        if not len(epoch(speech.features.lengths, recipe.batching, 0)):
            raise InputError(_too_little(part, speech, recipe.batching))
    check_masked(validation.features, recipe.masking, recipe.batching.rate)


def _too_little(part: str, speech: FeatureCorpus, batching: Batching) -> str:
    lengths = speech.features.lengths
    usable, short = int((lengths >= batching.rate).sum()), int(((lengths > 0) & (lengths < batching.rate)).sum())
    named = [f"{utterance.id} ({utterance.reason})" for utterance in speech.skipped[:NAMED]]
    more = [f"{len(speech.skipped) - NAMED} more"] if len(speech.skipped) > NAMED else []
    brief = [f"{short} shorter than one frame of {batching.rate * 10} ms"] if short else []
    skipped = f"; {len(speech.skipped) + short} skipped: {', '.join(named + more + brief)}" if named or short else ""
    corpora = ", ".join(corpus.name for corpus in speech.corpora)
    return (
        f"{part} speech ({corpora}): {usable} usable utterances are no batch of {batching.size}{skipped}; "
        "add speech or lower the size"
    )
