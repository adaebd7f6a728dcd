"""From a model, a corpus and a corruption to the effect of restoring each head, as a run folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet

from otoscope.errors import InputError
from otoscope.importance.decoder_context import load_decoder_part
from otoscope.importance.options import ENCODER
from otoscope.models.encoder import Encoder
from otoscope.patching.corpus_effects import CorpusPatching
from otoscope.patching.corruptions import Corruption, parse_corruption
from otoscope.patching.decoder_patch import decoder_patching
from otoscope.patching.effects import PatchedUtterance
from otoscope.patching.options import PatchOptions
from otoscope.probing import select_probes
from otoscope.probing.cache import open_cache
from otoscope.probing.mlp import Training
from otoscope.probing.probe import check_cuts, check_model, require_unmodified, train_scorers, training_config
from otoscope.probing.probe_data import ProbeData, collect_hidden_states
from otoscope.probing.scorer import Cache, Probe, Scorer
from otoscope.results import Run
from otoscope.runs.cache import RunResult, check_out, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import (
    LoadedSpeech,
    SpeechSource,
    add_coordinates,
    make_source,
    read_speech,
    resolve_encoder,
)

KIND = "patching"


@dataclass(frozen=True, eq=False)
class PatchJob:
    """A model, the speech it runs on, the corruption, and the probes that measure answers."""

    encoder: Encoder
    source: SpeechSource
    speech: LoadedSpeech
    corruption: Corruption
    probes: Mapping[str, Probe]
    training: Training
    strongest: int

    def result(self, cache: Cache) -> RunResult:
        """Return the Dataset of the run and the skipped utterances."""
        data = collect_hidden_states(self.encoder, self.speech)
        scorers = train_scorers(self.probes, data, self.training, cache)
        utterances = self._utterances(data, scorers)
        used = [each.index for each in utterances]
        speech = LoadedSpeech(
            [self.speech.cuts[i] for i in used],
            [self.speech.waves[i] for i in used],
            self.speech.skipped,
            self.speech.phones,
        )
        patching = CorpusPatching(self.encoder, speech, utterances, scorers)
        dataset = patching.dataset(self.strongest, speech.clusters)
        described = add_coordinates(dataset, KIND, self.encoder, self.source, speech)
        return described.assign_attrs(corruption=self.corruption.text), self.speech.skipped

    def _utterances(self, data: ProbeData, scorers: Mapping[str, Scorer]) -> list[PatchedUtterance]:
        """Return the utterances that can be corrupted and that every probe scores.

        Raises:
            InputError: there is none.
        """
        counts = np.stack([scorer.count for scorer in scorers.values()]).min(0)
        rate, utterances = self.encoder.sampling_rate, []
        for index, wave in enumerate(self.speech.waves):
            corrupted = self.corruption.corrupt(self.speech, index, rate) if counts[index] else None
            if corrupted is not None:
                utterances.append(PatchedUtterance(index, wave, corrupted, data.hidden[index]))
        if not utterances:
            raise InputError(
                f"expected an utterance that --corrupt {self.corruption.text} changes, found none of "
                f"{len(self.speech.cuts)}; choose another corruption or add speech"
            )
        return utterances


def patch(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    patching: PatchOptions,
    options: SpeechOptions | None = None,
) -> Run:
    """Corrupt utterances, restore the clean contexts of heads, and measure how much of the damage that undoes.

    All heads are measured by gradient, from one run of the clean and one of the corrupted utterance (attribution
    patching). The strongest heads, the heads of each category and those of each layer are restored exactly.

    Args:
        model: folder or name of the model on the Hugging Face Hub, or an encoder that `load` or `wrap` returned.
        corpus: folder, file, or Lhotse cuts of the speech.
        out: folder of the run, which must not exist unless `options.resume` is true.
        patching: the corruption, the probes that measure answers, and the number of heads to patch exactly.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: effects of heads, heads and phones, categories and layers, with intervals.

    Raises:
        InputError: an unknown corruption or one that changes no utterance, missing labels, or an error of `probe`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> noisy = PatchOptions(probes=("hidden-error",), corrupt="noise:0", strongest=1)
        >>> with TemporaryDirectory() as folder:
        ...     run = patch("bundled", "bundled", f"{folder}/run", patching=noisy, options=SpeechOptions(limit=2))
        ...     run.dataset["group"].values[:3].tolist(), run.dataset["effect"].dims
        (['diagonal', 'vertical', 'global'], ('measure', 'layer', 'head'))
    """
    corruption, probes = parse_corruption(patching.corrupt), select_probes(patching.probes)
    training, options = training_config(patching.seeds), options or SpeechOptions()
    if patching.strongest < 0:
        raise InputError(f"expected --strongest of 0 heads or more, found {patching.strongest}; pass a larger number")
    source = make_source(corpus, options)
    settings: dict[str, Any] = {"probes": list(probes), "training": asdict(training)}
    settings |= {"corrupt": corruption.text, "strongest": patching.strongest, **patching.part_settings}
    check_out(out, model, source, resume=options.resume, **settings)
    encoder = require_unmodified(resolve_encoder(model, options))
    encoder.check_heads()
    if patching.part != ENCODER:
        return _patch_decoder(encoder, source, out, patching, settings, options.resume)
    check_model(probes, encoder)
    speech = read_speech(source, encoder)
    check_cuts(probes, speech)
    corruption.check_cuts(speech.cuts)
    plan = make_plan(encoder, speech.cuts, source.name, (), source.options) | settings
    job = PatchJob(encoder, source, speech, corruption, probes, training, patching.strongest)
    return resume_or_run(out, plan, lambda _: job.result(open_cache(patching.cache)), resume=options.resume)


def _patch_decoder(
    encoder: Encoder,
    source: SpeechSource,
    out: str | Path,
    patching: PatchOptions,
    settings: dict[str, Any],
    resume: bool,
) -> Run:
    """Measure how much of the damage to the text restored heads of the decoder undo."""
    decoder, corruption = load_decoder_part(encoder, patching.part), parse_corruption(patching.corrupt)
    speech = read_speech(source, encoder)
    corruption.check_cuts(speech.cuts)
    plan = make_plan(encoder, speech.cuts, source.name, (), source.options) | settings
    plan |= {"decoder": decoder.transcriber.fingerprint}

    def make(_: Path) -> RunResult:
        patched = decoder_patching(decoder, speech, corruption)
        dataset, counts = patched.dataset(patching.strongest), decoder.units.counts
        described = add_coordinates(dataset, KIND, encoder, source, patched.speech, counts=counts)
        return described.assign_attrs(corruption=corruption.text, part=patching.part), speech.skipped

    return resume_or_run(out, plan, make, resume=resume)
