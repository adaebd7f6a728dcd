"""One run as the page sees it: what it holds, the attention of its utterances, their sound."""

from concurrent.futures import Future
from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from otoscope.errors import InputError
from otoscope.results import Run
from otoscope.results.schema import HEADS
from otoscope.viewer.audio import Sound, trouble, wav
from otoscope.viewer.boundaries import Grid, boundaries, tuned
from otoscope.viewer.cache import Cache
from otoscope.viewer.errors import Absent, NotYet
from otoscope.viewer.pyramid import Level, Pyramid, build
from otoscope.viewer.quantise import encode
from otoscope.viewer.run_info import describe, labels_of, spans
from otoscope.viewer.schema import Ablation, RunInfo, UtteranceDetail
from otoscope.viewer.thumbnails import Overviews, thumbnail

if TYPE_CHECKING:
    from otoscope.viewer.live_model import Live

CACHED = 256 * 2**20  # bytes of maps that a run keeps ready
LARGEST_VARIABLE = 16 * 2**20  # bytes of one array that is sent

LOADING = "the model is still being loaded"
MODELLESS = (
    "this viewer has no model; start it with --model to compute maps that are not stored and to switch heads off"
)


class Subject:
    """A run and, with a model, what the model says when it is asked again."""

    def __init__(self, run: Run, loading: "Future[Live] | None" = None, segmented: Run | None = None) -> None:
        """Nothing is read before it is asked for; `segmented` is a run that tuned the heads' segmentation."""
        self.run = run
        self.loading = loading
        self.segmented = segmented
        self._pyramids: Cache[Pyramid] = Cache(CACHED)
        self._opened: dict[str, xr.Dataset] = {}
        self._overviews: Cache[Overviews] = Cache(CACHED // 8)

    @cached_property
    def info(self) -> RunInfo:
        """What the run holds."""
        return describe(self.run, "" if self.loading else MODELLESS)

    @property
    def live(self) -> "Live":
        """The run's model.

        Raises:
            NotYet: it is still being loaded.
            InputError: there is none, or it could not be loaded.
        """
        if self.loading is None:
            raise InputError(MODELLESS)
        if not self.loading.done():
            raise NotYet(LOADING)
        return self.loading.result()

    def variable(self, name: str) -> npt.NDArray[Any]:
        """A numeric array of the run, in single precision. Raises InputError where it is too large to be sent."""
        if name not in {variable.name for variable in self.info.variables}:
            raise Absent(name)
        array = self.run.dataset[name]
        if array.size * 4 > LARGEST_VARIABLE:
            raise InputError(f"{name} is larger than the {LARGEST_VARIABLE >> 20} MiB that are sent to a browser")
        return np.asarray(array.values, dtype=np.float32)

    def head_table(self) -> dict[str, npt.NDArray[np.float32]]:
        """Every number of `run.heads`, column by column in its order of heads."""
        if self.run.kind != HEADS:
            return {}
        heads = self.run.heads.select_dtypes("number")
        return {str(name): np.asarray(heads[name], dtype=np.float32) for name in heads}

    def detail(self, place: int) -> UtteranceDetail:
        """What is heard in an utterance, as far as it is known."""
        phones, words = self._labels(place)
        try:
            silent = trouble(self._sound(place))
        except InputError as error:
            silent = str(error)
        return UtteranceDetail(spans(phones), spans(words), self._origin(place), silent)

    def audio(self, place: int) -> bytes:
        """The utterance as a WAV file."""
        return wav(self._sound(place))

    def overview(self, place: int, layer: int) -> npt.NDArray[np.uint8]:
        """Thumbnails `[head, query block, key block]` of a layer."""
        if not 0 <= layer < self.info.layers:
            raise Absent(layer)
        stored = self._stored(place)
        if stored is not None and "overview" in stored:
            return encode(stored["overview"].sel(layer=layer, head=self._heads_of(layer)).values)
        if stored is not None:
            return np.stack([thumbnail(self._stored_map(place, layer, head)) for head in self._heads_of(layer)])
        live, name = self._model_for(place), self._name(place)
        return self._overviews.get(
            place, lambda: Overviews(lambda receive: live.maps(name, receive), list(live.encoder.n_heads))
        ).layer(layer)

    def tile(self, place: int, layer: int, head: int, where: tuple[int, int, int]) -> tuple[Level, Pyramid]:
        """The part of a head's map at `where` (level, row and column of the tile), and the whole that it is of."""
        self._check_head(layer, head)
        pyramid = self._pyramids.get((place, layer, head), lambda: self._pyramid(place, layer, head))
        return pyramid.tile(*where), pyramid

    def boundaries(self, place: int, layer: int, head: int) -> npt.NDArray[np.float32]:
        """Seconds of the phone boundaries that a head's map of an utterance says."""
        self._check_head(layer, head)
        alpha, beta = tuned(self.segmented, self.run.plan["model"], layer, head)
        period = self.info.frame_period
        return boundaries(self._map(place, layer, head), Grid(period, self._origin(place) + period / 2), alpha, beta)

    def ablate(self, place: int, removed: list[tuple[int, int]], radius: int | None) -> Ablation:
        """What changes in an utterance without some heads, or within a span."""
        return Ablation(**asdict(self.live.ablate(self._name(place), removed, radius)))

    def _pyramid(self, place: int, layer: int, head: int) -> Pyramid:
        if self._stored(place) is not None:
            return build(self._stored_map(place, layer, head))
        built: dict[int, Pyramid] = {}
        self._model_for(place).maps(self._name(place), lambda _, at, attn: built.update({at: build(attn)}), [layer])
        for at, pyramid in built.items():
            if at != head:
                self._pyramids.put((place, layer, at), pyramid)
        return built[head]

    def _check_head(self, layer: int, head: int) -> None:
        if not 0 <= layer < self.info.layers or head not in self._heads_of(layer):
            raise Absent(layer, head)

    def _map(self, place: int, layer: int, head: int) -> npt.NDArray[np.floating]:
        """A head's map, stored or heard now."""
        if self._stored(place) is not None:
            return self._stored_map(place, layer, head)
        heard: dict[int, npt.NDArray[np.floating]] = {}
        self._model_for(place).maps(self._name(place), lambda _, at, attn: heard.update({at: attn}), [layer])
        return heard[head]

    def _stored_map(self, place: int, layer: int, head: int) -> npt.NDArray[np.floating]:
        stored = self._stored(place)
        if stored is None:
            raise Absent(place)
        return np.asarray(stored["attention"].sel(layer=layer, head=head).values)

    def _heads_of(self, layer: int) -> list[int]:
        return [one.head for one in self.info.heads if one.layer == layer]

    def _name(self, place: int) -> str:
        if not 0 <= place < len(self.info.utterances):
            raise Absent(place)
        return self.info.utterances[place].id

    def _stored(self, place: int) -> xr.Dataset | None:
        """Maps and labels of an utterance that the run keeps; opened once, read when asked for."""
        name = self._name(place)
        if name in self.run.maps and name not in self._opened:
            self._opened[name] = self.run.map(name)
        return self._opened.get(name)

    def _model_for(self, place: int) -> "Live":
        if self.loading is None:
            raise InputError(f"the maps of {self._name(place)} are not stored, and {MODELLESS}")
        return self.live

    def _labels(self, place: int) -> tuple[list[tuple[str, float, float]], list[tuple[str, float, float]]]:
        stored = self._stored(place)
        if stored is not None:
            return labels_of(stored, "phone"), labels_of(stored, "word")
        return self.live.labels(self._name(place)) if self.loading else ([], [])

    def _origin(self, place: int) -> float:
        """Seconds at which the first frame begins."""
        stored, period = self._stored(place), self.info.frame_period
        if stored is None and self.loading:
            return self.live.encoder.first_centre - period / 2
        known = {} if stored is None else stored.attrs
        return float(known.get("first_centre", period / 2)) - period / 2

    def _sound(self, place: int) -> Sound:
        stored, duration = self._stored(place), self.info.utterances[place].duration
        if stored is not None:
            start, channel = (stored.attrs.get(name, 0) for name in ("audio_start", "audio_channel"))
            return Sound(stored.attrs["audio"], float(start), duration, int(channel))
        if self.loading is None:
            raise InputError(
                f"where the audio of {self._name(place)} lies is not stored; start the viewer with --model"
            )
        cut = self.live.cut(self._name(place))
        source = cut.recording.sources[0]
        return Sound(str(source.source), cut.start, duration, source.channels.index(cut.channel))
