"""One open run: its numbers, the attention of its utterances, and their audio."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import cached_property
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt
import xarray as xr

from otoscope import bundled
from otoscope.errors import InputError
from otoscope.results import Run
from otoscope.results.schema import HEADS
from otoscope.viewer.audio import AudioSegment, audio_problem, folder_problem, wav
from otoscope.viewer.boundaries import FrameGrid, method_boundaries, predict_boundaries, tuned_parameters
from otoscope.viewer.cache import HasNbytes, LruCache
from otoscope.viewer.contents import index_labels
from otoscope.viewer.errors import NotFoundError, NotReadyError
from otoscope.viewer.jobs import Jobs
from otoscope.viewer.map_worker import Map, MapWorker, ReceiveMap
from otoscope.viewer.pyramid import Level, Pyramid, build
from otoscope.viewer.quantise import encode
from otoscope.viewer.run_info import LabelTriples, add_classes, phone_names, run_info, stored_labels, word_spans
from otoscope.viewer.schema import AblationResult, RunInfo, Span, UtteranceContents, UtteranceDetail
from otoscope.viewer.thumbnails import thumbnail

if TYPE_CHECKING:
    from otoscope.viewer.live_model import LiveModel
    from otoscope.viewer.run_corpus import RunCorpus

T = TypeVar("T", bound=HasNbytes)
MAX_CACHE_BYTES = 128 * 2**20
"""Memory of a run's maps, stored and computed; the largest map with all its zooms takes 90 MiB."""
MAX_VARIABLE_BYTES = 16 * 2**20
MAX_FRAMES = 8192
"""Frames of a map: one of more takes 256 MiB before it is encoded."""
MAX_BUILDS = 2
"""Stored maps that are read at the same time."""

ABLATION_PROGRESS = "running the model with and without these heads"
LOADING = "the model is still being loaded"
NO_MODEL = "this viewer has no model; start it with --model to compute maps that are not stored and to switch heads off"


