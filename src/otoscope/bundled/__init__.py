"""What the package carries as data, so that it has something to show without a download: speech and a model."""

from pathlib import Path

_HERE = Path(__file__).parent


def speech() -> Path:
    """Folder of synthetic speech: audio beside TextGrids, one folder per voice. Its README says how it was made.

    >>> sorted(path.name for path in speech().iterdir() if path.is_dir())
    ['awb', 'kal16', 'rms', 'slt']
    """
    return _HERE / "speech"


def model() -> Path:
    """Folder of the small pre-trained model, in the layout of `save_pretrained`, with its model card.

    >>> model().name
    'model'
    """
    return _HERE / "model"
