"""What else could be learned on the same data: LoRA and IA3 of peft, and all weights of the attention.

Each is learned by the search of the gates, at a rate of its own, and is judged on the same test parts.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from otoscope.adaptation.gated_model import GatedModel
from otoscope.errors import InputError

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj", "o_proj")


@dataclass(frozen=True)
class Rival:
    """Another way to change the attention of a model.

    Attributes:
        id: as its folder is named.
        name: as a report has it.
        rate: most of the learning rate.
        make: makes the model from one without gates.
    """

    id: str
    name: str
    rate: float
    make: Callable[[GatedModel], GatedModel]


@dataclass
class AdapterModel(GatedModel):
    """A frozen model with adapters of peft instead of gates; they are off outside `gates()`."""

    layers: Sequence[Any] = ()
    weights: Sequence[Tensor] = ()

    @property
    def has_frozen_keys(self) -> bool:
        """Keys and values of cross-attention are learned too."""
        return False

    @property
    def parameters(self) -> list[Tensor]:
        """The weights of the adapters."""
        return list(self.weights)

    @contextmanager
    def gates(self) -> Iterator[None]:
        """Switch the adapters on within the block."""
        self.switch(is_on=True)
        try:
            yield
        finally:
            self.switch(is_on=False)

    def switch(self, *, is_on: bool) -> None:
        """Switch all adapters on or off; peft freezes those that are off, and a loss of before has no gradient."""
        for layer in self.layers:
            layer.enable_adapters(is_on)
        for weight in self.weights:
            weight.requires_grad_(True)


@dataclass
class WeightModel(GatedModel):
    """A frozen model with a difference for each weight of its attention; the differences apply within `gates()`."""

    differences: Mapping[nn.Module, Tensor] = field(default_factory=dict)

    @property
    def has_frozen_keys(self) -> bool:
        """Keys and values of cross-attention are learned too."""
        return False

    @property
    def parameters(self) -> list[Tensor]:
        """The differences."""
        return list(self.differences.values())

    @contextmanager
    def gates(self) -> Iterator[None]:
        """Add the differences within the block."""
        with ExitStack() as hooks:
            for module, difference in self.differences.items():
                hooks.enter_context(module.register_forward_hook(_Difference(difference)))
            yield


@dataclass(frozen=True)
class _Difference:
    weights: Tensor

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        return output + F.linear(inputs[0], self.weights)


def _weight_model(model: GatedModel) -> WeightModel:
    modules: list[Any] = [model.source.whole.get_submodule(name) for name in _attention_layers(model, PROJECTIONS)]
    differences = {module: torch.zeros_like(module.weight, requires_grad=True) for module in modules}
    return WeightModel(model.source, model.tokenizer, model.sites, {}, shipped=model.shipped, differences=differences)


def _attention_layers(model: GatedModel, names: Sequence[str]) -> list[str]:
    """Return the paths of projections of the gated layers of attention."""
    places = [site.query.rpartition(".")[0] for site in model.sites]
    modules = dict(model.source.whole.named_modules())
    return [path for place in places for name in names if (path := f"{place}.{name}") in modules]


def _adapter_model(model: GatedModel, config: Any) -> AdapterModel:
    from peft import inject_adapter_in_model
    from peft.tuners.tuners_utils import BaseTunerLayer

    torch.manual_seed(0)
    whole = model.source.whole
    inject_adapter_in_model(config, whole)
    layers = [module for module in whole.modules() if isinstance(module, BaseTunerLayer)]
    weights = [weight for weight in whole.parameters() if weight.requires_grad]
    adapted = AdapterModel(
        model.source, model.tokenizer, model.sites, {}, shipped=model.shipped, layers=layers, weights=weights
    )
    adapted.switch(is_on=False)
    return adapted


def _lora(model: GatedModel) -> AdapterModel:
    from peft import LoraConfig

    return _adapter_model(model, LoraConfig(r=4, target_modules=_pattern(model, ("q_proj", "v_proj"))))


def _ia3(model: GatedModel) -> AdapterModel:
    from peft import IA3Config

    last = _last_layers(model)
    paths = [*_attention_layers(model, ("k_proj", "v_proj")), *last]
    return _adapter_model(
        model, IA3Config(target_modules=_any_of(paths), feedforward_modules=_any_of(last) if last else [])
    )


def _last_layers(model: GatedModel) -> list[str]:
    """Return the second feed-forward layers next to the gated layers of attention."""
    blocks = {site.query.rsplit(".", 2)[0] for site in model.sites}
    modules = dict(model.source.whole.named_modules())
    return [f"{block}.fc2" for block in sorted(blocks) if f"{block}.fc2" in modules]


def _pattern(model: GatedModel, names: Sequence[str]) -> str:
    return _any_of(_attention_layers(model, names))


def _any_of(paths: Sequence[str]) -> str:
    return "|".join(re.escape(path) for path in paths)


def check_rivals(model: GatedModel) -> None:
    """Raise InputError if peft is not installed, or the gated attention lacks projections that rivals know by name."""
    try:
        import peft  # noqa: F401
    except ImportError as error:
        raise InputError('--rivals needs peft, which is not installed; pip install "otoscope[adapters]"') from error
    for name in ("q_proj", "k_proj", "v_proj"):
        if not _attention_layers(model, (name,)):
            raise InputError(
                f"expected attention with a {name} for --rivals, found none in {model.name}; omit --rivals, or take a "
                "model such as Whisper or wav2vec 2.0"
            )


RIVALS: Sequence[Rival] = (
    Rival("lora", "LoRA, rank 4", 2e-3, _lora),
    Rival("ia3", "IA3", 2e-2, _ia3),
    Rival("weights", "all weights of the attention", 2e-5, _weight_model),
)
