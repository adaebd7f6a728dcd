"""An executor that sends all that workers receive and return through pickle, last part first, in this process."""

import pickle
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from otoscope.runs.executors.executor import Executor, Worker


@dataclass
class PicklingExecutor(Executor):
    """Works as a worker process does: on copies, and without what the process of the command has in memory."""

    jobs: list[Any] = field(default_factory=list)
    is_local = False

    @contextmanager
    def open(self, load, work):
        """Provide one worker, which loads at the first part."""
        worker = Worker(*copied((load, work)))

        def workers(parts, on_progress):
            for part in list(parts)[::-1]:
                yield part, copied(worker.run(copied(part)))
            self.jobs.append(worker.resource)

        yield workers


def copied(value):
    """Return a copy that was pickled."""
    return pickle.loads(pickle.dumps(value))
