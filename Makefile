# Everything a person types. Setup runs by itself when something is missing: `live` and `demo`
# need little, the rest also needs what the tests use.

PYTHON  := .venv/bin/python
LIVE    := .venv/.setup-live
TEST    := .venv/.setup-test
KERNEL  ?= 6.1
MINUTES ?= 120
C_FILES := $(wildcard bpf/*.c bpf/*.h)
SHELL_SCRIPTS := .ci/run $(shell git ls-files '*.sh' 'packaging/deb/p*' ':!tests/kernel/pack')

.DEFAULT_GOAL := help
.PHONY: help setup live demo test check shellcheck vm matrix bench soak arm64 harm deb vagrant-test

help: ## show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(LIVE) $(TEST) ## install Debian packages and the Python environment (needs root)

live: $(LIVE) ## watch tmux on this host (needs root; ARGS="--help" lists the options)
	@.venv/bin/ttytrace live $(ARGS)

demo: $(LIVE) ## twenty seconds of a private tmux server, seen by ttytrace (needs root)
	@$(PYTHON) tests/demo.py

test: check shellcheck ## everything: check, the log, screens, real kernel tests here and in guests (needs root)
	TTYTRACE_KERNEL_TESTS=1 $(PYTHON) -m pytest -m "kernel or guest or log or screen"

check: $(TEST) ## format, lint, types, unit and meta tests (no root)
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	.venv/bin/clang-format --dry-run -Werror $(C_FILES)
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -q -m "not kernel and not guest and not log and not screen"

shellcheck: $(TEST)
	shellcheck $(SHELL_SCRIPTS)

vm: $(TEST) ## the kernel tests in a guest (KERNEL=6.1 PLAN=kprobe|fentry|tracepoint; needs root)
	$(PYTHON) -m tests.guest $(KERNEL) $(if $(PLAN),--plan $(PLAN))

matrix: $(TEST) ## the kernel tests on every kernel, tmux and BCC (CELLS="6.1/* host/*/sid"; needs root)
	@packaging/setup.sh matrix
	$(PYTHON) -m tests.matrix $(CELLS) $(ARGS)

bench: $(TEST) ## what tracing costs on this host (needs root)
	$(PYTHON) -m tests.bench

soak: $(TEST) ## twenty panes at work for MINUTES, and what it cost (needs root)
	$(PYTHON) -m tests.soak --minutes $(MINUTES)

vagrant-test: vagrant/boxes/$(KERNEL).json ## a VM comes up, is tested inside, goes (KERNEL=6.1 TESTS=quick|all; needs root)
	packaging/setup.sh vagrant
	vagrant/with-libvirtd.sh vagrant/test.sh $(KERNEL) $(TESTS)

arm64: $(TEST) ## compile for arm64, and the tests that need no kernel in user emulation (needs root)
	$(PYTHON) -m tests.arm64

harm: $(TEST) ## others' tests of kernels and tmux, with a tracer off and on (needs root)
	$(PYTHON) -m tests.harm

deb: $(LIVE) ## dist/ttytrace_VERSION_ARCHITECTURE.deb, which needs no network to be installed
	@packaging/deb.sh dist

vagrant/boxes/%.json: vagrant/build-box.sh vagrant/box/disk.sh vagrant/box/system.sh \
		vagrant/boxes.toml packaging/setup.sh pyproject.toml
	vagrant/build-box.sh $*

$(LIVE): pyproject.toml packaging/setup.sh
	@packaging/setup.sh live
	@touch $@

$(TEST): $(LIVE) pyproject.toml packaging/setup.sh
	@packaging/setup.sh test
	@touch $@
