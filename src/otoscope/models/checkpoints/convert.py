"""Convert checkpoints of other toolkits to model folders."""

from pathlib import Path

from otoscope._io.atomic import atomic_write
from otoscope.errors import InputError
from otoscope.models.checkpoints.reading import read
from otoscope.models.checkpoints.source import SOURCES, Checkpoint, CheckpointSource
from otoscope.models.load import silence_transformers


def convert(checkpoint: str | Path, out: str | Path, *, n_heads: int | None = None) -> Path:
    """Convert a checkpoint to a model folder that `load` and transformers read.

    The file is a pickle. Only tensors and plain data are read from it, and no code in it runs.

    Args:
        checkpoint: a file of OpenAI Whisper, fairseq (wav2vec 2.0, HuBERT, data2vec for audio, and WavLM), s3prl
            (Mockingjay, TERA, AudioALBERT), or a state dict of torchaudio (wav2vec 2.0, HuBERT, WavLM).
        out: the folder to write; it must not exist.
        n_heads: number of heads for each layer, for a torchaudio model of a size that torchaudio does not publish.

    Returns:
        The path of the folder.

    Raises:
        InputError: the file contains code or no such model, weights are missing, or otoscope does not implement the
            model.

    Examples:
        >>> convert("states-200000.ckpt", "mockingjay-base")
        Traceback (most recent call last):
        otoscope.errors.InputError: checkpoint states-200000.ckpt does not exist
    """
    if Path(out).exists():
        raise InputError(f"{out} exists already; name a folder that does not")
    contents = Checkpoint(Path(checkpoint), read(Path(checkpoint)), n_heads)
    model, extractor = source_of(contents).build(contents)
    _check_heads(model.config, n_heads, contents.path)
    with silence_transformers(), atomic_write(Path(out)) as partial:
        model.save_pretrained(partial)
        extractor.save_pretrained(partial)
    return Path(out)


def source_of(checkpoint: Checkpoint) -> CheckpointSource:
    """Return the toolkit that wrote a checkpoint.

    Raises:
        InputError: no source reads it.
    """
    sources = SOURCES.select()
    for source in sources.values():
        if source.is_written_by(checkpoint.states):
            return source
    names = ", ".join(sorted(map(str, checkpoint.states))[:3]) or "nothing"
    expected = "; or ".join(source.contents for source in sources.values())
    raise InputError(f"{checkpoint.path} contains {names}; expected {expected}")


def _check_heads(config: object, n_heads: int | None, path: Path) -> None:
    """Raise InputError if the user states another number of heads than the checkpoint."""
    actual = getattr(config, "encoder_attention_heads", None) or getattr(config, "num_attention_heads", None)
    if n_heads is not None and actual != n_heads:
        raise InputError(f"{path} is a model of {actual} heads for each layer, found --heads {n_heads}; drop --heads")
