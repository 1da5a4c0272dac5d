# The container of every step that runs a text network: transformers on PyTorch.
# One layer holds the dependencies, a small one the code: a change of code moves kilobytes, not gigabytes.
ARG BASE=python:3.11-slim

FROM ${BASE} AS dependencies
WORKDIR /src
# pip stays in an environment of its own: pods install nothing.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/thaw
COPY pyproject.toml constraints.txt images/requirements.py ./
# PyPI's Linux wheel of torch is the CUDA build and pulls several GB of nvidia-* wheels, which it pins itself: right for
# gpu. For cpu, torch alone comes first from PyTorch's own index, where the same version is `+cpu` (a local version
# satisfies `torch==` in constraints.txt); everything else comes from the ordinary index. An empty TORCH_CPU_INDEX takes
# the CPU build from wherever pip is configured to look.
ARG ACCELERATOR=cpu
ARG TORCH_CPU_INDEX=https://download.pytorch.org/whl/cpu
RUN python3 requirements.py text > requirements.txt \
    && case "${ACCELERATOR}" in \
         cpu) /opt/build/bin/pip --python /opt/thaw/bin/python install --no-cache-dir --no-deps -c constraints.txt \
                ${TORCH_CPU_INDEX:+--index-url "${TORCH_CPU_INDEX}"} torch ;; \
         gpu) ;; \
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
LABEL org.opencontainers.image.title="thaw-text" \
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
