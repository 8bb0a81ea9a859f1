# Everything below makes its own virtual environments and builds; nothing has to be set up first.

PYTHON ?= python3
CORPUS ?=
OPTIONS ?=
SHELL := bash
SLOW ?= 10
CASES ?= 100
SEED ?= 0
PIP = .venv/bin/pip --quiet --disable-pip-version-check
library = $(shell $(or $(CC),cc) -print-file-name=$(1))
CORE := $(wildcard csrc/*.h csrc/*/*.[ch])
NATIVE := setup.py $(CORE) $(wildcard fastemb/*.p[xy][xdi] fastemb/*/*.pxi)
PACKAGE := pyproject.toml $(shell find fastemb -name '*.py')

.NOTPARALLEL:
.PHONY: demo build check test test-all lint types dist sanitize debug plain-bytes coverage bench clean

demo: build
	@echo "== fastemb demo"
	@.venv/bin/fastemb demo

# setup.py knows what has to be compiled.
build: .venv/installed
	@.venv/bin/python setup.py --quiet build_ext --inplace

# The quick tests: no sweeps, no child processes, no large files, and few examples of each property.
check: .venv/test-tools build
	.venv/bin/pytest -q -n auto -p no:benchmark --slow 0 -m 'not integration' --hypothesis-profile quick

# All tests, but of the sweeps marked slow SLOW percent of the cases, which SEED chooses.
test: .venv/test-tools build
	.venv/bin/pytest -q -n auto -p no:benchmark --slow $(SLOW) --slow-seed $(SEED)

# Nodes that are processes of a Ray cluster on this machine, and the guide's examples of them: some two minutes.
.PHONY: test-ray
test-ray: .venv-ray/installed build
	.venv-ray/bin/pytest -q -p no:cacheprovider tests/scale
	.venv-ray/bin/pytest -q -p no:cacheprovider tests/docs/test_guides.py -k scale.md

.venv-ray/installed: $(NATIVE) $(PACKAGE)
	$(PYTHON) -m venv .venv-ray
	.venv-ray/bin/pip install --quiet --disable-pip-version-check '.[ray,arrow]' 'ray[data]' 'pytest>=8' 'hypothesis>=6.100'
	touch $@

test-all: .venv/test-tools build
	.venv/bin/pytest -q -n auto -p no:benchmark

lint: .venv/check-tools
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/check-tools build
	.venv/bin/mypy
	.venv/bin/pyright --pythonpath .venv/bin/python
	.venv/bin/python -m mypy.stubtest fastemb._native --mypy-config-file pyproject.toml --ignore-missing-stub --concise

# The source distribution, and the wheel built from it.
dist: .venv/check-tools
	rm -rf dist
	.venv/bin/python -m build --outdir dist

