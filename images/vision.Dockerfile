# The container of every step that runs an image network: Keras 3 on TensorFlow.
# One layer holds the dependencies, a small one the code: a change of code moves kilobytes, not gigabytes.
ARG BASE=python:3.11-slim

FROM ${BASE} AS dependencies
WORKDIR /src
# pip stays in an environment of its own: pods install nothing.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/thaw
COPY pyproject.toml constraints.txt images/requirements.py ./
# The tensorflow wheel runs on CPUs and GPUs alike. What a GPU needs beside the node's driver, its [and-cuda] extra
# brings as wheels (about 3 GB), so that the same BASE serves; their versions are bounded by tensorflow, not by us.
ARG ACCELERATOR=cpu
RUN python3 requirements.py vision > requirements.txt \
    && case "${ACCELERATOR}" in \
         cpu) ;; \
         gpu) echo "tensorflow[and-cuda]" >> requirements.txt ;; \
         *) echo "ACCELERATOR is cpu or gpu, not ${ACCELERATOR}" >&2; exit 2 ;; \
       esac \
    && /opt/build/bin/pip --python /opt/thaw/bin/python install --no-cache-dir -c constraints.txt -r requirements.txt

FROM dependencies AS code
COPY LICENSE README.md setup.py ./
COPY src src
COPY components components
COPY pipelines pipelines
RUN /opt/build/bin/pip wheel --no-cache-dir --no-deps --wheel-dir /opt/wheel . \
    && /opt/build/bin/pip --python /opt/thaw/bin/python install --no-cache-dir --no-deps --no-index --root /opt/code \
         /opt/wheel/*.whl

FROM ${BASE}
ARG VERSION=0.2.0
LABEL org.opencontainers.image.title="thaw-vision" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
# Group 0 may write the home: clusters that give a pod a user id of their own (OpenShift) keep that group.
RUN useradd --uid 10001 --gid 0 --home-dir /home/thaw --create-home --shell /usr/sbin/nologin thaw \
    && chmod g=u /home/thaw
COPY --from=dependencies /opt/thaw /opt/thaw
COPY --from=code /opt/code /
ENV PATH=/opt/thaw/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/home/thaw
USER 10001
WORKDIR /home/thaw
