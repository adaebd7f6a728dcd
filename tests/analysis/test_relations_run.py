"""Relations between phones in a run: those of the model's maps and the corpus's labels, and runs without labels."""

from collections import Counter

import numpy as np
import pytest
import soundfile

import otoscope
from otoscope import SpeechOptions
from otoscope.analysis import phone_labels
from otoscope.analysis.phone_labels import make_labeler
from otoscope.corpus import words_of
from otoscope.errors import InputError
from otoscope.phones.inventory import PhoneInventory
from otoscope.relations.options import RelationOptions
from otoscope.relations.tables import head_operations, relations_table
from otoscope.results.summary import summary
from otoscope.statistics import STATISTICS


def test_relations_are_means_over_labelled_utterances_of_the_slow_formula(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run")
    encoder, cuts = otoscope.load(tiny_model), list(otoscope.read_corpus(tiny_corpus))
    known = make_labeler(encoder, cuts)
    relation = STATISTICS.get("relation").for_phones(known.inventory.phones)
    slow = []
    for cut in cuts:
        maps = [m for _, m in sorted(encoder.maps(cut).items())]
        labels = known.of(cut, maps[0].shape[-1])
        slow.append(
            [
                [relation.reference(A, labels.phone_tr.numpy(), known.inventory.phones) for A in np.float64(m)]
                for m in maps
            ]
        )
    np.testing.assert_allclose(run.dataset["relation"], np.mean(slow, axis=0), rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(run.dataset["relation"].sum(("query_phone", "key_phone")), 1, atol=1e-6)
    assert run.dataset["relation_baseline"].sum() == pytest.approx(1)
    assert run.dataset.attrs["labelled_utterances"] == 4


def test_a_corpus_without_phones_has_no_relations_and_says_so(tiny_model, tmp_path):
    (tmp_path / "speech").mkdir()
    for name in ("a", "b"):
        noise = np.random.default_rng(0).normal(0, 0.1, 16000)
        soundfile.write(tmp_path / "speech" / f"{name}.wav", noise, 16000)
    run = otoscope.analyze(tiny_model, tmp_path / "speech", tmp_path / "run")
    assert "relation" not in run.dataset
    assert "operations" not in run.heads
    for asked in (lambda: relations_table(run, 0, 0), lambda: head_operations(run)):
        with pytest.raises(InputError, match=r"found none in .*; analyze a corpus with phone labels"):
            asked()


def test_relations_between_words_are_those_of_the_slow_formula(tiny_model, tiny_corpus, tmp_path, monkeypatch):
    """The most frequent words have a label each, the others are one; frames between words are excluded."""
    monkeypatch.setattr(phone_labels, "MAX_LABELS", 4)
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", unit="word")
    cuts, encoder = list(otoscope.read_corpus(tiny_corpus)), otoscope.load(tiny_model)
    counts = Counter(word.upper() for cut in cuts for word, _, _ in words_of(cut))
    first = sorted(counts, key=lambda word: (-counts[word], word))[:3]
    assert run.dataset["key_phone"].values.tolist() == [*first, "(other)"]
    slow = []
    for cut in cuts:
        maps = [m for _, m in sorted(encoder.maps(cut).items())]
        words = [(w.upper() if w.upper() in first else "(other)", *times) for w, *times in words_of(cut)]
        labels = make_labeler(encoder, [cut]).frames
        inventory = PhoneInventory((*first, "(other)"), {w: w for w in (*first, "(other)")}, ())
        word_tr = inventory.label(words, maps[0].shape[-1], labels)
        relation = STATISTICS.get("relation").for_phones(inventory.phones).reference
        slow.append([[relation(A, word_tr, inventory.phones) for A in np.float64(m)] for m in maps])
    np.testing.assert_allclose(run.dataset["relation"], np.mean(slow, axis=0), rtol=1e-4, atol=1e-8)
    assert run.dataset.attrs["unit"] == "word"
    assert run.dataset.attrs["joined_labels"] == len(counts) - 3
    assert "others are one" in summary(run)
    everything = RelationOptions(min_share=0, min_utterances=1, min_speakers=1)
    assert "\nword " in relations_table(run, 0, 0, options=everything)
    assert not any("vowel" in target for target in run.dataset["operation"].values)


def test_the_labels_of_any_tier_are_a_unit(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", unit="words", options=SpeechOptions(limit=2))
    words = {word for cut in list(otoscope.read_corpus(tiny_corpus))[:2] for word, _, _ in words_of(cut)}
    assert set(run.dataset["key_phone"].values) <= words | {"(other)"}
    with pytest.raises(InputError, match="found --unit words and --tier phones; omit one"):
        otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "no", unit="words", options=SpeechOptions(tier="phones"))


def test_utterances_without_phones_count_for_the_rest_alone(tiny_model, tiny_corpus, tmp_path):
    cuts = otoscope.read_corpus(tiny_corpus)
    bare = cuts[0].id

    def without(cut):
        if cut.id == bare:
            cut.supervisions[0].alignment = None
        return cut

    some = otoscope.analyze(tiny_model, cuts.map(without), tmp_path / "some")
    rest = otoscope.analyze(
        tiny_model, otoscope.read_corpus(tiny_corpus).filter(lambda c: c.id != bare), tmp_path / "rest"
    )
    assert (len(some.utterances), some.dataset.attrs["labelled_utterances"]) == (4, 3)
    np.testing.assert_allclose(some.dataset["relation"], rest.dataset["relation"], rtol=1e-4, atol=1e-8)
    np.testing.assert_allclose(some.dataset["relation_baseline"], rest.dataset["relation_baseline"])


def test_a_head_that_is_not_there_is_one_line(tiny_model, tiny_corpus, tmp_path):
    run = otoscope.analyze(tiny_model, tiny_corpus, tmp_path / "run", options=otoscope.SpeechOptions(limit=2))
    with pytest.raises(InputError, match=r"no --layer 5 --head 0; choose from layers 0 to 1 and heads 0 to 2"):
        relations_table(run, 5, 0)
