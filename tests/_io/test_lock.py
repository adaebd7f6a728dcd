"""One process at a time in a folder, also on file systems without locks."""

import errno
import fcntl

import pytest

from otoscope._io.lock import exclusive
from otoscope.errors import InputError


def test_a_second_user_of_a_folder_is_refused_and_a_later_one_is_not(tmp_path):
    with (
        exclusive(tmp_path, "otoscope reproduce"),
        pytest.raises(InputError, match=r"another otoscope reproduce uses .*; wait until it ends"),
        exclusive(tmp_path, "otoscope reproduce"),
    ):
        pass
    with exclusive(tmp_path, "otoscope reproduce"):
        pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL])
def test_a_file_system_without_locks_is_a_warning(tmp_path, monkeypatch, number):
    def flock(descriptor, operation):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    with (
        pytest.warns(
            UserWarning, match="file system without locks .no locks here.; start no second otoscope reproduce"
        ),
        exclusive(tmp_path, "otoscope reproduce"),
    ):
        pass


@pytest.mark.filterwarnings("error")
def test_a_system_that_has_no_flock_at_all_is_locked_by_a_file(tmp_path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.ENOSYS, "not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    with exclusive(tmp_path, "otoscope reproduce"):
        pass


def test_an_error_that_is_not_about_locks_is_raised(tmp_path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.EIO, "broken disk")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="broken disk"), exclusive(tmp_path, "otoscope reproduce"):
        pass
