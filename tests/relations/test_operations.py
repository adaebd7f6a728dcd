"""An operation has a name if its effect is beyond chance; a diagonal head does not avoid every phone."""

import numpy as np

from otoscope.relations.baseline import baselines
from otoscope.relations.operations import effects, name_operations, operations
from otoscope.relations.preference import exclude_own_run

PHONES = ("sil", "iy", "p", "t", "s", "z", "q2")
LABEL = np.array([0] * 6 + [1] * 4 + [4] * 4 + [2] * 3 + [1] * 4 + [5] * 4 + [3] * 3 + [6] * 3 + [4] * 4 + [0] * 6)


def names(weight_qk: np.ndarray, slack: float = 0.05) -> list[str]:
    """Operations of a head with these weights (rows are normalised here), if every effect is certain to 5 %."""
    attention = weight_qk / weight_qk.sum(axis=1, keepdims=True)
    one_hot, run = np.eye(len(PHONES))[LABEL], np.cumsum(np.diff(LABEL, prepend=-1) != 0)
    same_run = run[:, None] == run
    relation = one_hot.T @ attention @ one_hot / len(LABEL)
    own_run = np.diagonal(one_hot.T @ (attention * same_run) @ one_hot) / len(LABEL)
    effect = effects(exclude_own_run(relation, own_run), own_run, baselines(LABEL, len(PHONES))[1], PHONES)
    attends, avoids = np.array([(operation.attends, operation.avoids) for operation in operations(PHONES)]).T
    performed = (effect * (1 - slack) > attends).astype(int) - (effect * (1 + slack) < avoids)
    return [name for name, _ in name_operations(performed, PHONES)]


def test_uniform_attention_does_nothing() -> None:
    assert names(np.ones((len(LABEL), len(LABEL)))) == []


def test_a_head_on_silence_attends_to_it() -> None:
    performed = names(1 + 20.0 * (LABEL == 0) * np.ones((len(LABEL), 1)))
    assert "attends to silence" in performed
    assert "attends to silence from silence" in performed
    assert "avoids vowels" in performed


def test_a_head_away_from_silence_avoids_it() -> None:
    assert names(1 - 0.9 * (LABEL == 0) * np.ones((len(LABEL), 1)))[:2] == [
        "avoids silence from silence",
        "avoids silence",
    ]


def test_a_class_is_named_once_and_not_again_by_its_phones() -> None:
    performed = names(1 + 9.0 * np.isin(LABEL, (4, 5)) * np.ones((len(LABEL), 1)))
    assert "attends to fricatives" in performed
    assert not {"attends to s", "attends to z"} & set(performed)


def test_a_single_phone_is_named_where_its_class_is_not() -> None:
    performed = names(1 + 9.0 * (LABEL == 6) * np.ones((len(LABEL), 1)))
    assert "attends to q2" in performed


def test_a_block_diagonal_head_stays_in_its_phone_and_avoids_none() -> None:
    run = np.cumsum(np.diff(LABEL, prepend=-1) != 0)
    assert names(1e-3 + (run[:, None] == run)) == ["attends to its own phone"]


def test_a_head_that_finds_the_phone_again_attends_to_the_same_phone() -> None:
    assert "attends to the same phone elsewhere" in names(0.05 + 1.0 * (LABEL[:, None] == LABEL))


def test_a_head_that_performs_nothing_has_no_names() -> None:
    assert list(name_operations(np.zeros(len(operations(PHONES)), int), PHONES)) == []
