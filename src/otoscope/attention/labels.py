"""Align the phones of one utterance with the frames of its attention.

Labels stay in the processor's memory, so that looking up the labels of a tile does not wait for a device.

Axes: t frame of the model (q query, k key), r label frame within it, y phone, z run.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Labels:
    """The phone of every label frame, `phone_tr [T, R]`, as a number below `count`; -1 without a phone.

    Each frame of the model covers R label frames. A *run* is an uninterrupted sequence of label frames of one phone.

    Examples:
        >>> labels = Labels(torch.tensor([[0, 0], [0, 1], [1, -1]]), count=2)
        >>> labels.run_tr.tolist(), labels.phone_z.tolist()
        ([[0, 0], [0, 1], [1, -1]], [0, 1])
        >>> labels.shares(template=torch.zeros(1)).tolist()
        [[1.0, 0.0], [0.5, 0.5], [0.0, 0.5]]
    """

    phone_tr: Tensor
    count: int

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.phone_tr)

    def to(self, device: torch.device) -> "Labels":
        """Return the same labels on a device."""
        return self if self.phone_tr.device == device else Labels(self.phone_tr.to(device), self.count)

    @cached_property
    def run_tr(self) -> Tensor:
        """Number of the run of each label frame, in order of time; -1 without a phone."""
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
        """Frames of the model that each run overlaps."""
        run_tr = self.run_tr.cpu().numpy()
        frames, runs = np.nonzero(run_tr >= 0)[0], run_tr[run_tr >= 0]
        starts = np.flatnonzero(np.diff(runs, prepend=-1))
        stops = np.append(starts, len(runs))[1:]
        return [slice(int(frames[a]), int(frames[b - 1]) + 1) for a, b in zip(starts, stops, strict=True)]

    @cached_property
    def own_run_pairs_j(self) -> Tensor:
        """Pairs of frames of one run at each offset key - query, by their shares in it, `[2T-1]`, float64."""
        pairs_j = np.zeros(2 * len(self) - 1)
        run_tr = self.run_tr.cpu().numpy()
        for run, frames in enumerate(self.frames_z):
            share_t = (run_tr[frames] == run).mean(1)
            reach = len(share_t) - 1
            pairs_j[len(self) - 1 - reach : len(self) + reach] += np.correlate(share_t, share_t, "full")
        return torch.from_numpy(pairs_j)

    @cached_property
    def labelled_pairs_j(self) -> Tensor:
        """Pairs of labelled frames at each offset key - query, by their labelled shares, `[2T-1]`, float64."""
        from scipy.signal import correlate  # takes a third of a second to import

        share_t = (self.phone_tr >= 0).double().mean(1).cpu().numpy()
        return torch.from_numpy(correlate(share_t, share_t, "full"))

    def shares(self, template: Tensor) -> Tensor:
        """Return the share of each frame that has each phone, `[T, Y]`, with the dtype and device of `template`."""
        return _shares(self.phone_tr, torch.arange(self.count, device=self.phone_tr.device), template)

    def sum_keys(self, mass_hyt: Tensor) -> Tensor:
        """Return the mass of each phone on each phone `[H, Y, Y]` from that on each frame `[H, Y, T]`.

        In double precision, so that the last bits do not depend on how many phones the corpus has.
        """
        mass = mass_hyt.double()
        return mass @ self.shares(mass)

    def block(self, queries: slice, template: Tensor) -> "LabelBlock":
        """Return the labels of some queries, in the dtype and on the device of `template`."""
        phone_qr, run_qr = self.phone_tr[queries], self.run_tr[queries]
        phones, runs = (_unique_ids(ids) for ids in (phone_qr, run_qr))
        overlaps = self.frames_z[int(runs[0]) : int(runs[-1]) + 1] if len(runs) else [slice(0, 0)]
        run_keys = slice(overlaps[0].start, overlaps[-1].stop)
        return LabelBlock(
            phones=phones.to(template.device),
            share_yq=_shares(phone_qr, phones, template).T,
            phone_z=self.phone_z[runs].to(template.device),
            share_zq=_shares(run_qr, runs, template).T,
            run_keys=run_keys,
            share_zk=_shares(self.run_tr[run_keys], runs, template).T,
        )


@dataclass(frozen=True, eq=False)
class LabelBlock:
    """The phones and the runs of some queries.

    Attributes:
        phones: the phones that occur in the queries.
        share_yq: share of each query that has each of these phones.
        phone_z: phone of each run that overlaps the queries.
        share_zq: share of each query that is in each of these runs.
        run_keys: the keys that these runs overlap.
        share_zk: share of each of these keys that is in each run.
    """

    phones: Tensor
    share_yq: Tensor
    phone_z: Tensor
    share_zq: Tensor
    run_keys: slice
    share_zk: Tensor


def _unique_ids(id_tr: Tensor) -> Tensor:
    return torch.unique_consecutive(id_tr[id_tr >= 0].sort().values)


def _shares(id_tr: Tensor, ids: Tensor, template: Tensor) -> Tensor:
    return (id_tr[..., None] == ids).to(template.dtype).mean(1).to(template.device)
