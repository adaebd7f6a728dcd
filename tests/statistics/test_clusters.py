"""Clusters are speakers where they are known; more than 128 are joined to groups by their names alone."""

import numpy as np

from otoscope.statistics.clusters import MAX_CLUSTERS, cluster_code, code_bits, group_sums, make_clusters


def ids(count):
    return [f"u{index}" for index in range(count)]


def test_clusters_are_speakers_where_every_speaker_is_known():
    clusters = make_clusters(["a", "b", "a"], ids(3))
    assert (clusters.unit, clusters.count, clusters.text) == ("speaker", 2, "2 speakers")


def test_clusters_are_utterances_where_a_speaker_is_unknown_or_there_is_only_one():
    assert make_clusters(["a", None, "a"], ids(3)).text == "3 utterances"
    assert make_clusters(["a", "a", "a"], ids(3)).text == "3 utterances of one speaker"
    assert make_clusters(["a"], ids(1)).text == "1 utterance"


def test_a_speaker_and_an_utterance_of_one_name_are_different_clusters():
    assert make_clusters(["u0", "u1"], ids(2)).key != make_clusters(["", ""], ids(2)).key


def test_runs_over_the_same_speakers_have_the_same_clusters_in_any_order():
    assert make_clusters("abca", ids(4)).key == make_clusters("cab", ids(3)).key


def test_sums_of_many_clusters_are_bounded_and_miss_nothing():
    clusters = make_clusters([None] * 1000, ids(1000))
    sums = group_sums(np.arange(1000.0), clusters)
    assert MAX_CLUSTERS / 2 < len(sums) <= MAX_CLUSTERS
    assert sums.sum() == 499500
    assert clusters.text == f"1000 utterances in {len(sums)} groups"


def test_groups_of_a_part_join_to_the_groups_of_the_whole():
    codes = [cluster_code(name) for name in ids(1000)]
    whole = code_bits(codes)
    bits = min(code_bits(codes[:300]), code_bits(codes[300:]))
    joined = {code % (1 << bits) for code in codes}
    assert min(bits, code_bits(joined)) == whole
