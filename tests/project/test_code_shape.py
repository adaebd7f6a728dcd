"""Names and sizes: one class per name, and no file that is too long to read at once."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def load_script():
    spec = importlib.util.spec_from_file_location("code_shape", ROOT / "scripts" / "code_shape.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CODE_SHAPE = load_script()


def test_no_class_name_is_defined_in_two_modules():
    assert CODE_SHAPE.repeated_classes(ROOT / "src" / "otoscope") == []


def test_no_source_file_is_longer_than_300_lines():
    sources = CODE_SHAPE.long_files(ROOT / "src" / "otoscope")
    page = CODE_SHAPE.long_files(ROOT / "web" / "src", (".ts", ".tsx", ".css"))
    assert sources + page == []


def test_a_repeated_class_is_found(tmp_path):
    (tmp_path / "a.py").write_text("class Same:\n    pass\n")
    (tmp_path / "b.py").write_text("class Same:\n    pass\n")
    assert CODE_SHAPE.repeated_classes(tmp_path) == ["Same"]
