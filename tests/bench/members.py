#!/usr/bin/env python3
"""Backs up, verifies and restores trees of many small files with jpsbackup alone: the peak of memory may not grow with their number.

usage: members.py JPSBACKUP [--files N]     default 1000000, of which a tenth has a second name and up to a million lie in one directory;
                                            /dev/shm takes 2.5 KiB a file
"""
import multiprocessing
import os
import shutil

from bench import arguments, run, work_directory

IN_ONE = 1_000_000


def make(tree, files):
    linked = files // 10
    os.makedirs(f"{tree}/one")
    os.makedirs(f"{tree}/links")
    for i in range(files - linked):
        folder = f"{tree}/one" if i < IN_ONE else f"{tree}/{i // 2000}"
        if i >= IN_ONE and i % 2000 == 0:
            os.makedirs(folder, exist_ok=True)
        path = f"{folder}/file{i}"
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o644))
        if i < linked:
            os.link(path, f"{tree}/links/{i}")


def apart(function, *given):
    """In a process of its own, whose memory is not ours."""
    process = multiprocessing.Process(target=function, args=given)
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(process.exitcode)


def main():
    options = arguments(__doc__, files=1_000_000)
    with work_directory(options.files * 2560) as work:
        apart(make, f"{work}/tree", options.files)
        os.mkdir(f"{work}/store")
        store = ["--store", f"file://{work}/store", "--bucket", "b", "--name", "n", "--quiet"]
        print(f"\n| {options.files} names | wall s | cpu s | peak MiB |\n| --- | --- | --- | --- |")
        steps = {
            "`backup`": ["backup", *store, f"{work}/tree"],
            "`verify --full`": ["verify", "--full", *store],
            "`restore`": ["restore", *store, "--object", "tree.tar.zst", "--into", f"{work}/back"],
        }
        for name, argv in steps.items():
            if name == "`restore`":
                apart(shutil.rmtree, f"{work}/tree")
            sample = run([[options.jpsbackup, *argv]], None)
            print(f"| {name} | {sample.wall:.1f} | {sample.processor:.1f} | {sample.memory:.0f} |", flush=True)
        apart(shutil.rmtree, f"{work}/back")


main()
