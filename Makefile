# `make demo` and `make test` do all the setting up, from a bare clone. Each kind of environment leaves
# a stamp, so that a second call goes straight to work.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
WORKERS ?= 2
# What `make test-random` draws from, and how many networks.
SEED ?= $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
COUNT ?= 100

.DEFAULT_GOAL := help
.PHONY: help demo digits distributed test test-zoo test-random test-census test-planted test-howto test-fuzz test-interrupts
.PHONY: test-browser chromium
.PHONY: test-lifts
.PHONY: test-editors shells
.PHONY: bench-large
.PHONY: test-experiments test-guides test-benchmarks test-docs tex graphviz lint format bench clean

help:
	@echo "make demo         build a ResNet-34 from its specification and run it in onnxruntime"
	@echo "make digits       train a small residual network on handwritten digits"
	@echo "make distributed  the same in two processes"
	@echo "make test         ruff, mypy and all tests"
	@echo "make test-zoo     the tests of large networks, of which make test has smaller ones"
	@echo "make test-random  draw networks and examples anew; SEED=... COUNT=... draws those again"
	@echo "make test-census  a hundred random networks of every construct and op, against an interpreter"
	@echo "make test-planted plant faults in a copy, each of which a test must find"
	@echo "make test-guides  follow every guide of docs/howto in a copy, word for word"
	@echo "make test-howto   all tests of the folders that guides add to, on what they make in a copy"
	@echo "make test-interrupts  signals at hundreds of moments, of which make test tries a few"
	@echo "make test-experiments  trainings of whole sweeps, and sweeps on Ray"
	@echo "make test-lifts   lift hundreds of drawn networks, and mutants of files"
	@echo "make test-browser  the page of resdsl watch in headless Chromium"
	@echo "make test-fuzz    hostile texts, JSON and weights: thousands, within two seconds and 300 MB each"
	@echo "make test-benchmarks  measure a little with every benchmark, of which make test has the parts"
	@echo "make test-editors compile the grammar for tree-sitter, run that of VS Code, complete in bash, zsh and fish"
	@echo "make test-docs    compile what is written for TeX"
	@echo "make lint         ruff and mypy alone"
	@echo "make format       put the sources into form, with ruff and resdsl fmt"
	@echo "make bench        measure against torch.onnx.export and renew docs/performance.md"
	@echo "make bench-large  write a million points of a sweep, and measure the memory that takes"
	@echo "make clean        remove what these made"

demo: $(VENV)/.demo
	@mkdir -p build
	$(BIN)/resdsl build specs/resnet34.res --to onnx -o build/resnet34.onnx
	$(BIN)/python examples/run_onnx.py build/resnet34.onnx

digits: $(VENV)/.examples
	$(BIN)/python examples/train_digits.py --at-least 0.95

distributed: $(VENV)/.examples
	$(BIN)/torchrun --standalone --nproc-per-node 2 examples/train_distributed.py

test: graphviz lint
	$(BIN)/python -m pytest -n $(WORKERS)

# Large networks, of which `make test` has smaller ones.
test-zoo: graphviz $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m zoo

# Every benchmark from end to end, small.
test-benchmarks: graphviz $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m benchmarks

# Trainings of whole sweeps, and sweeps on Ray; a C compiler makes the threads of one of them late.
test-experiments: shells $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m experiments

# Hundreds of networks and mutants, lifted, of which `make test` has a few.
test-lifts: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m lifts

# The page of `resdsl watch`, as a reader uses it.
test-browser: chromium $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m browser

# Signals at hundreds of moments, of which `make test` tries a few.
test-interrupts: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m moments

# Networks of the language against an interpreter, and the tests that draw examples, from a seed that no run had before.
test-random: seed := $(SEED)
test-random: graphviz $(VENV)/.test
	@echo "the seed is $(seed); make test-random SEED=$(seed) COUNT=$(COUNT) draws the same again"
	$(BIN)/python -m pytest -n $(WORKERS) tests/random/test_networks.py --networks-from=$(seed) --networks=$(COUNT)
	$(BIN)/python -m pytest -n $(WORKERS) tests/printer/test_formatting.py -k drawn --networks-from=$(seed) --networks=$(COUNT)
	$(BIN)/python -m pytest -n $(WORKERS) -m 'hypothesis and not zoo and not planted and not moments and not howto and not guides and not benchmarks and not census and not experiments and not browser and not editors' \
	  --hypothesis-profile=anew --hypothesis-seed=$(seed)

# A hundred random networks of every construct and op, always the same ones.
test-census: graphviz $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m census

# Hostile texts, networks in JSON and files of weights, each within two seconds and 300 MB.
test-fuzz: $(VENV)/.test
	$(BIN)/python -m tests.robustness.fuzz 20000
	$(BIN)/python -m tests.robustness.hostile_json 500
	$(BIN)/python -m tests.robustness.hostile_weights 200

# Faults that a test must find, each in a copy of the sources.
test-planted: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m planted

# Every guide, word for word, in a copy, and the pages of the manual that take longest.
test-guides: graphviz $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m guides

