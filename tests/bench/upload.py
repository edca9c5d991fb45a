#!/usr/bin/env python3
"""Uploads a stream of unknown length with jpsbackup and its rivals, in turn, each to a fresh MinIO, and prints ratios.

usage: upload.py JPSBACKUP [--mib N] [--runs N] [--latency]     default 1024 MiB; /dev/shm takes four times as much
Only jpsbackup and the AWS CLI's default sign or hash the content; four curls at once show what the server takes at most.
"""
import subprocess

from bench import LATENCY_MS, MIB, Server, arguments, make_source, table, work_directory

BOTO3 = """
import sys, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
client = boto3.client('s3', config=Config(request_checksum_calculation='when_required', max_pool_connections=16))
client.upload_fileobj(sys.stdin.buffer, 'bench', 'theirs', Config=TransferConfig(multipart_chunksize=16 << 20, max_concurrency=8))
"""


def curls(options, server, work):
    commands = []
    for i in range(4):
        link = subprocess.run([options.jpsbackup, "link", f"bench/quarter{i}", "--put", "--store", "s3://"], check=True,
                              stdout=subprocess.PIPE, text=True, env=server.environment).stdout.strip()
        commands.append(["curl", "-sSf", "-T", f"{work}/quarter{i}", link])
    return commands


def main():
    options = arguments(__doc__, mib=1024)
    size = options.mib * MIB
    contenders = {
        "`jpsbackup put -`": [options.jpsbackup, "put", "-", "bench/ours", "--store", "s3://", "--quiet"],
        "4 x `curl -T`, unsigned": None,
        "`rclone rcat`": ["rclone", "rcat", "s:bench/theirs"],
        "`rclone rcat`, 8 x 16 MiB": ["rclone", "rcat", "s:bench/theirs", "--s3-chunk-size", "16M", "--s3-upload-concurrency", "8"],
        "`s5cmd pipe`, 8 x 16 MiB": [options.s5cmd, "pipe", "--part-size", "16", "--concurrency", "8", "s3://bench/theirs"],
        "`aws s3 cp -`": [*options.aws, "cp", "-", "s3://bench/theirs", "--expected-size", str(size)],
        "boto3, 8 x 16 MiB, no checksum": [options.python, "-c", BOTO3],
    }
    samples = {name: [] for name in contenders}
    with work_directory(4 * size) as work:
        make_source(f"{work}/source", size)
        subprocess.run(["split", "-n", "4", "-a", "1", "-d", "source", "quarter"], check=True, cwd=work)
        for _ in range(options.runs):
            for name, argv in contenders.items():
                with Server(work, options.latency) as server:
                    samples[name].append(server.measure(curls(options, server, work) if argv is None else [argv], f"{work}/source"))
    table(f"upload of {options.mib} MiB" + (f", {LATENCY_MS} ms" if options.latency else ""), samples, options.mib / 1024, "GiB")


main()
