"""Rankings of a decoder's heads are those of slow loops, and `rank` and `prune` write runs that say which heads."""

import numpy as np
import pytest
from tests.helpers.saved_transcriber import save_transcriber

import otoscope
from otoscope.decoders.ablation import DecoderHead, without_decoder_heads
from otoscope.decoders.attention_modules import DecoderLayer, Kind
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.text_loss import text_loss
from otoscope.errors import InputError
from otoscope.importance.decoder_context import load_decoder_part
from otoscope.importance.decoder_sample import DecoderSample
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.importance.tables import ranking_table
from otoscope.models.load import load
from otoscope.refinement.head_selection import scores
from otoscope.runs.speech_source import make_source, read_speech

FEW = otoscope.SpeechOptions(limit=2)
STEP = 1e-3


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return save_transcriber(tmp_path_factory.mktemp("whisper"), seconds=4, layers=2)


@pytest.fixture(scope="module")
def encoder(model):
    return load(model, device="cpu")


@pytest.fixture(scope="module")
def speech(encoder):
    return read_speech(make_source("bundled", FEW), encoder)


@pytest.fixture(scope="module")
def run(encoder, tmp_path_factory):
    by = ("leave-one-out", "gradient", "weight", "globalness", "random")
    ranking = otoscope.RankingOptions(by=by, part="cross", seconds=1e9)
    return otoscope.rank(encoder, "bundled", tmp_path_factory.mktemp("ranked") / "run", ranking=ranking, options=FEW)


def sample_of(encoder, speech, part, loss="text", *, is_through=False, ablation="zero"):
    decoder = load_decoder_part(encoder, part, is_through=is_through)
    return decoder.transcriber, DecoderSample(decoder, speech, loss, SamplingBudget(seconds=1e9, ablation=ablation))


def test_a_run_has_the_rises_of_the_loss_without_each_head(run, encoder, speech):
    transcriber, sample = sample_of(encoder, speech, "cross")
    for layer, head in ((0, 1), (1, 0)):
        rises = []
        for spoken in sample.utterances:
            intact = text_loss(transcriber, spoken).item()
            with without_decoder_heads(transcriber, [DecoderHead(Kind.cross, layer, head)]):
                rises.append(text_loss(transcriber, spoken).item() - intact)
        stored = run.dataset["score_rows"].sel(ranking="leave-one-out", layer=layer, head=head)
        np.testing.assert_allclose(stored, rises, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("is_through", [False, True])
def test_gradients_are_finite_differences(encoder, speech, is_through):
    transcriber, sample = sample_of(encoder, speech, "self", is_through=is_through)
    layers = [0, 1] if is_through else [1]
    losses = []
    for step in (STEP, -STEP):

        def move(place: DecoderLayer, context, step=step):
            moved = context.clone()
            if place.kind is Kind.own and place.layer in layers:
                moved[:, :, 1] *= 1 + step
            return moved

        with changed_contexts(transcriber, move):
            losses.append([text_loss(transcriber, spoken).item() for spoken in sample.utterances])
    slow = (np.array(losses[0]) - np.array(losses[1])) / (2 * STEP)
    np.testing.assert_allclose(sample.gradients[:, layers[-1] - is_through, 1], slow, rtol=0.02, atol=2e-4)


def test_an_index_through_layers_is_removed_in_all_of_them(encoder, speech):
    transcriber, sample = sample_of(encoder, speech, "self", is_through=True)
    with sample.ablation_loss(1) as loss_without:
        rows = loss_without.rows([(0, 1)])
    with without_decoder_heads(transcriber, [DecoderHead(Kind.own, layer, 1) for layer in (0, 1)]):
        expected = [text_loss(transcriber, spoken).item() for spoken in sample.utterances]
    np.testing.assert_allclose(rows, expected)


def test_mean_ablation_puts_the_mean_context_in_place_of_the_head(encoder, speech):
    transcriber, sample = sample_of(encoder, speech, "cross", ablation="mean")
    head = DecoderHead(Kind.cross, 1, 1)
    with sample.ablation_loss(1) as loss_without:
        rows = loss_without.rows([(1, 1)])
    with without_decoder_heads(transcriber, [head], {head: sample.means[head]}):
        expected = [text_loss(transcriber, spoken).item() for spoken in sample.utterances]
    np.testing.assert_allclose(rows, expected)


def test_a_run_says_which_heads_it_ranks(run):
    assert (run.part, run.dataset.sizes["layer"], run.dataset.sizes["head"]) == ("cross", 2, 2)
    assert np.isfinite(run.dataset["score"]).all()
    assert len(run.plan["decoder"]) == 64
    assert "0.1" in ranking_table(run.dataset)


def test_prune_measures_word_errors_by_a_ranking_of_the_same_part(run, encoder, tmp_path):
    schedule = {"by": ("leave-one-out",), "run": run.path, "step": 0.5, "ablation": ("zero", "mean")}
    probing = otoscope.ProbingOptions(probes=("wer",), seeds=1)
    with pytest.raises(InputError, match="the same --part"):
        otoscope.prune(
            encoder, "bundled", tmp_path / "a", schedule=otoscope.ScheduleOptions(**schedule), probing=probing
        )
    options = otoscope.ScheduleOptions(**schedule, part="cross")
    pruned = otoscope.prune(encoder, "bundled", tmp_path / "b", schedule=options, probing=probing, options=FEW)
    assert (pruned.part, pruned.dataset["removed"].values.tolist()) == ("cross", [0, 2, 4])
    wer = otoscope.probe(
        encoder, "bundled", tmp_path / "c", probing=otoscope.ProbingOptions(probes=("wer",), seeds=1), options=FEW
    )
    intact = wer.dataset["score"].sel(reader="intact").item()
    np.testing.assert_allclose(pruned.dataset["score"].sel(step=0), intact)
    assert (pruned.dataset["total"].isel(intervention=0) != pruned.dataset["total"].isel(intervention=1)).any()


def test_ranks_of_a_decoder_do_not_remove_heads_of_the_encoder(run):
    with pytest.raises(InputError, match="heads of the decoder"):
        scores(run, "weight")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"part": "decoder"}, "expected --part encoder, self, cross, found 'decoder'"),
        ({"through_layers": True}, "expected --through-layers with --part self or cross"),
        ({"part": "self", "ablation": ("noise",)}, "expected --ablation zero or mean"),
        ({"part": "self", "loss": "hidden"}, "expected --loss text or wer"),
    ],
)
def test_options_that_contradict_each_other_are_refused(options, reason):
    with pytest.raises(InputError, match=reason):
        otoscope.RankingOptions(by=("random",), **options)


@pytest.mark.parametrize(
    ("by", "loss", "reason"),
    [("verticality", "auto", "defined for decoders"), ("gradient", "wer", "expected --loss text for a ranking by")],
)
def test_rankings_that_a_decoder_cannot_have_are_refused(encoder, tmp_path, by, loss, reason):
    ranking = otoscope.RankingOptions(by=(by,), part="cross", loss=loss, seconds=1)
    with pytest.raises(InputError, match=reason):
        otoscope.rank(encoder, "bundled", tmp_path / "run", ranking=ranking, options=FEW)
    assert not (tmp_path / "run").exists()


def test_an_encoder_without_a_decoder_is_refused(tmp_path):
    ranking = otoscope.RankingOptions(by=("random",), part="self")
    with pytest.raises(InputError, match="has no decoder"):
        otoscope.rank("bundled", "bundled", tmp_path / "run", ranking=ranking, options=FEW)
    assert not (tmp_path / "run").exists()
