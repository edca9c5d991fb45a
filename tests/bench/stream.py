#!/usr/bin/env python3
"""Uploads and downloads one long stream with jpsbackup and with rclone, in turn, on the same S3 server, and prints ratios.

usage: stream.py JPSBACKUP [--gib N] [--runs N]      default 4 GiB, 3 runs; needs rclone, and memory for twice the stream
The server is SeaweedFS with its data on tmpfs; so is the source. Each figure is the whole process, as the kernel accounts it.
"""
import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

here = pathlib.Path(__file__).resolve().parent
server_script = here.parent.parent / "scripts/servers/seaweedfs.sh"


def run(argv, environment, source=None, sink=None):
    """Runs one program; wall and processor seconds, and peak memory in MiB."""
    with open(source or os.devnull, "rb") as stdin, open(sink or os.devnull, "wb") as stdout:
        began = time.monotonic()
        child = subprocess.Popen(argv, stdin=stdin, stdout=stdout, env=environment)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
    if status != 0:
        sys.exit(f"stream.py: {argv[0]} failed with status {status}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


class Server:
    """SeaweedFS with fresh data on tmpfs: it gives the space of replaced objects back late, so each upload gets a new one."""

    def __init__(self, work):
        self.directory = f"{work}/server"

    def __enter__(self):
        answer = subprocess.run([server_script, "start", self.directory], check=True, capture_output=True, text=True).stdout
        endpoint, credentials = answer.split("\n")[:2]
        with open(credentials, encoding="ascii") as file:
            keys = dict(line.split("=", 1) for line in file.read().split("\n") if "=" in line)
        # rclone cannot take a CA bundle from the environment.
        clean = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
        environment = dict(clean, AWS_REGION="us-east-1", AWS_ENDPOINT_URL=endpoint, RCLONE_CONFIG="/dev/null",
                           RCLONE_CONFIG_S_TYPE="s3", RCLONE_CONFIG_S_PROVIDER="Other", RCLONE_CONFIG_S_ENV_AUTH="true",
                           RCLONE_CONFIG_S_ENDPOINT=endpoint, **keys)
        subprocess.run(["rclone", "mkdir", "s:bench"], check=True, env=environment)
        return environment

    def __exit__(self, *_):
        subprocess.run([server_script, "stop", self.directory], check=True)
        shutil.rmtree(self.directory)


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("jpsbackup")
    parser.add_argument("--gib", type=float, default=4)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    size = int(options.gib * 2**30)
    free = os.statvfs("/dev/shm")
    if free.f_bavail * free.f_frsize < 3 * size:
        sys.exit(f"stream.py: /dev/shm has no room for {options.gib * 3:g} GiB; take a smaller --gib")

    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="jpsbackup-bench-") as work:
        source = f"{work}/source"
        # Bytes that nothing on the way can compress.
        subprocess.run(f"head -c {size} /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 2> /dev/null > {source}", shell=True, check=True)
        print(f"{options.gib:g} GiB, median of {options.runs} runs each, in turn")
        store = ["--store", "s3://", "--quiet"]
        uploads = {
            "jpsbackup put": [options.jpsbackup, "put", "-", "bench/ours"] + store,
            "rclone rcat": ["rclone", "rcat", "s:bench/theirs", "--size", str(size)],
            "rclone rcat, 8 x 16 MiB": ["rclone", "rcat", "s:bench/theirs", "--s3-chunk-size", "16M", "--s3-upload-concurrency", "8"],
        }
        downloads = {
            "jpsbackup get": [options.jpsbackup, "get", "bench/ours", "-"] + store,
            "rclone cat": ["rclone", "cat", "s:bench/ours"],
        }
        samples = {name: [] for name in {**uploads, **downloads}}
        for _ in range(options.runs):
            for name, argv in uploads.items():
                with Server(work) as environment:
                    samples[name].append(run(argv, environment, source))
                    if name == "jpsbackup put":
                        for other, download in downloads.items():
                            samples[other].append(run(download, environment))
        table("upload", uploads, samples, size)
        table("download", downloads, samples, size)


def table(phase, contenders, samples, size):
    gib = size / 2**30
    ours = None
    print(f"\n{phase:26} {'wall s':>8} {'cpu s/GiB':>10} {'peak MiB':>9} {'MiB/s':>7}   wall and cpu as a part of the rival's")
    for name in contenders:
        wall, processor, memory = (statistics.median(column) for column in zip(*samples[name]))
        ratio = ""
        if ours is None:
            ours = (wall, processor)
        else:
            ratio = f"{ours[0] / wall:.2f} and {ours[1] / processor:.2f}"
        print(f"{name:26} {wall:8.2f} {processor / gib:10.2f} {memory:9.0f} {size / wall / 2**20:7.0f}   {ratio}")


main()
