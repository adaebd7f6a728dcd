"""The site builds without a warning, so no link in it leads nowhere, and its pages run as they are written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ("getting-started", "researcher", "engineer", "student")


def blocks(page: str) -> list[tuple[str, str]]:
    return BLOCK.findall((ROOT / "docs" / f"{page}.md").read_text())


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return run(["mkdocs", "build", "--strict", "--config-file", str(source), "--site-dir", str(site)], ROOT)


def test_the_site_builds_and_every_link_in_it_leads_somewhere(tmp_path):
    built = build(ROOT / "mkdocs.yml", tmp_path)
    assert built.returncode == 0, built.stderr
    method = (tmp_path / "method" / "index.html").read_text()
    assert "<math" in method
    assert "$" not in re.sub(r"<script.*?</script>", "", method, flags=re.DOTALL)
    assert 'class="doc doc-heading"' in (tmp_path / "api" / "index.html").read_text()


def test_a_link_that_leads_nowhere_stops_the_build(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](gone.md)")
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nstrict: true\n")
    built = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert built.returncode != 0
    assert "gone.md" in built.stderr + built.stdout


def test_nothing_of_the_site_is_loaded_from_elsewhere(tmp_path):
    build(ROOT / "mkdocs.yml", tmp_path)
    for page in tmp_path.rglob("*.html"):
        loaded = re.findall(
            r'<(?:script|img)[^>]*src="(https?:[^"]+)|<link[^>]*rel="stylesheet"[^>]*href="(https?:[^"]+)',
            page.read_text(),
        )
        assert loaded == [], page


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_as_it_is_written(page, tmp_path):
    assert blocks(page)
    for language, code in blocks(page):
        ran = run(["bash", "-e", "-c", code] if language == "bash" else [sys.executable, "-c", code], tmp_path)
        assert ran.returncode == 0, f"{code}\n{ran.stdout}\n{ran.stderr}"
