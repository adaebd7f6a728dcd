"""The heads that a refinement removes: a share of all heads by a ranking, or those that the user lists."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.importance.ranking import order
from otoscope.models.encoder import Encoder
from otoscope.models.interventions import check_head
from otoscope.results import Run, open_run
from otoscope.runs.run_config import require_same_model
from otoscope.typing import Floats

Head = tuple[int, int]


def by_ranking(encoder: Encoder, run: str | Path, by: str, share: float) -> list[Head]:
    """A share of all heads: those that a model is expected to do without, by a ranking in a run.

    `run` was written by `analyze` (a statistic of its heads ranks them) or by `rank`. The ranking says which end is
    not needed: high globalness and verticality, low anything else.

    Raises:
        InputError: no such ranking in the run, a run of another model, or a share that is not within 0 and 1.
    """
    if not 0 < share <= 1:
        raise InputError(f"expected a share of heads above 0 and at most 1, got {share:g}")
    opened = open_run(run)
    require_same_model(opened, encoder)
    score, prunable_end = scores(opened, by)
    ordered = order(score)
    if prunable_end == "low":
        ordered.reverse()
    return sorted(ordered[: round(share * len(ordered))])


def scores(run: Run, by: str) -> tuple[Floats, str]:
    """Return scores `[layer, head]` of a ranking in a run, and which of them the model needs least: `high` or `low`.

    Raises:
        InputError: the run has no such ranking.
    """
    dataset = run.dataset
    if run.part != "encoder":
        raise InputError(
            f"expected a run with heads of the encoder, {run.path} has heads of the decoder ({run.part}); rank with "
            "--part encoder"
        )
    if run.kind == "ranking":
        names = [str(name) for name in dataset["ranking"].values]
        if by in names:
            return dataset.score.sel(ranking=by).values, str(dataset.prunable_end.sel(ranking=by).values)
    else:
        names = [name for name in RANKINGS if name in dataset and dataset[name].dims == ("layer", "head")]
        if by in names:
            return dataset[by].values, RANKINGS.get(by).prunable_end
    raise InputError(f"{run.path} has no ranking '{by}'; it has {', '.join(names) or 'none'}")


def from_file(path: str | Path) -> list[Head]:
    """The `[layer, head]` pairs of a JSON file.

    Raises:
        InputError: there is no such file, or it holds something else.
    """
    try:
        pairs = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); expected a JSON list of [layer, head]") from None
    except ValueError as error:
        raise InputError(f"{path} is no JSON ({error}); expected a list of [layer, head]") from None
    if not isinstance(pairs, list) or not all(map(_is_pair, pairs)):
        raise InputError(f"expected a JSON list of [layer, head] pairs of whole numbers in {path}")
    return [(layer, head) for layer, head in pairs]


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and len(pair) == 2 and all(type(number) is int for number in pair)


def checked(removed: Iterable[Head], counts: Sequence[int], name: str) -> list[Head]:
    """The heads to remove, each once, in order.

    Raises:
        InputError: the model has no such layer or head; `counts` are the heads of each layer.
    """
    for layer, head in removed:
        check_head(name, counts, layer, head)
    return sorted(set(removed))


def remaining_heads(removed: Iterable[Head], counts: Sequence[int]) -> list[list[int]]:
    """Heads that stay in each layer.

    >>> remaining_heads([(0, 1), (1, 0)], [3, 1])
    [[0, 2], []]
    """
    gone = set(removed)
    return [[head for head in range(count) if (layer, head) not in gone] for layer, count in enumerate(counts)]
