# The first `make demo` or `make test` after a clone sets everything up: Python 3.11 and make are all it needs.

BIN := .venv/bin
PYTHON := $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n logical --dist loadscope

OLDEST := $(shell sed -n 's/.*"transformers>=\([0-9.]*\),.*/\1/p' pyproject.toml)
OLD := .venv/transformers-$(OLDEST)

# Tests start many processes: each would compile all of otoscope where the environment forbids to keep what is compiled.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-fast test-oldest lint bench venv
.DELETE_ON_ERROR:

demo: venv
	$(BIN)/otoscope demo

test: lint
	$(PYTEST)

# Without a browser, the site, and the tests marked slow: for every change while you work.
test-fast: venv
	$(PYTEST) -m "not slow and not browser"

# The models' exactness with the oldest transformers of the stated range, laid over the environment; kept between runs.
# Its extractor of Parakeet needs librosa, which is not among what otoscope needs.
test-oldest: $(OLD)/transformers
	PYTHONPATH=$(OLD) $(BIN)/python -c 'from importlib.metadata import version as v; import transformers as t; \
		print("transformers", t.__version__); assert (t.__version__ + ".").startswith("$(OLDEST).") and v("transformers") == t.__version__'
	PYTHONPATH=$(OLD) $(PYTEST) -p no:cacheprovider -k "(float32 or test_load or registration) and not parakeet" \
		-W 'ignore:`torch.jit.script`:DeprecationWarning' \
		tests/models/test_exact.py tests/models/test_load.py tests/project/test_hf_registration.py

$(OLD)/transformers: | venv
	$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --target $(OLD) 'transformers==$(OLDEST).*'

lint: venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if [ -d web/node_modules ]; then npm run --silent --prefix web lint; else echo "web/ is not linted; run: npm ci --prefix web"; fi

# Each measures its rows but the long ones, which one names: benchmarks/length.py length-1h.
BENCHMARKS := kernel model analysis causes startup refinement segmentation word_times viewer viewer_long gpu

bench: venv
	for benchmark in $(BENCHMARKS); do $(BIN)/python benchmarks/$$benchmark.py || exit 1; done
	$(BIN)/python benchmarks/page.py

venv: .venv/installed

.venv/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing otoscope and what it needs into .venv (minutes the first time)"
	$(BIN)/python -m pip install -qq --disable-pip-version-check -e '.[dev]' -c constraints.txt
	@touch $@

$(BIN)/python:
	$(if $(PYTHON),,$(error otoscope needs Python 3.11 or newer, and neither python3.11 nor python3 is one. Install it, or name it: make PYTHON=/path/to/python))
	$(PYTHON) -m venv .venv
