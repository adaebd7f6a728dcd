"""The site builds without a warning, and its API pages list the public names."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import otoscope

ROOT = Path(__file__).parents[2]
DOCUMENTED = re.compile(r"^::: otoscope\.(\w+)$", re.MULTILINE)
LOADED = re.compile(
    r'<(?:script|img)[^>]*src="(https?:[^"]+)|<link[^>]*rel="stylesheet"[^>]*href="(https?:[^"]+)', re.IGNORECASE
)

pytestmark = pytest.mark.slow


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "NO_MKDOCS_2_WARNING": "1"}
    command = ["mkdocs", "build", "--strict", "--config-file", str(source), "--site-dir", str(site)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT / "mkdocs.yml", folder)
    assert built.returncode == 0, built.stderr
    return folder


def test_formulas_are_mathml_and_leave_no_dollar_sign(site):
    method = (site / "method" / "index.html").read_text()
    assert "<math" in method
    assert "$" not in re.sub(r"<script.*?</script>", "", method, flags=re.DOTALL)


def test_the_site_shows_docstrings_and_the_plug_ins_of_every_registry(site):
    assert 'class="doc doc-heading"' in (site / "api" / "measure" / "index.html").read_text()
    plugins = (site / "plugins" / "index.html").read_text()
    assert "plugins:" not in plugins
    for name in ("globalness", "fisher", "speaker-frame", "atlas", "textgrid", "wav2vec2"):
        assert f"<code>{name}</code>" in plugins


def test_the_site_loads_nothing_from_other_servers(site):
    for page in site.rglob("*.html"):
        assert LOADED.findall(page.read_text()) == [], page


def test_a_broken_link_stops_the_build(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](gone.md)")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nstrict: true\n")
    built = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert built.returncode != 0
    assert "gone.md" in built.stderr + built.stdout


def test_the_api_pages_list_each_public_name_once_and_nothing_else():
    pages = sorted((ROOT / "docs" / "api").glob("*.md"))
    documented = [name for page in pages for name in DOCUMENTED.findall(page.read_text())]
    assert sorted(documented) == sorted(otoscope.__all__)
