# Estrade as an image: the locked packages, this checkout, its static files. Configured by environment variables alone
# (docs/guide/settings.md); no secret is in it. `docker compose` builds and starts it: docs/guide/servers.md.

FROM python:3.12-slim AS packages
COPY requirements.txt /
# Byte-compiled here, because the process that runs may not write.
RUN python -m venv /packages \
    && /packages/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin estrade \
    && install --directory --owner estrade --group estrade --mode 700 /data /backups
COPY --from=packages /packages /packages
WORKDIR /estrade
COPY . .
ENV PATH=/packages/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ESTRADE_DATA=/data \
    ESTRADE_STATIC=/static
# The key that the settings make for this one command goes with the folder it lies in.
RUN ESTRADE_DATA=/tmp/build python manage.py collectstatic --no-input --verbosity 0 \
    && rm -r /tmp/build \
    && python -m compileall -q /estrade
USER estrade
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/live', timeout=4)"]
CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]
