#!/usr/bin/env python3
"""Downloads one object in order with jpsbackup and its rivals, in turn, from one MinIO, plain and verified; prints ratios.

usage: download.py JPSBACKUP [--mib N] [--runs N] [--latency] [--apart]     default 1024 MiB; /dev/shm takes four times as much
"""
import os
import subprocess

from bench import MIB, Server, arguments, circumstances, make_source, shuffled, table, work_directory


def link(options, server, key):
    return subprocess.run([options.jpsbackup, "link", f"bench/{key}", "--store", "s3://"], check=True, stdout=subprocess.PIPE,
                          text=True, env=server.environment).stdout.strip()


def quarters(url, size):
    step = size // 4
    return [["curl", "-sSf", "-r", f"{i * step}-{(i + 1) * step - 1 if i < 3 else size - 1}", url] for i in range(4)]


def main():
    options = arguments(__doc__, mib=1024)
    size = options.mib * MIB
    store = ["--store", "s3://", "--quiet"]
    note = f" of {options.mib} MiB{circumstances(options)}"
    with work_directory(4 * size) as work, Server(work, options.latency, options.apart) as server:
        os.mkdir(f"{work}/tree")
        make_source(f"{work}/tree/source", size)
        put = [options.jpsbackup, "put", f"{work}/tree/source", "bench/ours", "--store", "s3://", "--outcome"]
        with open(f"{work}/description", "w") as description:
            subprocess.run(put, check=True, env=server.environment, stdout=description)
        url = link(options, server, "ours")
        plain = {
            "`jpsbackup get`": [[options.jpsbackup, "get", "bench/ours", "-", *store]],
            "1 `curl`": [["curl", "-sSf", url]],
            "4 `curl`s": quarters(url, size),
            "`rclone cat`": [["rclone", "cat", "s:bench/ours"]],
            "`s5cmd cat`": [[options.s5cmd, "cat", "s3://bench/ours"]],
        }
        verified = {
            "`jpsbackup get --description`": [[options.jpsbackup, "get", "--description", f"{work}/description", "bench/ours", "-", *store]],
            "`rclone cat`, `openssl dgst -sha256`": [["sh", "-c", "rclone cat s:bench/ours | openssl dgst -sha256"]],
            "`curl`, `openssl dgst -sha256`": [["sh", "-c", f"curl -sSf '{url}' | openssl dgst -sha256"]],
        }
        samples = {name: [] for name in {**plain, **verified}}
        for round_number in range(options.runs):
            for name, commands in shuffled({**plain, **verified}, round_number):
                samples[name].append(server.measure(commands))
    table(f"download{note}", {name: samples[name] for name in plain}, options.mib / 1024, "GiB")
    table(f"download with SHA-256{note}", {name: samples[name] for name in verified}, options.mib / 1024, "GiB")


main()
