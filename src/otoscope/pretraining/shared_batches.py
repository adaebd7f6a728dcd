"""Several processes train on the batches of one: each takes its rows, and the gradients are those of the whole batch.

A batch is the same whole batch in every process. A process keeps every N-th utterance. Its loss is weighted by its
share of the masked frames, so that the mean over processes, which DistributedDataParallel takes of gradients, is the
loss of the whole batch.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from transformers import Trainer

Batch = dict[str, Tensor]


def rows_of_process(batch: Batch, rank: int, count: int) -> tuple[Batch, float]:
    """Return every `count`-th utterance of a batch, from `rank`, and the weight of its loss in the mean over processes.

    >>> batch = {"masked": torch.tensor([[True, True], [True, False], [True, False]])}
    >>> [weight for _, weight in (rows_of_process(batch, rank, 2) for rank in range(2))]
    [1.5, 0.5]
    """
    own = {name: tensor[rank::count] for name, tensor in batch.items()}
    return own, count * int(own["masked"].sum()) / max(int(batch["masked"].sum()), 1)


class SharedBatchTrainer(Trainer):
    """A Trainer of one process, or of several that train on the same batches."""

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return all batches in their order, in each process."""
        if self.args.world_size == 1:
            return super().get_train_dataloader()
        dataset: Dataset[Batch] = self.train_dataset
        return DataLoader(dataset, batch_size=1, shuffle=False, collate_fn=self.data_collator)

    def compute_loss(self, model: torch.nn.Module, inputs: Batch, *arguments: Any, **options: Any) -> Any:
        """Return the loss of a batch, or the weighted loss of the rows of this process."""
        if self.args.world_size == 1 or not model.training:
            return super().compute_loss(model, inputs, *arguments, **options)
        rows, weight = rows_of_process(inputs, self.args.process_index, self.args.world_size)
        return weight * super().compute_loss(model, rows, *arguments, **options)
