"""A thousand bad inputs: what users can give wrong to each command, by kind; `scripts/try_bad_inputs.py` tries all."""

from tests.helpers.bad_inputs.attempt import Attempt, check
from tests.helpers.bad_inputs.audio_files import audio_attempts
from tests.helpers.bad_inputs.command_options import option_attempts
from tests.helpers.bad_inputs.json_fields import json_attempts
from tests.helpers.bad_inputs.label_files import label_attempts
from tests.helpers.bad_inputs.model_files import model_attempts
from tests.helpers.bad_inputs.recipes import recipe_attempts
from tests.helpers.bad_inputs.refinements import refinement_attempts
from tests.helpers.bad_inputs.run_files import run_attempts

__all__ = ["Attempt", "all_attempts", "check"]


def all_attempts() -> list[Attempt]:
    """Return every attempt, in a fixed order."""
    kinds = (
        audio_attempts,
        label_attempts,
        model_attempts,
        json_attempts,
        run_attempts,
        recipe_attempts,
        option_attempts,
        refinement_attempts,
    )
    return [attempt for attempts in kinds for attempt in attempts()]
