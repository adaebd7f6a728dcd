"""Find the modules that compute a wrapped model's attention, and refuse a model whose attention is not captured whole.

The model runs twice on the same noise. The first run captures attention, as every later run does. The second run counts
the products of attention weights and values, one level below and without capture (`attention_products`).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from otoscope.attention.attention_products import count_attention_products
from otoscope.attention.call import AttentionCall
from otoscope.attention.function_capture import capture_functions
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.errors import InputError

FORMS = "nn.MultiheadAttention, scaled_dot_product_attention, or softmax(scores) @ values"


@dataclass(frozen=True)
class NamedModel:
    """A model, its name in messages, and the prefix of its modules' names that messages omit."""

    model: nn.Module
    name: str
    prefix: str

    def modules(self) -> dict[str, nn.Module]:
        """Return its modules by the names that a user knows."""
        return {self.user_name(name): module for name, module in self.model.named_modules()}

    def user_name(self, name: str) -> str:
        """Return a module's name as the user wrote it."""
        return name.removeprefix(self.prefix).removeprefix(".").replace("._orig_mod", "")


def find_attention_modules(named: NamedModel, inputs: Sequence[Tensor]) -> list[nn.Module]:
    """Return the modules that compute attention, in the order in which they run.

    Args:
        named: the model.
        inputs: its inputs for utterances of noise of different lengths, each `[1, ...]`.

    Raises:
        InputError: the model does not run, attention of a module is not captured, or none is found.
    """
    values, hidden = inputs[0], [_hidden_states(named, utterance) for utterance in inputs]
    calls = _captured_calls(named, values)
    num_frames = calls[0].value_bhtd.shape[2] if calls else hidden[0].shape[1]
    products = count_attention_products(named.model, lambda: named.model(values), num_frames)
    _check_products(named, calls, products)
    if not calls:
        raise InputError(f"no attention was found in {named.name}; expected {FORMS}")
    return [call.module for call in calls]


def _hidden_states(named: NamedModel, values: Tensor) -> Tensor:
    """Return the hidden states of a run without capture.

    Raises:
        InputError: the model fails, for example because it takes audio of another length only.
    """
    try:
        with torch.inference_mode():
            hidden: Tensor = named.model(values).last_hidden_state
    except InputError:
        raise
    except Exception as error:  # of the user's code, which may fail in any way
        raise InputError(
            f"expected {named.name} to run on inputs {tuple(values.shape)}, found {_first_line(error)}; correct "
            "`inputs`, or pass `padded_seconds` in ModuleOptions if the module takes audio of one length"
        ) from error
    return hidden


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _captured_calls(named: NamedModel, values: Tensor) -> list[AttentionCall]:
    """Return the attention calls of one run.

    Raises:
        InputError: the model fails when its attention is replaced.
    """
    calls: list[AttentionCall] = []

    def handler(call: AttentionCall) -> Tensor:
        calls.append(call)
        return attend_with(NO_INTERVENTION, call, -1)[0]

    modules = {name: module for name, module in named.modules().items() if module is not named.model}
    try:
        with torch.inference_mode(), capture_functions(modules, handler, len(values)):
            named.model(values)
    except InputError:
        raise
    except Exception as error:  # of the user's code, which may fail in any way
        raise InputError(
            f"expected {named.name} to run while its attention is captured, found {_first_line(error)}; write its "
            f"attention as {FORMS}"
        ) from error
    return calls


def _check_products(named: NamedModel, calls: list[AttentionCall], products: Mapping[str, int]) -> None:
    """Raise InputError if a module computes more products of attention than were captured in it."""
    modules = dict(named.model.named_modules())
    captured = Counter(call.module for call in calls)
    for name, count in products.items():
        if count > captured[modules[name]]:
            place = f"{named.user_name(name) or 'the module itself'} ({type(modules[name]).__name__})"
            raise InputError(
                f"{named.name} computes attention that otoscope does not recognise in {place}: {count} products of "
                f"weights and values, {captured[modules[name]]} captured; write it as {FORMS}"
            )