# The wheel as others get it: nothing beyond the stable ABI and libraries that every Linux has, a description that PyPI
# shows, and use in an environment that has nothing else.
.PHONY: wheel-check
wheel-check: dist
	$(PIP) install abi3audit auditwheel twine
	.venv/bin/abi3audit --strict dist/*.whl
	.venv/bin/auditwheel show dist/*.whl
	.venv/bin/twine check --strict dist/*
	rm -rf build/wheel-check
	$(PYTHON) -m venv build/wheel-check
	build/wheel-check/bin/pip install --quiet --disable-pip-version-check dist/*.whl
	build/wheel-check/bin/python -P .ci/try_wheel.py

# The tests under AddressSanitizer and UndefinedBehaviorSanitizer. Python itself leaks on purpose; libstdc++ is there
# from the start so that the sanitizer knows how C++ libraries, such as pyarrow, throw. Memory that is not there is None, as
# everywhere, where the sanitizer would end the process. TESTS chooses some, or leaves some out; CASES percent of the cases
# of each test run, which SEED chooses.
sanitize: .venv/test-tools build/sanitize/made
	LD_PRELOAD="$(call library,libasan.so) $(call library,libstdc++.so.6)" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PYTHONMALLOC=malloc \
		PYTHONPATH=$(CURDIR)/build/sanitize .venv/bin/pytest -q -n auto -p no:cacheprovider -p no:benchmark \
		--slow $(SLOW) --cases $(CASES) --slow-seed $(SEED) -m 'not integration' $(TESTS)

# Every allocation of small work fails once, one after the other, in a child each: the work ends by MemoryError, what was
# there is as it was, nothing leaks, and the same work goes well afterwards. Some twenty minutes; FAULTS='--every 10' less.
faults: .venv/test-tools build
	@mkdir -p build/faults
	$(or $(CC),cc) -O2 -Wall -fPIC -shared -fno-builtin -o build/faults/failing_malloc.so tests/faults/failing_malloc.c -ldl
	LD_PRELOAD=$(CURDIR)/build/faults/failing_malloc.so .venv/bin/python tests/faults/every_allocation.py $(FAULTS)

# Corpora and matrices of more than 2^32 entries, a sentence and a vocabulary of ten million words, 1 and 4,096 dimensions.
sizes: .venv/test-tools build
	.venv/bin/python tests/sizes/every_size.py $(SIZES)

# Fifty rounds of training in threads, forked children and pools of processes, of which none may hang.
rounds: .venv/test-tools build
	.venv/bin/python tests/rounds/every_round.py $(ROUNDS)

.PHONY: faults sizes rounds

# A build for gdb.
debug: .venv/test-tools build/debug/made

# The reader of text for CPUs without SSE2, on this one.
plain-bytes: .venv/test-tools build/plain-bytes/made
	PYTHONPATH=$(CURDIR)/build/plain-bytes .venv/bin/pytest -q -n auto -p no:cacheprovider -p no:benchmark \
		--slow $(SLOW) --slow-seed $(SEED) tests/native/test_text_table.py tests/corpus/test_text.py tests/corpus/test_hard_text.py

# Lines and branches of Python, and lines of C, that the tests reach. In one process: those of pytest-xdist end without
# writing the counters of C. (Those of the kernels pass 2^32, which gcovr takes for a fault of gcov unless told not to.)
coverage: .venv/test-tools build/coverage/made
	$(PIP) install gcovr
	find build -name '*.gcda' -delete
	PYTHONPATH=$(CURDIR)/build/coverage .venv/bin/pytest -q -p no:benchmark --slow $(SLOW) --cov=fastemb --cov-branch \
		--cov-report=term
	.venv/bin/gcovr --root . --filter csrc/ --gcov-suspicious-hits-threshold 0 build

# The documentation site, in build/docs/html. A warning ends it: a dead link, a name that is not there, a cell that fails.
.PHONY: docs
docs: .venv/docs-tools build
	PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python -m sphinx -n -W --keep-going -q -b html -d build/docs/doctrees docs build/docs/html
	@echo "open build/docs/html/index.html"

# Links to other sites, which needs a network. (Those within the site are checked by make docs.)
.PHONY: linkcheck
linkcheck: .venv/docs-tools build
	.venv/bin/python -m sphinx -q -b linkcheck -D nb_execution_mode=off -d build/docs/linkcheck-doctrees docs build/docs/linkcheck

.venv/docs-tools: .venv/installed
	@echo "== installing what builds the documentation"
	$(call install,["project"]["optional-dependencies"]["docs"])
	@touch $@

# Speed beside gensim and the programs given: make bench CORPUS=text.txt OPTIONS='--word2vec path/to/word2vec'
bench: build
	@test -n "$(CORPUS)" || { echo "usage: make bench CORPUS=path/to/text.txt [OPTIONS='--word2vec BIN ...']"; exit 2; }
	$(PIP) install gensim matplotlib
	.venv/bin/python -m bench.compare --corpus "$(CORPUS)" --cases all --isa all --per-pair \
	    --json bench.json --chart bench.png $(OPTIONS)

# An editable install: a change of Python needs no build. Its build tools are those that pyproject.toml names.
.venv/installed: pyproject.toml
	@$(or $(CC),cc) --version >/dev/null 2>&1 || { echo "$(or $(CC),cc), the C compiler, cannot be run; \
	on Debian and Ubuntu: apt-get install gcc, on Fedora: dnf install gcc, on macOS: xcode-select --install" >&2; exit 1; }
	@echo "== making a virtual environment in .venv"
	@$(PYTHON) -m venv .venv
	@echo "== downloading and installing NumPy and what builds the core: setuptools, Cython"
	$(call install,["build-system"]["requires"])
	$(call install,["project"]["dependencies"])
	@echo "== translating the binding to C, and compiling"
	@.venv/bin/python setup.py --quiet build_ext --inplace
	@echo "== installing fastemb, as a link to these sources"
	@$(PIP) install --no-build-isolation --editable .
	@touch $@

.venv/test-tools: .venv/installed
	@echo "== installing what the tests need"
	$(call install,["project"]["optional-dependencies"]["test"])
	@touch $@

.venv/check-tools: .venv/test-tools
	@echo "== installing what checks style and types"
	$(call install,["project"]["optional-dependencies"]["check"])
	@touch $@

# Install a list of requirements of pyproject.toml.
install = @set -o pipefail; .venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))$(1), sep="\n")' \
	| $(PIP) install -r /dev/stdin

# The whole package with a special build of the core, in a folder that goes before the installed one.
build/%/made: .venv/installed $(NATIVE) $(PACKAGE)
	@rm -rf build/$*
	@FASTEMB_BUILD=$* .venv/bin/python setup.py --quiet build --build-lib build/$*
	@touch $@

# Every C file with warnings as errors: with the compilers that are here, or with all of COMPILERS.
warnings:
	+.ci/warnings $(COMPILERS)

# The layout of the C code; make lint-c FIX=1 mends it.
lint-c: .venv/check-tools
	.venv/bin/clang-format --style=file:csrc/.clang-format $(if $(FIX),-i,--dry-run --Werror) $(CORE) tests/portable/*.[ch]

# The core without Python, on this CPU, on an emulated 64-bit Arm CPU, and linked for Windows.
portable:
	+.ci/portable

# Races: the core under ThreadSanitizer, in a program with threads.
tsan:
	+.ci/threads

# Reads and writes outside of memory, values that were never set, and leaks: the core in a program without Python.
valgrind:
	+.ci/memory

# Files changed at random, guided by what they reach: for the core under libFuzzer, for the readers in Python under atheris.
# With MINUTES, so long for each of the targets, other files each time. Without, RUNS files for each, the same each time
# for a SEED; the seconds only end what hangs.
MINUTES ?=
RUNS ?= 1500
GROUPS ?= vectors models texts labels learned checkpoints tables lines packed indexes
fuzz: .venv/test-tools build
	$(PIP) install atheris
	.ci/fuzz-core $(if $(MINUTES),seconds $$((60 * $(MINUTES))),runs $$((2 * $(RUNS))) '$(SEED)')
	PYTHONHASHSEED=0 PYTHONPATH=tests .venv/bin/python -P -m fuzz.search $(GROUPS) \
		$(if $(MINUTES),--seconds $$((60 * $(MINUTES))),--runs $(RUNS) --seed '$(SEED)' --seconds 600)

# How many of COUNT small faults, put into the C core and into fastemb/train and fastemb/io, the tests notice. Some hours.
COUNT ?= 100
mutants: .venv/test-tools build
	PYTHONPATH=tests .venv/bin/python -P -m mutants.run c --count $(COUNT) --seed $(SEED)
	PYTHONPATH=tests .venv/bin/python -P -m mutants.run python --count $(COUNT) --seed $(SEED)

build/core/%/compiled: $(CORE) $(wildcard tests/portable/*.[ch]) .ci/compile
	.ci/compile $*
	touch $@

.PHONY: warnings lint-c portable tsan valgrind fuzz mutants

# The libraries that fastemb is compared with, an environment for each folder of tests/peers. They must still answer as
# they are recorded to, and the tests that need them must pass; gensim's own tests must pass on fastemb's classes.
PEERS := $(patsubst tests/peers/%/requirements.txt,%,$(wildcard tests/peers/*/requirements.txt))
.PHONY: peers $(PEERS:%=peer-%)

