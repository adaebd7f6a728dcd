"""Groups stay on one side of a split, and what cannot be split is one line."""

from pathlib import Path

import numpy as np
import pytest
from tests.helpers.corpus_tones import write_tone

from otoscope.adaptation.material import LEARNING, Role, read_sounds, read_speech_material, split
from otoscope.errors import InputError


def test_a_split_keeps_groups_together_and_gives_each_role_one() -> None:
    groups = [f"g{index % 7}" for index in range(40)]
    roles = split(groups, 3)
    assert roles == split(groups, 3)
    assert set(roles) == set(Role)
    assert len(set(zip(groups, roles, strict=True))) == 7
    assert {role for seed in range(9) for role in split(["a", "b", "c"], seed)} == set(Role)
    assert sorted(split(["a", "b", "c"], 0)) == sorted(Role)


def test_without_a_test_part_the_other_parts_keep_their_proportion() -> None:
    groups = [str(index) for index in range(20)]
    roles = split(groups, 0, LEARNING)
    assert (roles.count(Role.train), roles.count(Role.validation)) == (16, 4)
    assert split(groups, 0, (Role.test,)) == [Role.test] * 20
    assert sorted(split(["a", "b"], 0, LEARNING)) == sorted(LEARNING)


def test_speech_of_two_speakers_is_refused(tmp_path: Path) -> None:
    for speaker in ("anna", "ben"):
        write_tone(tmp_path / speaker / "a.wav", 0.2)
    with pytest.raises(InputError, match="expected utterances of three speakers or more"):
        read_speech_material(tmp_path, 10, 0)


def test_kinds_of_sounds_come_from_a_table_or_from_names(tmp_path: Path) -> None:
    for kind in ("rain", "fire", "dog"):
        for number in (1, 2):
            write_tone(tmp_path / f"{kind}-00{number}.wav", 0.2)
    assert set(read_sounds(tmp_path, 10, 0).groups) == {"rain", "fire", "dog"}
    rows = ["file\tcategory", *(f"{path.name}\t{path.name[0]}" for path in sorted(tmp_path.glob("*.wav")))]
    (tmp_path / "sources.tsv").write_text("\n".join(rows), encoding="utf-8")
    sounds = read_sounds(tmp_path, 10, 0)
    assert set(sounds.groups) == {"r", "f", "d"}
    assert np.concatenate([sounds.indices(role) for role in Role]).size == 6
    with pytest.raises(InputError, match="expected sounds of three kinds or more"):
        read_sounds(tmp_path, 1, 0)
