"""What the benchmarks share: servers with fresh data on tmpfs, measuring of whole processes, tables with ratios.

Every figure is of whole processes, as the kernel accounts them. Contenders run in turn within each round, so that what
disturbs the machine disturbs all of them; where they share a server, in another order each round, for it is warmer
after some than after others.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

here = pathlib.Path(__file__).resolve().parent
root = here.parent.parent
MIB = 2**20
LATENCY_MS = 50
PROCESSORS = sorted(os.sched_getaffinity(0))


class Sample:
    def __init__(self, wall, processor, memory):
        self.wall, self.processor, self.memory, self.server = wall, processor, memory, 0.0


def run(commands, environment, source=None, sink=None):
    """Runs commands (argv each) at the same time: wall seconds of all, processor seconds and peak MiB together."""
    began = time.monotonic()
    children = []
    for argv in commands:
        with open(source or os.devnull, "rb") as stdin, open(sink or os.devnull, "wb") as stdout:
            children.append(subprocess.Popen(argv, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, env=environment))
    processor = memory = 0
    for child in children:
        problem = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = status
        if status != 0:
            sys.exit(f"{child.args[:3]} failed with status {status}: {problem.decode(errors='replace')[-500:]}")
        processor += usage.ru_utime + usage.ru_stime
        memory += usage.ru_maxrss / 1024
    return Sample(time.monotonic() - began, processor, memory)


def script(name, *arguments):
    return subprocess.run([root / "scripts/servers" / name, *arguments], check=True, capture_output=True, text=True).stdout.split("\n")


class Server:
    """MinIO with fresh data: it gives the space of what was replaced or removed back only minutes later."""

    def __init__(self, work, latency=False, apart=False):
        self.directory, self.latency, self.apart = f"{work}/server", latency, apart

    def __enter__(self):
        # On the way that costs the server least, which is to hide the clients' differences as little as it can.
        os.environ["MINIO_DIRECTORIES"] = "1"
        half = len(PROCESSORS) // 2
        if self.apart and half == 0:
            sys.exit("--apart needs two processors")
        if self.apart: # the server has one half of the processors, and the clients the other
            os.sched_setaffinity(0, PROCESSORS[:half])
        self.endpoint, credentials = script("minio.sh", "start", self.directory)[:2]
        if self.apart:
            os.sched_setaffinity(0, PROCESSORS[half:])
        with open(f"{self.directory}/pid", encoding="ascii") as file:
            self.pid = file.read().split()[0]
        with open(credentials, encoding="ascii") as file:
            keys = dict(line.split("=", 1) for line in file.read().split("\n") if "=" in line)
        if self.latency:
            self.endpoint = self.delayed(self.endpoint)
        # rclone cannot take a CA bundle from the environment.
        clean = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
        self.environment = dict(
            clean, AWS_REGION="us-east-1", AWS_ENDPOINT_URL=self.endpoint, S3_ENDPOINT_URL=self.endpoint,
            RCLONE_CONFIG="/dev/null", RCLONE_CONFIG_S_TYPE="s3", RCLONE_CONFIG_S_PROVIDER="Minio",
            RCLONE_CONFIG_S_ENV_AUTH="true", RCLONE_CONFIG_S_ENDPOINT=self.endpoint, **keys)
        subprocess.run(["rclone", "mkdir", "s:bench"], check=True, env=self.environment)
        return self

    def delayed(self, endpoint):
        control = script("toxiproxy.sh", "start", f"{self.directory}-toxiproxy")[0]

        def post(path, value):
            request = urllib.request.Request(control + path, json.dumps(value).encode(), {"User-Agent": "bench"})
            return json.load(urllib.request.urlopen(request))

        proxy = post("/proxies", {"name": "s3", "listen": "127.0.0.1:0", "upstream": endpoint.split("//")[1], "enabled": True})
        post("/proxies/s3/toxics", {"type": "latency", "stream": "downstream", "attributes": {"latency": LATENCY_MS}})
        return "http://" + proxy["listen"]

    def __exit__(self, *_):
        if self.latency:
            script("toxiproxy.sh", "stop", f"{self.directory}-toxiproxy")
            shutil.rmtree(f"{self.directory}-toxiproxy")
        script("minio.sh", "stop", self.directory)
        shutil.rmtree(self.directory)

    def processor(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def measure(self, commands, source=None, sink=None):
        before = self.processor()
        sample = run(commands, self.environment, source, sink)
        sample.server = self.processor() - before
        return sample


def shuffled(contenders, round_number):
    return random.Random(round_number).sample(list(contenders.items()), len(contenders))


def arguments(usage, **defaults):
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("jpsbackup")
    parser.add_argument("--runs", type=int, default=3)
    for flag in "latency", "apart":
        if f"--{flag}" in usage:
            parser.add_argument(f"--{flag}", action="store_true")
        else:
            parser.set_defaults(**{flag: False})
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    options = parser.parse_args()
    options.jpsbackup = str(pathlib.Path(options.jpsbackup).resolve())
    options.rivals = subprocess.run([here / "rivals.sh"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    options.aws = [f"{options.rivals}/venv/bin/python3", f"{options.rivals}/venv/bin/aws", "s3"]
    options.python = f"{options.rivals}/venv/bin/python3"
    options.s5cmd = f"{options.rivals}/s5cmd"
    return options


@contextlib.contextmanager
def work_directory(needed):
    """A folder on tmpfs, where at least so many bytes must be free."""
    free = os.statvfs("/dev/shm")
    if free.f_bavail * free.f_frsize < needed:
        sys.exit(f"/dev/shm has no room for {needed / MIB:.0f} MiB; take a smaller size")
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="jpsbackup-bench-") as work:
        yield work


def make_source(path, size):
    """Bytes that nothing on the way can compress."""
    subprocess.run(f"head -c {size} /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 2> /dev/null > {path}", shell=True, check=True)


def circumstances(options):
    return (f", {LATENCY_MS} ms" if options.latency else "") + (", server apart" if options.apart else "")


def table(title, samples, per, unit):
    """`per`: by what the processor seconds are divided. The first contender is ours."""
    ours = None
    print(f"\n| {title} | wall s | cpu s/{unit} | peak MiB | server's cpu s/{unit} | jpsbackup's wall and cpu as a part of it |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, runs in samples.items():
        wall, processor, memory, server = (statistics.median(getattr(sample, field) for sample in runs)
                                           for field in ("wall", "processor", "memory", "server"))
        ratio = "" if ours is None else f"{ours[0] / wall:.2f} and {ours[1] / max(processor, 0.01):.2f}"
        ours = ours or (wall, processor)
        print(f"| {name} | {wall:.2f} | {processor / per:.2f} | {memory:.0f} | {server / per:.2f} | {ratio} |", flush=True)
