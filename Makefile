# Everything a fresh clone needs: python3 and make. Each target makes what it lacks.
PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt
# A CPU-only build of torch where the default is a CUDA one: make demo TORCH_INDEX=<the CPU index of pytorch.org>
INDEX = $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))

.PHONY: demo test lint bench clean

demo: .venv/.ok
	$(BIN)/ganworks train digits --minutes 2.5 --run runs/demo
	$(BIN)/ganworks sample runs/demo -n 64 --seed 0 --grid

test: .venv/.ok-dev lint
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: .venv/.ok-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ok
	$(BIN)/python benchmarks/run.py

clean:
	rm -rf .venv build dist

.venv/.ok: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(PIP) $(INDEX) torch numpy
	$(PIP) -e . && touch $@

.venv/.ok-dev: .venv/.ok
	$(PIP) -e '.[dev]' && touch $@
