"""A client that sends at a fixed rate, whether or not answers come: what `tests.benchmarks.serve` measures with.

python -m tests.benchmarks.open_loop PORT RATE SECONDS < request.json     one JSON line: counts and milliseconds

A latency counts from the time at which a request should have been sent. A client that waits for the answer before would
not see how long a queue gets.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping

import numpy as np

CONNECTIONS = 64
PATIENCE_SECONDS = 10.0


async def _answer_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> int:
    writer.write(message)
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
    await reader.readexactly(int(fields[b"content-length"]))
    return int(head[9:12])


async def send(port: int, message: bytes, rate: float, seconds: float) -> Mapping[str, float]:
    """Returns what came of the requests: ok, failed, late, p50_ms, p99_ms and answers a second."""
    count, begin = int(rate * seconds), time.perf_counter() + 0.5
    due: asyncio.Queue[float] = asyncio.Queue()
    for number in range(count):
        due.put_nowait(begin + number / rate)
    latencies, statuses = [], []
    end = begin + seconds + PATIENCE_SECONDS

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while not due.empty():
            at = due.get_nowait()
            await asyncio.sleep(max(0.0, at - time.perf_counter()))
            if time.perf_counter() > end:  # The queue has grown without bound: the rest counts as late.
                break
            statuses.append(await _answer_one(reader, writer, message))
            latencies.append(time.perf_counter() - at)
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    took = time.perf_counter() - begin
    ok = sum(status == 200 for status in statuses)
    quantiles = np.quantile(latencies, [0.5, 0.99]) * 1000 if latencies else (float("nan"), float("nan"))
    return {
        "ok": ok, "failed": len(statuses) - ok, "late": count - len(statuses), "p50_ms": float(quantiles[0]),
        "p99_ms": float(quantiles[1]), "per_second": len(statuses) / took,
    }  # fmt: skip


def write_message(port: int, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """Returns a request as bytes."""
    own = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**own, **headers}.items()), "", ""]
    return "\r\n".join(lines).encode() + body


if __name__ == "__main__":
    port, rate, seconds = int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])
    asked = json.load(sys.stdin)
    message = write_message(port, asked["path"], asked["body"].encode(), asked["headers"])
    print(json.dumps(asyncio.run(send(port, message, rate, seconds))))