peers: $(PEERS:%=peer-%)

$(PEERS:%=peer-%): peer-%: .venv-peers/%/installed
	PYTHONPATH=tests .venv-peers/$*/bin/python -P -m peers.$*.record --check
	.venv-peers/$*/bin/pytest -q -p no:cacheprovider tests/peers/$*
	$(if $(wildcard tests/peers/$*/suites.py),PYTHONPATH=tests .venv-peers/$*/bin/python -P -m peers.$*.suites --check)

$(PEERS:%=.venv-peers/%/installed): .venv-peers/%/installed: tests/peers/%/requirements.txt $(NATIVE) $(PACKAGE)
	$(PYTHON) -m venv .venv-peers/$*
	.venv-peers/$*/bin/pip install --quiet --disable-pip-version-check . 'pytest>=8' 'hypothesis>=6.100' -r $<
	touch $@

# fastemb.torch inside PyTorch, in the environment of that peer, and held to torch's own types in place of those in
# typings/. torch leaves some functions without types.
.PHONY: torch
torch: peer-torch .venv/check-tools
	.venv/bin/mypy --config-file= --strict --allow-untyped-calls --allow-untyped-decorators --follow-imports=silent \
		--python-executable .venv-peers/torch/bin/python --cache-dir .mypy_cache/torch --package fastemb.torch

clean:
	rm -rf .venv .venv-* build dist docs/made docs/reference *.egg-info fastemb/_native.c fastemb/*.so .coverage htmlcov .hypothesis .pytest_cache \
		.mypy_cache .ruff_cache .benchmarks fastemb-demo.safetensors bench.json bench.png
	find . -name __pycache__ -prune -exec rm -rf {} +

# Maps tried in Chromium, which is installed where this may be done: on Debian and Ubuntu, as root.
.PHONY: test-explorer
test-explorer: .venv/test-tools build
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	{ echo "== installing Chromium"; apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; }; } || true
	@if browser=$$(command -v chromium || command -v google-chrome || command -v chromium-browser); then \
	FASTEMB_BROWSER=$$browser .venv/bin/pytest -q -p no:benchmark tests/explorer/test_in_browser.py; \
	else echo "test-explorer: SKIPPED, maps were tried in no browser: there is no chromium; on Debian: apt-get install chromium"; fi
