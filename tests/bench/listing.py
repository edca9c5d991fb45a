#!/usr/bin/env python3
"""Lists a million keys, which a small server makes up page by page, with jpsbackup and with s5cmd in turn; prints ratios.

usage: listing.py JPSBACKUP [--keys N] [--runs N]
"""
import os
import subprocess

from bench import arguments, root, run, table


def main():
    options = arguments(__doc__, keys=1000000)
    contenders = {
        "`jpsbackup ls`": [options.jpsbackup, "ls", "bench/many/", "--store", "s3://", "--quiet"],
        "`s5cmd ls`": [options.s5cmd, "ls", "s3://bench/many/*"],
    }
    samples = {name: [] for name in contenders}
    server = subprocess.Popen([root / "tests/system/listing_server.py", str(options.keys)], stdout=subprocess.PIPE, text=True)
    try:
        endpoint = server.stdout.readline().strip()
        clean = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}
        environment = dict(clean, AWS_ACCESS_KEY_ID="some", AWS_SECRET_ACCESS_KEY="some", AWS_REGION="us-east-1",
                           AWS_ENDPOINT_URL=endpoint, S3_ENDPOINT_URL=endpoint)
        for _ in range(options.runs):
            for name, argv in contenders.items():
                samples[name].append(run([argv], environment))
    finally:
        server.kill()
        server.wait()
    table(f"listing of {options.keys} keys", samples, options.keys / 1e6, "million")


main()
