# Ringboard as an image: `docker build -t ringboard .`, then `docker run ringboard worker` (or any of its commands).

FROM python:3.11.16-slim-bookworm AS build
WORKDIR /src
# pip refuses a file whose hash is not in the locks. What builds a package is not in the image that runs.
COPY supply/locks supply/locks
RUN python -m pip install --no-cache-dir --require-hashes --no-deps --no-build-isolation -r supply/locks/build.txt \
    && python -m pip wheel --no-cache-dir --require-hashes --no-deps --no-build-isolation --wheel-dir /wheels -r supply/locks/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY stream stream
COPY agents agents
COPY grafana grafana
RUN python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv /opt/ringboard \
    && /opt/ringboard/bin/python -m pip install --no-index --no-deps /wheels/*.whl

FROM python:3.11.16-slim-bookworm
COPY --from=build /opt/ringboard /opt/ringboard
RUN useradd --system --uid 10001 --home-dir /data --no-create-home ringboard \
    && install --directory --owner=ringboard --mode=0700 /data
ENV PATH=/opt/ringboard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    RINGBOARD_DATA_DIR=/data
USER 10001
WORKDIR /data
EXPOSE 6066
ENTRYPOINT ["ringboard"]
CMD ["worker"]
