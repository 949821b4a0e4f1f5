# Ringboard as an image: `docker build -t ringboard .`, then `docker run ringboard worker` (or any of its commands).

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY stream stream
COPY agents agents
RUN python -m venv /opt/ringboard \
    && PIP_CONSTRAINT=/src/constraints.txt /opt/ringboard/bin/python -m pip install --no-cache-dir .

FROM python:3.11.14-slim-bookworm
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
