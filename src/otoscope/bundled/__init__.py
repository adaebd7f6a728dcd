"""The data in the package: synthetic speech and a small model, for examples and tests without a download."""

from pathlib import Path

_HERE = Path(__file__).parent


def speech() -> Path:
    """Return the folder of synthetic speech: audio with TextGrids, one folder per voice. Its README names the source.

    >>> sorted(path.name for path in speech().iterdir() if path.is_dir())
    ['awb', 'kal16', 'rms', 'slt']
    """
    return _HERE / "speech"


def model() -> Path:
    """Return the folder of the small pre-trained model, as `save_pretrained` writes it, with its model card.

    >>> model().name
    'model'
    """
    return _HERE / "model"


def segmenter() -> Path:
    """Return the segmenter of the small model, as `otoscope segment` writes it.

    >>> segmenter().name
    'segmenter.json'
    """
    return _HERE / "segmenter.json"
