# Everything below makes its own virtual environments and builds; nothing has to be set up first.

PYTHON ?= python3
CORPUS ?=
OPTIONS ?=
SLOW ?= 10
SEED ?= 0
PIP = .venv/bin/pip --quiet --disable-pip-version-check
library = $(shell $(or $(CC),cc) -print-file-name=$(1))
CORE := $(wildcard csrc/*.h csrc/*/*.[ch])
NATIVE := setup.py $(CORE) $(wildcard fastemb/*.p[xy][xdi] fastemb/*/*.pxi)
PACKAGE := pyproject.toml $(shell find fastemb -name '*.py')

.PHONY: demo build check test test-all lint types dist sanitize debug plain-bytes coverage bench clean

demo: build
	@echo "== learning from the source of Python's standard library"
	.venv/bin/fastemb demo

build: .venv/built

# The quick tests: no sweeps, no child processes, no large files, and few examples of each property.
check: .venv/test-tools .venv/built
	.venv/bin/pytest -q -n auto -p no:benchmark --slow 0 -m 'not integration' --hypothesis-profile quick

# All tests, but of the sweeps marked slow SLOW percent of the cases, which SEED chooses.
test: .venv/test-tools .venv/built
	.venv/bin/pytest -q -n auto -p no:benchmark --slow $(SLOW) --slow-seed $(SEED)

test-all: .venv/test-tools .venv/built
	.venv/bin/pytest -q -n auto -p no:benchmark

lint: .venv/check-tools
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/check-tools .venv/built
	.venv/bin/mypy
	.venv/bin/pyright --pythonpath .venv/bin/python
	.venv/bin/python -m mypy.stubtest fastemb._native --mypy-config-file pyproject.toml --ignore-missing-stub --concise

# The source distribution, and the wheel built from it.
dist: .venv/check-tools
	rm -rf dist
	.venv/bin/python -m build --outdir dist

# The tests under AddressSanitizer and UndefinedBehaviorSanitizer. Python itself leaks on purpose; libstdc++ is there
# from the start so that the sanitizer knows how C++ libraries, such as pyarrow, throw.
sanitize: .venv/test-tools build/sanitize/made
	LD_PRELOAD="$(call library,libasan.so) $(call library,libstdc++.so.6)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		PYTHONPATH=$(CURDIR)/build/sanitize .venv/bin/pytest -q -n auto -p no:cacheprovider -p no:benchmark \
		--slow $(SLOW) --slow-seed $(SEED) -m 'not integration'

# A build for gdb.
debug: .venv/test-tools build/debug/made

# The reader of text for CPUs without SSE2, on this one.
plain-bytes: .venv/test-tools build/plain-bytes/made
	PYTHONPATH=$(CURDIR)/build/plain-bytes .venv/bin/pytest -q -n auto -p no:cacheprovider -p no:benchmark \
		--slow $(SLOW) --slow-seed $(SEED) tests/native/test_text_table.py tests/corpus/test_text.py tests/corpus/test_hard_text.py

# Lines of Python and of C that the tests reach.
coverage: .venv/test-tools build/coverage/made
	$(PIP) install gcovr
	find build -name '*.gcda' -delete
	PYTHONPATH=$(CURDIR)/build/coverage .venv/bin/pytest -q -n auto -p no:benchmark --slow $(SLOW) --cov=fastemb --cov-report=term
	.venv/bin/gcovr --root . --filter csrc/ build

# Speed beside gensim and the programs given: make bench CORPUS=text.txt OPTIONS='--word2vec path/to/word2vec'
bench: .venv/built
	@test -n "$(CORPUS)" || { echo "usage: make bench CORPUS=path/to/text.txt [OPTIONS='--word2vec BIN ...']"; exit 2; }
	$(PIP) install gensim matplotlib
	.venv/bin/python -m bench.compare --corpus "$(CORPUS)" --cases all --json bench.json --chart bench.png $(OPTIONS)

# An editable install: a change of Python needs no build. Its build tools are those that pyproject.toml names.
.venv/installed: pyproject.toml
	@echo "== making .venv, and installing NumPy and what compiles the C core"
	@$(PYTHON) -m venv .venv
	$(call install,["build-system"]["requires"])
	$(call install,["project"]["dependencies"])
	@echo "== compiling the C core"
	@$(PIP) install --no-build-isolation --editable .
	@touch $@ .venv/built

.venv/built: .venv/installed $(NATIVE)
	@.venv/bin/python setup.py --quiet build_ext --inplace
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
install = @.venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))$(1), sep="\n")' \
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

build/core/%/compiled: $(CORE) $(wildcard tests/portable/*.[ch]) .ci/compile
	.ci/compile $*
	touch $@

.PHONY: warnings lint-c portable

clean:
	rm -rf .venv .venv-* build dist *.egg-info fastemb/_native.c fastemb/*.so .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
