#!/usr/bin/env python3
"""Puts, lists, gets and removes many small objects with jpsbackup and with s5cmd, in turn, on MinIO; prints ratios.

usage: objects.py JPSBACKUP [--count N] [--bytes N] [--runs N] [--latency]     default 10,000 objects of 4,096 bytes
"""
import os
import shutil

from bench import Server, arguments, circumstances, shuffled, table, work_directory


def make_files(directory, count, size):
    for i in range(count):
        folder = f"{directory}/{i // 100:06}"
        if i % 100 == 0:
            os.makedirs(folder)
        with open(f"{folder}/{i:09}", "wb") as file:
            file.write(os.urandom(size))


def main():
    options = arguments(__doc__, count=10000, bytes=4096)
    ours = lambda *argv: [options.jpsbackup, *argv, "--store", "s3://", "--quiet"]
    theirs = lambda *argv: [options.s5cmd, *argv]
    with work_directory(8 * options.count * (options.bytes + 4096)) as work:
        make_files(f"{work}/files", options.count, options.bytes)
        phases = {
            "put": (ours("put", "-r", "--replace", f"{work}/files", "bench/ours"), theirs("cp", f"{work}/files/*", "s3://bench/theirs/")),
            "list": (ours("ls", "bench/ours/"), theirs("ls", "s3://bench/theirs/*")),
            "get": (ours("get", "-r", "bench/ours", f"{work}/got"), theirs("cp", "s3://bench/theirs/*", f"{work}/got/")),
            "remove": (ours("rm", "-r", "bench/ours"), theirs("rm", "s3://bench/theirs/*")),
        }
        samples = {phase: {"jpsbackup": [], "s5cmd": []} for phase in phases}
        for round_number in range(options.runs):
            with Server(work, options.latency) as server:
                for phase, commands in phases.items():
                    for name, argv in shuffled(dict(zip(("jpsbackup", "s5cmd"), commands)), round_number):
                        shutil.rmtree(f"{work}/got", ignore_errors=True)
                        samples[phase][name].append(server.measure([argv]))
    for phase in phases:
        table(f"{phase} {options.count} objects of {options.bytes} bytes{circumstances(options)}", samples[phase], options.count / 10000, "10,000")


main()