class RunSession:
    """A run and, if the viewer has it, the model of the run. Everything is read at the first request."""

    def __init__(
        self,
        run: Run,
        loading: "Future[LiveModel] | None" = None,
        segmented: Run | None = None,
        audio_root: Path | None = None,
        corpus: "RunCorpus | None" = None,
    ) -> None:
        """Open a session on a run.

        Args:
            run: a run of any kind.
            loading: the model of the run, perhaps not loaded yet.
            segmented: a run of `segment`, which tuned the heads' boundary detection.
            audio_root: a folder of audio that the run may name, in addition to its corpus.
            corpus: the corpus of the run, perhaps not read yet.
        """
        self.run = run
        self.loading = loading
        self.segmented = segmented
        self.audio_root = audio_root
        self.corpus = corpus
        self._results: LruCache[Any] = LruCache(MAX_CACHE_BYTES)
        self._builds = Semaphore(MAX_BUILDS)
        self._ablations: Jobs[AblationResult] = Jobs()
        self._stored_maps: dict[str, xr.Dataset] = {}

    @cached_property
    def info(self) -> RunInfo:
        """The description of the run for the page."""
        return run_info(self.run, "" if self.loading else NO_MODEL)

    @property
    def live(self) -> "LiveModel":
        """The model of the run.

        Raises:
            NotReadyError: the model is still being loaded.
            InputError: the viewer has no model, or loading failed.
        """
        if self.loading is None:
            raise InputError(NO_MODEL)
        if not self.loading.done():
            raise NotReadyError(LOADING)
        return self.loading.result()

    def variable(self, name: str) -> npt.NDArray[Any]:
        """Return a numeric array of the run as float32.

        Raises:
            NotFoundError: no such variable.
            InputError: the array is too large for the page.
        """
        if name not in {variable.name for variable in self.info.variables}:
            raise NotFoundError(name)
        array = self.run.dataset[name]
        if array.size * 4 > MAX_VARIABLE_BYTES:
            raise InputError(
                f"expected an array of at most {MAX_VARIABLE_BYTES >> 20} MiB for a browser, {name} is larger; "
                "read it with otoscope.open_run"
            )
        return np.asarray(array.values, dtype=np.float32)

    def head_table(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the numeric columns of `run.heads`, in the order of its heads."""
        if self.run.kind != HEADS:
            return {}
        heads = self.run.heads.select_dtypes("number")
        return {str(name): np.asarray(heads[name], dtype=np.float32) for name in heads}

    @cached_property
    def contents(self) -> UtteranceContents:
        """Which utterances contain each phone and word: those with stored maps, and with the corpus all."""
        return index_labels(self._spans(utterance) for utterance in range(len(self.info.utterances)))

    def detail(self, utterance: int) -> UtteranceDetail:
        """Return phones and words of an utterance, and whether its audio can be played."""
        phones, words = self._spans(utterance)
        try:
            no_audio_reason = audio_problem(self._audio_segment(utterance))
        except InputError as error:
            no_audio_reason = str(error)
        return UtteranceDetail(phones, words, self._origin(utterance), no_audio_reason)

    def audio(self, utterance: int) -> bytes:
        """Return the utterance as a WAV file."""
        return wav(self._audio_segment(utterance))

    def thumbnails(self, utterance: int, layer: int) -> npt.NDArray[np.uint8]:
        """Return thumbnails `[head, query block, key block]` of a layer."""
        if not 0 <= layer < self.info.layers:
            raise NotFoundError(layer)
        self._check_size(utterance)
        stored, heads = self._stored(utterance), self._heads_of(layer)
        if stored is not None and "overview" in stored:
            return encode(stored["overview"].sel(layer=layer, head=heads).values)
        if stored is not None:
            return np.stack([thumbnail(self._stored_map(stored, layer, head)) for head in heads])
        return self._worker_for(utterance).thumbnails(utterance, layer)

    def tile(self, utterance: int, layer: int, head: int, position: tuple[int, int, int]) -> tuple[Level, Pyramid]:
        """Return a tile of a head's map at a position (level, row, column), and the pyramid of the whole map."""
        self._check_head(layer, head)
        pyramid = self._derive("pyramid", (utterance, layer, head), build)
        return pyramid.tile(*position), pyramid

    def boundaries(self, utterance: int, layer: int, head: int) -> dict[str, npt.NDArray[np.float32]]:
        """Return the boundaries that a head's map predicts, and those of MFCC and of a sum of heads if there are any.

        Returns:
            `seconds` and `confidences` of the head, and what `method_boundaries` returns.
        """
        self._check_head(layer, head)
        alpha, beta = tuned_parameters(self.segmented, self.run.plan["model"], layer, head)
        period = self.info.frame_period
        grid = FrameGrid(period, self._origin(utterance) + period / 2)

        def predict(attn_qk: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
            return predict_boundaries(attn_qk, grid, alpha, beta)

        seconds, confidences = self._derive("boundaries", (utterance, layer, head), predict)
        own = {"seconds": seconds, "confidences": confidences}
        if self.segmented is None:
            return own
        return own | method_boundaries(self.segmented, self._id(utterance), self.info.utterances[utterance].duration)

    def ablate(self, utterance: int, removed: list[tuple[int, int]], radius: int | None, kind: str) -> AblationResult:
        """Return the effect on an utterance of replacing heads, or of an attention span of `radius` frames."""
        live, worker, id_ = self.live, self._worker, self._id(utterance)
        removed = sorted(set(removed))

        def run() -> AblationResult:
            with worker.paused():
                return live.ablate(id_, removed, radius, kind)

        return self._ablations.get((utterance, *removed, radius, kind), run, ABLATION_PROGRESS)

    @cached_property
    def _worker(self) -> MapWorker:
        """The thread that computes maps which the run does not store. Raises what `live` raises."""
        live = self.live

        def compute(utterance: int, receive: ReceiveMap, layers: Sequence[int]) -> None:
            live.maps(self._id(utterance), receive, layers)

        return MapWorker(compute, live.encoder.n_heads, self._results)

    def _derive(self, kind: str, place: tuple[int, int, int], make: Callable[[Map], T]) -> T:
        """Return `make` of the map at a place (utterance, layer, head); `kind` names the result in a cache."""
        utterance, layer, head = place
        self._check_size(utterance)
        stored = self._stored(utterance)
        if stored is None:
            return self._worker_for(utterance).derive(kind, place, make)
        with self._builds:
            result: T = self._results.get((kind, *place), lambda: make(self._stored_map(stored, layer, head)))
        return result

    def _check_size(self, utterance: int) -> None:
        """Refuse maps that do not fit into memory, as none of that length does."""
        if (frames := self.info.utterances[utterance].frames) > MAX_FRAMES:
            raise InputError(
                f"expected at most {MAX_FRAMES} frames for a map, found {frames}; analyze with --window to see maps of "
                "parts of this utterance"
            )

    def _check_head(self, layer: int, head: int) -> None:
        if not 0 <= layer < self.info.layers or head not in self._heads_of(layer):
            raise NotFoundError(layer, head)

    @staticmethod
    def _stored_map(stored: xr.Dataset, layer: int, head: int) -> npt.NDArray[np.floating]:
        return np.asarray(stored["attention"].sel(layer=layer, head=head).values)

    def _heads_of(self, layer: int) -> list[int]:
        return [info.head for info in self.info.heads if info.layer == layer]

    def _id(self, utterance: int) -> str:
        if not 0 <= utterance < len(self.info.utterances):
            raise NotFoundError(utterance)
        return self.info.utterances[utterance].id

    def _index_of(self, id_: str) -> int:
        return next(index for index, info in enumerate(self.info.utterances) if info.id == id_)

    def _stored(self, utterance: int) -> xr.Dataset | None:
        """Return maps and labels that the run stores of an utterance; each is opened once."""
        id_ = self._id(utterance)
        if id_ in self.run.maps and id_ not in self._stored_maps:
            self._stored_maps[id_] = self.run.map(id_)
        return self._stored_maps.get(id_)

    def _worker_for(self, utterance: int) -> MapWorker:
        if self.loading is None:
            raise InputError(f"the maps of {self._id(utterance)} are not stored, and {NO_MODEL}")
        return self._worker

    def _spans(self, utterance: int) -> tuple[list[Span], list[Span]]:
        """Return phones and words as the page shows them."""
        phones, words = self._labels(utterance)
        return add_classes(phones, self._phone_names), word_spans(words)

    def _labels(self, utterance: int) -> tuple[LabelTriples, LabelTriples]:
        stored = self._stored(utterance)
        if stored is not None:
            return stored_labels(stored, "phone"), stored_labels(stored, "word")
        return self.corpus.labels(self._id(utterance)) if self.corpus else ([], [])

    @cached_property
    def _audio_folders(self) -> list[Path]:
        """Return the folders with audio that the run may name: that of its corpus, and that of the user."""
        corpus = str(self.run.plan.get("corpus", {}).get("path", ""))
        path = bundled.speech() if corpus == "bundled" else Path(corpus)
        folders = [path.parent if path.is_file() else path] if corpus else []
        return folders + ([self.audio_root] if self.audio_root else [])

    @cached_property
    def _phone_names(self) -> Mapping[str, str]:
        return phone_names(self.run)

    def _origin(self, utterance: int) -> float:
        """Return the second at which the first frame begins."""
        stored, period = self._stored(utterance), self.info.frame_period
        if stored is None and self.run.maps:
            stored = self._stored(self._index_of(self.run.maps[0]))  # the same for all utterances
        if stored is None and self.loading:
            return self.live.encoder.first_frame_center - period / 2
        attributes = {} if stored is None else stored.attrs
        return float(attributes.get("first_centre", period / 2)) - period / 2

    def _audio_segment(self, utterance: int) -> AudioSegment:
        stored, duration = self._stored(utterance), self.info.utterances[utterance].duration
        if stored is not None:
            start, channel = (stored.attrs.get(name, 0) for name in ("audio_start", "audio_channel"))
            segment = AudioSegment(stored.attrs["audio"], float(start), duration, int(channel))
            if Path(segment.path).is_file() and (problem := folder_problem(segment, self._audio_folders)):
                raise InputError(problem)
            return segment
        if self.corpus is None:
            raise InputError(
                f"the run does not store where the audio of {self._id(utterance)} is; start the viewer with --model"
            )
        return self.corpus.audio(self._id(utterance))
