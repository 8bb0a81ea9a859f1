# Everything below makes its own virtual environments; nothing has to be set up first.

PYTHON ?= python3
CORPUS ?=
OPTIONS ?=
library = $(shell $(or $(CC),cc) -print-file-name=$(1))
SOURCES := pyproject.toml setup.py $(wildcard csrc/*.[ch]) $(shell find fastemb -name '*.py' -o -name '*.py[xi]' -o -name '*.pxd')

.PHONY: demo test lint types dist sanitize coverage bench clean

demo: .venv/installed
	.venv/bin/fastemb demo

test: .venv/installed
	.venv/bin/pytest

lint: .venv/tools
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .

types: .venv/tools
	.venv/bin/mypy
	.venv/bin/pyright --pythonpath .venv/bin/python
	.venv/bin/python -m mypy.stubtest fastemb._native --mypy-config-file pyproject.toml --ignore-missing-stub --concise

# The source distribution, and the wheel built from it.
dist: .venv/tools
	rm -rf dist
	.venv/bin/python -m build --outdir dist

# The test suite under AddressSanitizer and UndefinedBehaviorSanitizer. Python itself leaks on purpose; libstdc++ is there
# from the start so that the sanitizer knows how C++ libraries, such as pyarrow, throw.
sanitize: .venv-sanitize/installed
	LD_PRELOAD="$(call library,libasan.so) $(call library,libstdc++.so.6)" ASAN_OPTIONS=detect_leaks=0 PYTHONMALLOC=malloc \
		.venv-sanitize/bin/pytest -q -p no:cacheprovider -p no:benchmark

# Lines of Python and of C that the tests reach. Leaves an instrumented extension here until the next build.
coverage: .venv-coverage/installed
	find build-coverage -name '*.gcda' -delete
	.venv-coverage/bin/python -m pytest -q --cov=fastemb --cov-report=term
	.venv-coverage/bin/gcovr --root . --filter csrc/ build-coverage

# Speed beside gensim and the programs given: make bench CORPUS=text.txt OPTIONS='--word2vec path/to/word2vec'
bench: .venv/installed
	@test -n "$(CORPUS)" || { echo "usage: make bench CORPUS=path/to/text.txt [OPTIONS='--word2vec BIN ...']"; exit 2; }
	.venv/bin/pip install --quiet --disable-pip-version-check gensim matplotlib
	.venv/bin/python -m bench.compare --corpus "$(CORPUS)" --cases all --json bench.json --chart bench.png $(OPTIONS)

.venv/installed: $(SOURCES)
	$(PYTHON) -m venv .venv
	.venv/bin/pip install --quiet --disable-pip-version-check '.[test]'
	touch $@

.venv/tools: .venv/installed
	.venv/bin/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["check"], sep="\n")' \
		| .venv/bin/pip install --quiet --disable-pip-version-check -r /dev/stdin
	touch $@

.venv-sanitize/installed: $(SOURCES)
	$(PYTHON) -m venv .venv-sanitize
	FASTEMB_SANITIZE=1 .venv-sanitize/bin/pip install --quiet --disable-pip-version-check --no-cache-dir '.[test]'
	touch $@

.venv-coverage/installed: $(SOURCES)
	$(PYTHON) -m venv .venv-coverage
	.venv-coverage/bin/pip install --quiet --disable-pip-version-check '.[test]' 'setuptools>=77' 'Cython>=3.1,<4' gcovr
	FASTEMB_COVERAGE=1 .venv-coverage/bin/python setup.py --quiet build_ext --inplace --force --build-temp build-coverage
	rm -f .venv/installed
	touch $@

clean:
	rm -rf .venv .venv-* build build-coverage dist *.egg-info fastemb/_native.c fastemb/*.so .coverage
	find . -name __pycache__ -prune -exec rm -rf {} +
