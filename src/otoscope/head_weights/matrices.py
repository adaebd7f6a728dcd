"""Matrices of heads as products of two narrow ones, and exact functions of them that never form the product.

Axes: h head, d feature of the hidden state, r feature of a head; i, j heads.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True)
class HeadMatrices:
    """A matrix `left @ right` `[d, d]` of each head.

    Attributes:
        left_hdr: columns.
        right_hrd: rows.
    """

    left_hdr: Tensor
    right_hrd: Tensor

    @property
    def transposed(self) -> "HeadMatrices":
        """The transposed matrices."""
        return HeadMatrices(self.right_hrd.mT, self.left_hdr.mT)

    @cached_property
    def norms_h(self) -> Tensor:
        """The root of the sum of squares of each matrix; comparisons with many layers need it again and again."""
        return _norms(self.left_hdr.mT @ self.left_hdr, self.right_hrd @ self.right_hrd.mT)


def frobenius_norms(matrices: HeadMatrices) -> Tensor:
    """Return the root of the sum of squares of each matrix, `[H]`."""
    return matrices.norms_h


def singular_values(matrices: HeadMatrices) -> Tensor:
    """Return the singular values of each matrix that can differ from zero, `[H, r]`."""
    left_hrr = torch.linalg.qr(matrices.left_hdr, mode="r").R
    right_hrr = torch.linalg.qr(matrices.right_hrd.mT, mode="r").R
    return torch.linalg.svdvals(left_hrr @ right_hrr.mT)


def effective_ranks(matrices: HeadMatrices) -> Tensor:
    """Return the exponential of the entropy of the singular values, divided by their sum, of each matrix, `[H]`."""
    values_hr = singular_values(matrices)
    return torch.special.entr(values_hr / values_hr.sum(-1, keepdim=True)).sum(-1).exp()


def cosines(first: HeadMatrices, second: HeadMatrices) -> Tensor:
    """Return the cosine between the elements of every two matrices, `[i, j]`, to 1e-6: in single precision."""
    left_irjs = torch.einsum("idr,jds->irjs", first.left_hdr.float(), second.left_hdr.float())
    right_irjs = torch.einsum("ird,jsd->irjs", first.right_hrd.float(), second.right_hrd.float())
    return (left_irjs * right_irjs).sum((1, 3)).double() / _norm_products(first, second)


def compositions(later: HeadMatrices, earlier: HeadMatrices) -> Tensor:
    """Return the norms of the products `later[i] @ earlier[j]`, `[i, j]`, times those of unrelated matrices.

    The mean square of the norm of `M U N` over all rotations `U` of `d` dimensions is `|M|^2 |N|^2 / d`.
    """
    hidden = later.left_hdr.shape[1]
    return _product_norms(later, earlier) * hidden**0.5 / _norm_products(later, earlier)


def _norm_products(first: HeadMatrices, second: HeadMatrices) -> Tensor:
    return first.norms_h[:, None] * second.norms_h


def _product_norms(later: HeadMatrices, earlier: HeadMatrices) -> Tensor:
    middle_ijrs = torch.einsum("ird,jds->ijrs", later.right_hrd, earlier.left_hdr)
    left_irr = later.left_hdr.mT @ later.left_hdr
    right_jss = earlier.right_hrd @ earlier.right_hrd.mT
    return _norms(middle_ijrs.mT @ left_irr[:, None] @ middle_ijrs, right_jss)


def _norms(left_rr: Tensor, right_rr: Tensor) -> Tensor:
    return (left_rr * right_rr).sum((-2, -1)).clamp_min(0).sqrt()
