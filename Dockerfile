# The app in a container: OCR included, nothing runs as root, everything it keeps lies in /data.
FROM python:3.12-slim

COPY packages.txt /tmp/packages.txt
# Debian keeps no old releases, so pinned versions here would stop building within weeks.
# hadolint ignore=DL3008
RUN apt-get update \
    && xargs apt-get install -y --no-install-recommends < /tmp/packages.txt \
    && rm -rf /var/lib/apt/lists/*

# uid 1000 is what Hugging Face Spaces run a container as.
RUN useradd --uid 1000 --create-home user && install -d -o user -g user -m 0700 /data
WORKDIR /app

# Before the source, so that a change of code does not install everything again.
# --build-arg REQUIREMENTS=requirements-gpu.txt builds for an NVIDIA card.
ARG REQUIREMENTS=requirements.txt
COPY requirements*.txt ./
RUN pip install --no-cache-dir -r "$REQUIREMENTS"

COPY app.py LICENSE NOTICE ./
COPY assets ./assets
COPY vnclone ./vnclone
RUN python -m compileall -q app.py vnclone

ENV PYTHONUNBUFFERED=1 \
    VNCLONE_HOST=0.0.0.0 \
    VNCLONE_PORT=7860 \
    VNCLONE_DATA=/data \
    HF_HOME=/data/models
USER 1000
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['VNCLONE_PORT'] + '/health', timeout=4)"]
CMD ["python", "app.py"]
