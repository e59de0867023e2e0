# One image for every Groundswell process: init, worker, miner, flows and console.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 \
    PATH=/opt/groundswell/.venv/bin:$PATH \
    HF_HUB_OFFLINE=1

# Pango and a font, with which digests are written as PDF.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /opt/groundswell

# The dependencies change less often than the code: their layer is kept.
COPY requirements.lock ./
RUN pip install --no-cache-dir uv \
    && uv venv .venv \
    && uv pip sync --no-cache --python .venv/bin/python requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY groundswell groundswell
COPY console console
COPY pipelines pipelines
COPY stream stream
COPY alerts alerts
COPY store store
COPY models models
RUN uv pip install --no-cache --python .venv/bin/python --no-deps --editable . \
    && useradd --create-home --uid 10001 groundswell \
    && install --directory --owner groundswell /var/lib/groundswell

USER groundswell
CMD ["groundswell", "--help"]
