"""Phone labels of one utterance beside the frames of its attention.

They stay in the processor's memory, where what lies in a tile is looked up without waiting for a device.
Axes: t frame of the model (q query, k key), r label frame within it, y phone, z run.
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

    Examples:
        >>> labels = Labels(torch.tensor([[0, 0], [0, 1], [1, -1]]), count=2)
        >>> labels.run_tr.tolist(), labels.phone_z.tolist()
        ([[0, 0], [0, 1], [1, -1]], [0, 1])
        >>> labels.shares(like=torch.zeros(1)).tolist()
        [[1.0, 0.0], [0.5, 0.5], [0.0, 0.5]]
    """

    phone_tr: Tensor
    count: int

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.phone_tr)

    def to(self, device: torch.device) -> "Labels":
        """The same labels on a device."""
        return self if self.phone_tr.device == device else Labels(self.phone_tr.to(device), self.count)

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

    def shares(self, like: Tensor) -> Tensor:
        """Share of each frame that carries each phone, `[t, y]`, in the dtype and on the device of `like`."""
        return _shares(self.phone_tr, torch.arange(self.count, device=self.phone_tr.device), like)

    def block(self, queries: slice, like: Tensor) -> "LabelBlock":
        """What is said in some frames, in the dtype and on the device of `like`."""
        phone_qr, run_qr = self.phone_tr[queries], self.run_tr[queries]
        phones, runs = (_present(ids) for ids in (phone_qr, run_qr))
        touched = self.frames_z[int(runs[0]) : int(runs[-1]) + 1] if len(runs) else [slice(0, 0)]
        near = slice(touched[0].start, touched[-1].stop)
        return LabelBlock(
            phones=phones.to(like.device),
            share_yq=_shares(phone_qr, phones, like).T,
            phone_z=self.phone_z[runs].to(like.device),
            share_zq=_shares(run_qr, runs, like).T,
            near=near,
            share_zk=_shares(self.run_tr[near], runs, like).T,
        )


@dataclass(frozen=True, eq=False)
class LabelBlock:
    """What is said in some queries: their phones, their runs (with the phone of each) and the keys that those touch.

    `share_yq` and `share_zq` are the shares of a query that carry a phone and lie in a run, `share_zk` those of a key
    of `near`.
    """

    phones: Tensor
    share_yq: Tensor
    phone_z: Tensor
    share_zq: Tensor
    near: slice
    share_zk: Tensor


def _present(id_tr: Tensor) -> Tensor:
    return torch.unique_consecutive(id_tr[id_tr >= 0].sort().values)


def _shares(id_tr: Tensor, ids: Tensor, like: Tensor) -> Tensor:
    return (id_tr[..., None] == ids).to(like.dtype).mean(1).to(like.device)
