"""Phone labels of one utterance beside the frames of its attention.

Axes: t frame of the model, r label frame within it, y phone, z run.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Labels:
    """The phone of every label frame, `phone_tr [T, R]`, as a number below `count`; -1 where there is none.

    Each frame of the model covers R label frames. A *run* is an uninterrupted row of label frames of one phone.

    Example:
        >>> labels = Labels(torch.tensor([[0, 0], [0, 1], [1, -1]]), count=2)
        >>> labels.run_tr.tolist(), labels.phone_z.tolist()
        ([[0, 0], [0, 1], [1, -1]], [0, 1])
        >>> labels.phones(labels.phone_tr.float()).tolist()
        [[1.0, 0.0], [0.5, 0.5], [0.0, 0.5]]
    """

    phone_tr: Tensor
    count: int

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.phone_tr)

    def to(self, device: torch.device) -> "Labels":
        """The same labels on a device."""
        return Labels(self.phone_tr.to(device), self.count)

    @cached_property
    def run_tr(self) -> Tensor:
        """Runs of one phone, numbered in order of time; -1 where there is no phone."""
        flat = self.phone_tr.flatten()
        begins = (flat >= 0) & (flat != torch.cat([flat.new_tensor([-1]), flat[:-1]]))
        return torch.where(flat >= 0, begins.cumsum(0) - 1, -1).view_as(self.phone_tr)

    @cached_property
    def phone_z(self) -> Tensor:
        """Phone of each run."""
        labelled = self.run_tr >= 0
        phone = self.phone_tr.new_zeros(len(self.frames_z))
        return phone.index_put_((self.run_tr[labelled],), self.phone_tr[labelled])

    @cached_property
    def frames_z(self) -> list[slice]:
        """Frames of the model that each run touches."""
        run_tr = self.run_tr.cpu().numpy()
        frames, runs = np.nonzero(run_tr >= 0)[0], run_tr[run_tr >= 0]
        starts = np.flatnonzero(np.diff(runs, prepend=-1))
        stops = np.append(starts, len(runs))[1:]
        return [slice(int(frames[a]), int(frames[b - 1]) + 1) for a, b in zip(starts, stops, strict=True)]

    def phones(self, like: Tensor, frames: slice = slice(None)) -> Tensor:
        """Share of each frame that carries each phone, `[t, y]`, in the dtype of `like`."""
        return _shares(self.phone_tr[frames], range(self.count), like)

    def runs(self, like: Tensor, frames: slice, runs: range) -> Tensor:
        """Share of each of some frames that lies in each of some runs, `[t, z]`, in the dtype of `like`."""
        return _shares(self.run_tr[frames], runs, like)

    def runs_in(self, frames: slice) -> range:
        """Runs that some frames touch."""
        run = self.run_tr[frames]
        found = run[run >= 0]
        return range(int(found[0]), int(found[-1]) + 1) if len(found) else range(0)


def _shares(id_tr: Tensor, ids: range, like: Tensor) -> Tensor:
    wanted = torch.arange(ids.start, ids.stop, device=id_tr.device)
    return (id_tr[..., None] == wanted).to(like.dtype).mean(1)
