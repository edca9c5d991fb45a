#!/usr/bin/env python3
"""Uploads a stream of unknown length with jpsbackup and its rivals, in turn, each to a fresh MinIO, and prints ratios.

usage: upload.py JPSBACKUP [--mib N] [--runs N] [--latency] [--apart]     default 1024 MiB; /dev/shm takes four times as much
Only jpsbackup and the AWS CLI's default sign or hash the content. Four curls at once show what the server takes at most, of
bytes that it takes as they come, and of bytes whose SHA-256 it is told beforehand and verifies, as it does for jpsbackup.
"""
import base64
import hashlib
import subprocess

from bench import MIB, Server, arguments, circumstances, make_source, table, work_directory

BOTO3 = """
import sys, boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
client = boto3.client('s3', config=Config(request_checksum_calculation='when_required', max_pool_connections=16))
client.upload_fileobj(sys.stdin.buffer, 'bench', 'theirs', Config=TransferConfig(multipart_chunksize=16 << 20, max_concurrency=8))
"""


LINKS = """
import sys, boto3
from botocore.config import Config
client = boto3.client('s3', config=Config(signature_version='s3v4', request_checksum_calculation='when_required'))
for number, digest in enumerate(sys.argv[1:]):
    print(client.generate_presigned_url('put_object', {'Bucket': 'bench', 'Key': f'quarter{number}'} | ({'ChecksumSHA256': digest} if digest else {})))
"""


def sha256(path):
    with open(path, "rb") as file:
        return base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()


def curls(options, server, work, digests):
    """Of each quarter, with the digest that the server is told; an empty one is not."""
    command = [options.python, "-c", LINKS, *digests]
    links = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=server.environment).stdout.split()
    return [["curl", "-sSf", "-T", f"{work}/quarter{i}", *(["-H", f"x-amz-checksum-sha256: {digest}"] if digest else []), link]
            for i, (digest, link) in enumerate(zip(digests, links))]


def main():
    options = arguments(__doc__, mib=1024)
    size = options.mib * MIB
    contenders = {
        "`jpsbackup put -`": [options.jpsbackup, "put", "-", "bench/ours", "--store", "s3://", "--quiet"],
        "4 x `curl -T`, unsigned": None,
        "4 x `curl -T`, SHA-256 known": None,
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
        digests = [sha256(f"{work}/quarter{i}") for i in range(4)]
        for _ in range(options.runs):
            for name, argv in contenders.items():
                with Server(work, options.latency, options.apart) as server:
                    told = digests if "known" in name else [""] * 4
                    commands = [argv] if argv else curls(options, server, work, told)
                    samples[name].append(server.measure(commands, f"{work}/source"))
    table(f"upload of {options.mib} MiB{circumstances(options)}", samples, options.mib / 1024, "GiB")


main()
