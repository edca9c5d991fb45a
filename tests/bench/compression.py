#!/usr/bin/env python3
"""Packs and unpacks 256 MiB each of text, of packed files and of random bytes, into a store in a directory and beside zstd, gzip
and pigz; prints ratios. Text and packed files are what this machine has: headers, scripts and pages; .jar, .gz, .png, .jpg.

usage: compression.py JPSBACKUP [--mib N] [--runs N]     /dev/shm takes eight times as much
"""
import os
import statistics
import subprocess

from bench import MIB, arguments, root, run, work_directory

KINDS = {
    "text": ("/usr/include", "/usr/share", "/usr/lib/python3"),
    "packed files": ("/usr", os.path.expanduser("~/.m2"), str(root / ".cache")),
}
ENDINGS = {"text": (".h", ".py", ".txt", ".xml", ".js", ".html", ".c"), "packed files": (".jar", ".gz", ".png", ".jpg", ".whl")}


def collect(kind, path, size):
    with open(path, "wb") as out:
        for folder in KINDS[kind]:
            for directory, _, names in os.walk(folder):
                for name in sorted(names):
                    if name.endswith(ENDINGS[kind]) and os.path.isfile(f"{directory}/{name}") and out.tell() < size:
                        with open(f"{directory}/{name}", "rb") as file:
                            out.write(file.read(size - out.tell()))
        return out.tell()


def main():
    options = arguments(__doc__, mib=256)
    size = options.mib * MIB
    environment = dict(os.environ)
    print("| what | program | wall s | cpu s/GiB | part of its length | jpsbackup's wall and cpu as a part of it |\n| --- | --- | --- | --- | --- | --- |")
    with work_directory(8 * size) as work:
        os.makedirs(f"{work}/store/b")
        store = ["--store", f"file://{work}/store", "--quiet"]
        for kind in ("text", "packed files", "random bytes"):
            plain = f"{work}/plain"
            if kind in KINDS:
                count = collect(kind, plain, size)
            else:
                count = size
                subprocess.run(f"head -c {size} /dev/urandom > {plain}", shell=True, check=True)

            def pack(name, level, *rivals):
                key = f"b/o.{name}"
                put = [options.jpsbackup, "put", "--replace", "--level", str(level), *store, plain, key]
                return [(f"`put --level {level}`, {name}", put, f"{work}/store/{key}")] + [(f"`{' '.join(rival)}`", [*rival, plain], f"{work}/out") for rival in rivals]

            def unpack(name, *rivals):
                packed = f"{work}/store/b/o.{name}"
                get = [options.jpsbackup, "get", "--decompress", *store, f"b/o.{name}", "-"]
                return [(f"`get --decompress`, {name}", get, None)] + [(f"`{' '.join(rival)}`", [*rival, packed], None) for rival in rivals]

            for group in (pack("zst", 9, ["zstd", "-9qc"], ["zstd", "-T0", "-9qc"]), pack("zst", 1, ["zstd", "-1qc"], ["zstd", "-T0", "-1qc"]),
                          unpack("zst", ["zstd", "-dqc"]), pack("gz", 6, ["gzip", "-c"], ["pigz", "-c"]), unpack("gz", ["gzip", "-dc"], ["pigz", "-dc"])):
                samples = {name: [] for name, _, _ in group}
                sizes = {}
                for _ in range(options.runs):
                    for name, command, out in group:
                        samples[name].append(run([command], environment, sink=out if out == f"{work}/out" else None))
                        sizes[name] = f"{os.path.getsize(out) / count:.3f}" if out else ""
                ours = None
                for name, _, _ in group:
                    wall, processor = (statistics.median(getattr(sample, field) for sample in samples[name]) for field in ("wall", "processor"))
                    ratio = "" if ours is None else f"{ours[0] / wall:.2f} and {ours[1] / max(processor, 0.01):.2f}"
                    ours = ours or (wall, processor)
                    print(f"| {kind} | {name} | {wall:.2f} | {processor / count * 1024 * MIB:.2f} | {sizes[name]} | {ratio} |", flush=True)


main()
