"""Online scores beside `mlflow models serve` on the same champion, in one run on the same machine.

The champion is that of CHURN_HOME: run `churn run` first. `--family xgboost` first makes a model of that family the
champion, as a person may: use a home of its own for it. One worker each, over loopback, by a client that sends at a
fixed rate. A latency counts from the time at which the request should have been sent. CPU is that of the server, in
microseconds for each request; memory is its resident size after the last request. The client and the servers share the
cores, and so does whatever else runs: the load of the machine is printed.

ours, bare: without reasons. ours: with the three reasons. MLflow answers with its own `/invocations`, and without
reasons, money or tier.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil

from churn.learning.params import FAMILIES, Family, ModelParams
from tests.support.machines import free_ports

BIN = Path(sys.executable).parent
RATES = (50, 100, 200, 400, 1_000)
FAR_BEHIND = 0.7
"""A server that answers less than this share of a rate is asked for no higher one."""


@dataclass(frozen=True)
class Asked:
    """One kind of request to one server."""

    title: str
    path: str
    body: str
    headers: dict[str, str]


@contextmanager
def started(command: list[str], port: int, health: str, **environment: str) -> Iterator[psutil.Process]:
    """A server, from the moment on at which it is ready."""
    found = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"} | environment  # MLflow starts uvicorn by its name.
    process = subprocess.Popen(command, env=found, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            time.sleep(0.2)
            try:
                with urlopen(f"http://127.0.0.1:{port}{health}", timeout=2):
                    break
            except (URLError, OSError):
                assert process.poll() is None, f"{command} ended"
        else:
            raise SystemExit(f"{command} did not become ready. Run `churn run` with this CHURN_HOME first.")
        yield psutil.Process(process.pid)
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        for one in [*children, process]:
            one.terminate()
        process.wait()


def cpu_seconds(server: psutil.Process) -> float:
    every = [server, *server.children(recursive=True)]
    return sum(one.cpu_times().user + one.cpu_times().system for one in every)


def memory_megabytes(server: psutil.Process) -> float:
    return sum(one.memory_info().rss for one in [server, *server.children(recursive=True)]) / 1e6


def measure(server: psutil.Process, port: int, asked: Asked, rate: int, seconds: float) -> tuple[float, float]:
    """Prints one line. Returns the answers a second, and the CPU of a request in microseconds."""
    before = cpu_seconds(server)
    client = [sys.executable, "-m", "tests.benchmarks.open_loop", str(port), str(rate), str(seconds)]
    told = json.dumps({"path": asked.path, "body": asked.body, "headers": asked.headers})
    found = json.loads(subprocess.run(client, input=told, capture_output=True, text=True, check=True).stdout)
    answered = found["ok"] + found["failed"]
    assert found["ok"], f"{asked.title}: no request was answered with a score"
    cpu = 1e6 * (cpu_seconds(server) - before) / max(answered, 1)
    print(
        f"{asked.title:<12} {rate:>6,} {found['per_second']:>10,.0f} {found['failed']:>7,} {found['p50_ms']:>9.1f}"
        f" {found['p99_ms']:>9.1f} {cpu:>9,.0f} {memory_megabytes(server):>7,.0f} {os.getloadavg()[0]:>6.1f}",
        flush=True,
    )
    return found["per_second"], cpu


def read_example(port: int, key: str) -> dict[str, object]:
    request = Request(f"http://127.0.0.1:{port}/openapi.json", headers={"Authorization": f"Bearer {key}"})
    with urlopen(request) as answer:
        example: dict[str, object] = json.load(answer)["components"]["schemas"]["Customer"]["examples"][0]
    return example


def measure_ours(port: int, seconds: float) -> dict[str, object]:
    from churn.settings import load_settings

    with started([str(BIN / "churn"), "serve", "--port", str(port)], port, "/health/ready") as server:
        key = (load_settings().home_dir / "api.key").read_text().strip()
        customer, headers = read_example(port, key), {"Authorization": f"Bearer {key}"}
        for title, path in (("ours, bare", "/v1/customers/score?reasons=false"), ("ours", "/v1/customers/score")):
            asked = Asked(title, path, json.dumps(customer), headers)
            measure(server, port, asked, 50, 2)  # Warm.
            climb(server, port, asked, seconds)
    return customer


def climb(server: psutil.Process, port: int, asked: Asked, seconds: float) -> None:
    """Measures one rate after the other, then says what one core of the server would answer by its CPU."""
    for rate in RATES:
        answered, cpu = measure(server, port, asked, rate, seconds)
        if answered < FAR_BEHIND * rate:
            break
    print(
        f"{asked.title}: one core answers {1e6 / cpu:,.0f} requests a second, by the CPU of the last line", flush=True
    )


def measure_mlflow(port: int, seconds: float, customer: dict[str, object]) -> None:
    from churn.settings import load_settings
    from churn.stores.ledgers.promotions import require_champion
    from churn.stores.model_registry.registry import locate_registry
    from churn.stores.workplace import open_workplace

    settings = load_settings()
    with open_workplace(settings) as workplace:
        champion = require_champion(workplace.engine)
    features = features_of(customer)
    body = json.dumps({"dataframe_split": {"columns": [*features], "data": [[*features.values()]]}})
    address = f"models:/{champion.model_name}/{champion.model_version}"
    command = [str(BIN / "mlflow"), "models", "serve", "-m", address, "--env-manager", "local", "--port", str(port)]
    with started(command, port, "/ping", MLFLOW_TRACKING_URI=locate_registry(settings)) as server:
        asked = Asked("MLflow", "/invocations", body, {})
        measure(server, port, asked, 20, 2)
        climb(server, port, asked, seconds)


def promote_family(family: Family) -> None:
    """Trains on the latest date, and makes the model of a family the champion."""
    from churn.economics.policies import load_policies
    from churn.learning.training import train
    from churn.stages import judging, learning
    from churn.stores.ledgers import promotions
    from churn.stores.model_registry import recording
    from churn.stores.workplace import open_workplace

    with open_workplace() as workplace:
        day = learning.find_training_day(workplace, None)
        params = learning.with_declared(workplace.settings, ModelParams())
        examples, labels = learning.read_examples(workplace.engine, day, params.given)
        training = train(examples, params, labels)
        (chosen,) = [one for one in training.candidates if one.family == family]
        training, policies = replace(training, selected=chosen), load_policies()
        judged = judging.judge_training(workplace, training, examples, labels, day, policies)
        last = promotions.find_last_version(workplace.engine)
        model = recording.record_training(workplace.settings, training, day, judged.evidence, policies.value, last)
        forced = replace(judged, verdict="promote", reasons=("chosen by the benchmark", *judged.reasons))
        learning._decide(workplace, learning._describe(training, forced, model, day))


def features_of(customer: dict[str, object]) -> dict[str, float]:
    """The features of a customer, as the models get them."""
    from churn.api.forms import build_form
    from churn.contracts.features import FEATURES
    from churn.intake.extract_form import ExtractForm
    from churn.intake.requests import take_in
    from churn.stores.sql_models.one_customer import compile_features
    from churn.timeline import today

    form = build_form(ExtractForm())
    (taken,) = take_in([form.values_of(form.model.model_validate(customer))], ExtractForm(), today())
    computed = compile_features(FEATURES)(taken.row)
    return {name: float(computed[name]) for name in FEATURES}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--family", choices=FAMILIES)
    chosen = parser.parse_args()
    if chosen.family:
        promote_family(chosen.family)
    ours, theirs = free_ports(2)
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; the client runs on the same cores")
    print("server        req/s answered/s  failed   p50, ms   p99, ms   CPU, us      MB   load")
    customer = measure_ours(ours, chosen.seconds)
    measure_mlflow(theirs, chosen.seconds, customer)


if __name__ == "__main__":
    main()