# All tests of the folders that a guide adds to, on what it makes in a copy: each guide takes several minutes.
test-howto: graphviz $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m howto

# Grammars for editors, compiled by a C compiler and run by Node, and completion in shells.
test-editors: editors/vscode/node_modules $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) -m editors tests/editors

editors/vscode/node_modules: editors/vscode/package-lock.json | shells
	cd editors/vscode && npm ci --silent --no-audit --no-fund
	@touch $@

shells:
	@missing=; \
	for program in cc npm zsh fish; do command -v $$program >/dev/null || missing="$$missing $$program"; done; \
	test -z "$$missing" && exit 0; \
	sudo=; test "$$(id -u)" = 0 || sudo='sudo -n'; \
	install="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"; \
	packages=$$(echo "$$missing" | sed 's/\bcc\b/gcc libc6-dev/'); \
	echo "installing$$missing, once"; \
	{ $$install $$packages || { $$sudo apt-get update -qq && $$install $$packages; }; } >/dev/null 2>&1; \
	for program in cc npm zsh fish; do \
	  command -v $$program >/dev/null || { echo "$$program must be on the PATH" >&2; exit 1; }; \
	done

# TeX is large: what needs it is no part of `make test`.
test-docs: tex $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) tests/tex

tex:
	@command -v pdflatex >/dev/null && exit 0; \
	sudo=; test "$$(id -u)" = 0 || sudo='sudo -n'; \
	install="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"; \
	packages='texlive-latex-base texlive-latex-recommended texlive-pictures texlive-fonts-recommended'; \
	echo "installing $$packages, once"; \
	{ $$install $$packages || { $$sudo apt-get update -qq && $$install $$packages; }; } >/dev/null 2>&1; \
	command -v pdflatex >/dev/null || { echo "pdflatex must be on the PATH" >&2; exit 1; }

# PDF and PNG figures are drawn by Graphviz, their texts in a font as wide as Helvetica. Where neither can be
# installed, this says so, and the tests that need them fail.
graphviz:
	@command -v neato >/dev/null && exit 0; \
	if command -v apt-get >/dev/null; then \
	  sudo=; test "$$(id -u)" = 0 || sudo='sudo -n'; \
	  install="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"; \
	  packages='graphviz fonts-liberation'; \
	  echo "installing $$packages, once"; \
	  { $$install $$packages || { $$sudo apt-get update -qq && $$install $$packages; }; } >/dev/null 2>&1; \
	elif command -v brew >/dev/null; then \
	  echo "installing graphviz, once"; \
	  brew install --quiet graphviz >/dev/null 2>&1; \
	fi; \
	command -v neato >/dev/null || echo "Graphviz is missing and could not be installed: neato must be on the PATH" >&2

# Where it cannot be installed, this says so, and the tests that need it fail.
chromium:
	@command -v chromium >/dev/null && exit 0; \
	if command -v apt-get >/dev/null; then \
	  sudo=; test "$$(id -u)" = 0 || sudo='sudo -n'; \
	  install="$$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"; \
	  packages='chromium fonts-dejavu-core'; \
	  echo "installing $$packages, once"; \
	  { $$install $$packages || { $$sudo apt-get update -qq && $$install $$packages; }; } >/dev/null 2>&1; \
	fi; \
	command -v chromium >/dev/null || echo "Chromium is missing and could not be installed: chromium must be on the PATH" >&2

lint: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/resdsl fmt specs examples

bench: $(VENV)/.bench
	$(BIN)/python -m benchmarks --write docs/performance.md

# A million points of a sweep as JSON lines, and the memory that takes: a quarter of an hour.
bench-large: $(VENV)/.test
	$(BIN)/python -m benchmarks.large

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The build backend, and lark, with which the build hook makes the tables of the parser, come first and
# from the constraints too: an isolated build would fetch the newest.
$(VENV)/.made: constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "resdsl needs Python 3.11 or newer as '$(PYTHON)'; or name one: make PYTHON=/path/to/python3" >&2; \
	  exit 1; }
	@echo "setting up $(VENV), once; this takes some minutes where packages come over the network"
	$(PYTHON) -m venv $(VENV)
	$(PIP) hatchling lark
	@touch $@

$(VENV)/.demo: $(VENV)/.made pyproject.toml constraints.txt grammar/resdsl.lark
	$(PIP) --no-build-isolation -e '.[demo]'
	@touch $@

$(VENV)/.examples: $(VENV)/.made pyproject.toml constraints.txt grammar/resdsl.lark
	$(PIP) --no-build-isolation -e '.[torch,examples]'
	@touch $@

$(VENV)/.test: $(VENV)/.made pyproject.toml constraints.txt grammar/resdsl.lark
	$(PIP) --no-build-isolation -e '.[test]'
	@touch $@ $(VENV)/.demo $(VENV)/.examples

# What torch's exporter asks for, and nothing else does.
$(VENV)/.bench: $(VENV)/.test
	$(PIP) onnxscript==0.7.2 torchinfo==1.8.0 pyyaml tqdm tabulate termcolor portalocker
	$(PIP) --no-deps fvcore==0.1.5.post20221221 iopath==0.1.10 yacs==0.1.8
	@touch $@
