#!/usr/bin/env python3
"""Sends and fetches streams of 1, 10 and 100 times a size, and files of 1, 10 and 100 times a number: only the time may grow.

usage: growth.py JPSBACKUP [--mib N] [--count N]     default 64 MiB and 100 files; /dev/shm takes 250 times so many MiB
"""
import os

from bench import MIB, Server, arguments, work_directory

STREAM = "head -c {} /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00 -iv 00 2> /dev/null | exec {} put - bench/stream --replace {}"


def row(what, sample, amount):
    print(f"| {what} | {sample.wall:.2f} | {sample.wall / amount:.3f} | {sample.processor / amount:.3f} | {sample.memory:.0f} |", flush=True)


def main():
    options = arguments(__doc__, mib=64, count=100)
    store = ["--store", "s3://", "--quiet"]
    print("| | wall s | wall s a GiB, or 1,000 files | cpu s a GiB, or 1,000 files | peak MiB |\n| --- | --- | --- | --- | --- |")
    with work_directory(options.mib * MIB * 250) as work:
        for times in (1, 10, 100):
            size = options.mib * times
            with Server(work) as server:
                up = ["sh", "-c", STREAM.format(size * MIB, options.jpsbackup, " ".join(store))]
                row(f"a stream of {size} MiB up", server.measure([up]), size / 1024)
                row(f"{size} MiB down", server.measure([[options.jpsbackup, "get", "bench/stream", "-", *store]]), size / 1024)
        for times in (1, 10, 100):
            count = options.count * times
            folder = f"{work}/files{count}"
            os.mkdir(folder)
            for i in range(count):
                with open(f"{folder}/{i}", "wb") as file:
                    file.write(os.urandom(4096))
            with Server(work) as server:
                up = [options.jpsbackup, "put", "--recursive", folder, "bench/files", *store]
                row(f"{count} files up", server.measure([up]), count / 1000)
                down = [options.jpsbackup, "get", "--recursive", "bench/files", f"{work}/back{count}", *store]
                row(f"{count} files down", server.measure([down]), count / 1000)


main()
