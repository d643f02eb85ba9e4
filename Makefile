# One command a job. `make run` and `make test` bring what they need; `make` alone lists the jobs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet
# python3 first: it is the one people mean. The rest only where it is too old, too new or without venv.
PYTHONS := python3 python3.13 python3.12 python3.11
SUITABLE := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
# PyTorch has a virtualenv of its own: a CPU build where the index offers one, whose torchaudio has no CUDA to load.
TORCH_VENV := .venv-f5
TORCH_PY := $(TORCH_VENV)/bin/python
TORCH := $(TORCH_VENV)/.ready
TEST_PACKAGES := chromium fonts-dejavu-core fonts-noto-color-emoji
WITHOUT_SYSTEM := scanned PDFs and pictures cannot be read (OCR); nothing else needs them
WITHOUT_TEST := the tests that need them are skipped

.PHONY: help run setup python system test test-long test-faults test-f5 test-setup lint bench screenshot demo clean

help: ## list the jobs
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## (.*)/  make \1\t\2/' | expand -t 18

run: setup ## install what is missing, then serve the page on port 7860
	@exec $(PY) app.py

setup: $(RUNTIME) system ## the virtualenv, the Python packages and, as root on Debian, packages.txt

find_python = $(shell for p in $(PYTHONS); do \
    if "$$p" -c '$(SUITABLE)' >/dev/null 2>&1; then command -v "$$p"; break; fi; done)
python_found = $(shell python3 --version 2>&1 || true)
too_old = $(error vnclone needs Python 3.11, 3.12 or 3.13 with venv; python3 here is "$(python_found)". \
    On Debian 12 or later: apt-get install python3 python3-venv)

python: ## print the Python that will be used
	@echo $(or $(find_python),$(too_old))

# A virtualenv whose Python has gone (an upgrade, a moved folder) is made again rather than left to fail in pip.
$(PY):
	@$(or $(find_python),$(too_old)) -m venv --clear $(VENV)

$(RUNTIME): requirements.txt | $(PY)
	@echo "Installing the Python packages of requirements.txt (about 1.3 GB on disk, a few minutes the first time)…"
	@start=$$SECONDS; $(PIP) -r requirements.txt; \
	  size=$$(du -sm $(VENV) | cut -f1); \
	  echo "Python packages: $$size MB installed in $$((SECONDS - start)) s"; \
	  touch $@

$(DEV): requirements-dev.txt requirements.txt | $(RUNTIME)
	@start=$$SECONDS; $(PIP) -r requirements-dev.txt; echo "Test packages: ready in $$((SECONDS - start)) s"; touch $@

# $(1): packages, $(2): what is missing without them. Never fails: the main job needs no system package.
define debian
	@missing=(); for p in $(1); do \
	    [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$p 2>/dev/null || true)" = installed ] || missing+=("$$p"); done; \
	  if [ $${#missing[@]} = 0 ]; then exit 0; fi; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing the system packages: $${missing[*]}…"; \
	    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
	      apt-get install -y -qq --no-install-recommends "$${missing[@]}" >/dev/null; then exit 0; fi; fi; \
	  echo "Optional: sudo apt-get install $${missing[*]}"; \
	  echo "Until then $(2)."
endef

system:
	$(call debian,$(shell cat packages.txt),$(WITHOUT_SYSTEM))

test-setup: setup $(DEV)
	$(call debian,$(TEST_PACKAGES),$(WITHOUT_TEST))

test: test-setup ## every test but the long ones
	@$(PY) -m pytest -m "not long"

test-long: test-setup ## the long ones: fuzzing and fault runs
	@$(PY) -m pytest -m long

test-faults: test-setup ## the full fault runs, which write docs/reliability.md's table
	@$(PY) -m pytest tests/faults -m faults

# requirements-f5.txt with a newer torch, and with what the comparison with f5_tts's own steps imports. PyPI's torchaudio
# does not load beside a torch without CUDA; without its compiled part it is plain Python, which spectrograms need alone.
WITHOUT_CUDA := import importlib.util as u, pathlib, torch; torch.version.cuda or [p.unlink() for p in \
    pathlib.Path(u.find_spec("torchaudio").submodule_search_locations[0], "lib").glob("*.so")]

$(TORCH): requirements-f5.txt requirements-dev.txt requirements.txt
	@$(or $(find_python),$(too_old)) -m venv --clear $(TORCH_VENV)
	@echo "Installing PyTorch and F5-TTS for their tests (about 3 GB on disk, more where only CUDA builds are offered)…"
	@grep -vE '^(torch|torchaudio)==|^-r' requirements-f5.txt >$(TORCH_VENV)/reading.txt
	@$(TORCH_PY) -m pip --disable-pip-version-check install --quiet -r requirements-dev.txt -r $(TORCH_VENV)/reading.txt \
	  torch==2.13.0 torchaudio==2.11.0 'transformers>=5.23,<6' safetensors matplotlib pydub 'audioop-lts; python_version >= "3.13"'
	@$(TORCH_PY) -m pip --disable-pip-version-check install --quiet --no-deps f5-tts==1.1.22
	@$(TORCH_PY) -c '$(WITHOUT_CUDA)'
	@touch $@

test-f5: $(TORCH) ## F5-TTS and VieNeu's PyTorch backend, in a virtualenv of their own
	@$(TORCH_PY) -m pytest tests/test_f5.py tests/test_vieneu_torch.py tests/test_contract.py -k "f5 or torch"

lint: $(DEV) ## ruff, mypy, and the linters of Dockerfile and compose.yaml
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@if [ -x $(VENV)/bin/hadolint ]; then $(VENV)/bin/hadolint Dockerfile; else echo "hadolint has no build for this machine"; fi
	@$(VENV)/bin/compose-lint compose.yaml

bench: test-setup ## measure: speed, memory, quality
	@$(PY) -m bench

screenshot: test-setup ## take docs/screenshot.png of the real app
	@$(PY) -m bench.screenshot

demo: setup ## read assets/demo_document.docx in the demo voice into out/demo.mp3
	@mkdir -p out
	@$(PY) -m vnclone speak --voice assets/demo_voice.wav --transcript "$$(cat assets/demo_voice.txt)" \
	  --document assets/demo_document.docx --out out/demo.mp3

clean: ## remove what can be made again (never data/)
	@rm -rf $(VENV) $(TORCH_VENV) out .pytest_cache .mypy_cache .ruff_cache
	@find . -name __pycache__ -type d -not -path './data/*' -prune -exec rm -rf {} +
