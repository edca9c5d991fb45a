#!/usr/bin/env python3
"""Backs up a tree and restores it with jpsbackup and its rivals, in turn, on MinIO and on files, and prints ratios.

usage: trees.py JPSBACKUP [--mib N] [--files N] [--runs N]     default 3072 MiB in 6000 files; /dev/shm takes six times as much
jpsbackup's backups are sealed and verified by the store's checksums, its restores verified by SHA-256, staged and exchanged.
"""
import multiprocessing
import os
import random
import shutil
import subprocess

from bench import MIB, Server, arguments, run, table, work_directory

OLD_UP = "tar -czf {work}/old.tar.gz -C {work} tree && {python} -c \"import boto3; boto3.client('s3').upload_file('{work}/old.tar.gz', 'bench', 'old')\" && rm {work}/old.tar.gz"
OLD_DOWN = "{python} -c \"import boto3; boto3.client('s3').download_file('bench', 'old', '{work}/old.tar.gz')\" && tar -xzf {work}/old.tar.gz -C {to} && rm {work}/old.tar.gz"


def make_tree(work, mib, files):
    """Sizes over five powers of ten; six tenths that nothing can compress (archives, pictures), the rest texts."""
    chance = random.Random(7)
    weights = [chance.lognormvariate(0, 2) for _ in range(files)]
    scale = mib * MIB / sum(weights)
    words = [bytes(chance.choices(b"abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 9))) for _ in range(5000)]
    noise = chance.randbytes(64 * MIB)
    text = b" ".join(chance.choices(words, k=2_000_000))
    for i, weight in enumerate(weights):
        folder = f"{work}/tree/{i % 40}/{i % 7}"
        os.makedirs(folder, exist_ok=True)
        size, content = int(weight * scale), noise if chance.random() < 0.6 else text
        with open(f"{folder}/{i}", "wb") as file:
            while size > 0:
                at = chance.randrange(len(content) // 2)
                size -= file.write(content[at:at + min(size, len(content) // 2)])


def bash(script):
    return [["bash", "-c", "set -o pipefail; " + script]]


def fresh(path):
    """Restores go into a folder that is not there, and what the last one left does not count."""
    shutil.rmtree(path, ignore_errors=True)
    return path


def loopback_bytes():
    with open("/proc/net/dev", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.strip().startswith("lo:"))


def on_minio(options, work, path):
    ours = ["--store", "s3://", "--bucket", "bench", "--name", "b", "--quiet"]
    place = {"work": work, "python": options.python, "s5cmd": options.s5cmd}
    up = {
        "`jpsbackup backup`": [[options.jpsbackup, "backup", *ours, f"{work}/tree"]],
        "`tar`, `zstd -T0 -1`, `s5cmd pipe`": bash("tar -C {work} -c tree | zstd -q -T0 -1 | {s5cmd} pipe s3://bench/theirs".format(**place)),
        "`tar`, `zstd -T0 -1`, `rclone rcat`": bash("tar -C {work} -c tree | zstd -q -T0 -1 | rclone rcat s:bench/theirs".format(**place)),
        "`tar -czf`, then boto3": bash(OLD_UP.format(**place)),
    }
    down = {
        "`jpsbackup restore`": lambda to: [[options.jpsbackup, "restore", *ours, "--object", "tree.tar.zst", "--into", to]],
        "`rclone cat`, `zstd -d`, `tar x`": lambda to: bash(f"mkdir {to} && rclone cat s:bench/theirs | zstd -q -d | tar -x -C {to}"),
        "`s5cmd cat`, `zstd -d`, `tar x`": lambda to: bash(f"mkdir {to} && {options.s5cmd} cat s3://bench/theirs | zstd -q -d | tar -x -C {to}"),
        "boto3, then `tar -xzf`": lambda to: bash(f"mkdir {to} && " + OLD_DOWN.format(to=to, **place)),
        "`cp -a`, without any store": lambda to: [["cp", "-a", f"{work}/tree", to]],
    }
    samples = {name: [] for name in {**up, **down}}
    member = {}
    for round_number in range(options.runs):
        for name, commands in up.items():
            if name.startswith("`tar -czf`") and round_number > 0:
                continue  # it takes longer than all others together
            with Server(work) as server:
                samples[name].append(server.measure(commands))
    with Server(work) as server:
        for name, commands in up.items():
            if "s5cmd" not in name:
                run(commands, server.environment)
        for _ in range(options.runs):
            for name, commands in down.items():
                before = loopback_bytes()
                samples[name].append(server.measure(commands(fresh(f"{work}/back"))))
                member.setdefault("whole", loopback_bytes() - before)
                if name.startswith("`jpsbackup"):
                    subprocess.run(["diff", "-r", f"{work}/tree", f"{work}/back"], check=True)
        before = loopback_bytes()
        one = [options.jpsbackup, "restore", *ours, "--object", "tree.tar.zst", "--path", path, "--into", fresh(f"{work}/back")]
        samples["one"] = [server.measure([one])]
        member["one"] = loopback_bytes() - before
        fresh(f"{work}/back")
    return {name: samples[name] for name in up}, {name: samples[name] for name in down}, samples["one"], member


def on_files(options, work):
    os.makedirs(f"{work}/store")
    ours = ["--store", f"file://{work}/store", "--bucket", "bench", "--name", "b", "--quiet"]
    up = {
        "`jpsbackup backup`": [[options.jpsbackup, "backup", *ours, f"{work}/tree"]],
        "`tar`, `zstd -T0 -1`, `sync`": bash(f"tar -C {work} -c tree | zstd -q -T0 -1 > {work}/theirs && sync {work}/theirs"),
    }
    down = {
        "`jpsbackup restore`": lambda to: [[options.jpsbackup, "restore", *ours, "--object", "tree.tar.zst", "--into", to]],
        "`zstd -d`, `tar x`": lambda to: bash(f"mkdir {to} && zstd -q -d < {work}/theirs | tar -x -C {to}"),
    }
    samples = {name: [] for name in (*up, *down)}
    for _ in range(options.runs):
        for commands in (up, down):
            for name, argv in commands.items():
                samples[name].append(run(argv if commands is up else argv(fresh(f"{work}/back")), None))
        shutil.rmtree(f"{work}/store/bench")
    fresh(f"{work}/back")
    return {name: samples[name] for name in up}, {name: samples[name] for name in down}


def main():
    options = arguments(__doc__, mib=3072, files=6000)
    title = f"a tree of {options.mib} MiB in {options.files} files"
    with work_directory(6 * options.mib * MIB) as work:
        maker = multiprocessing.Process(target=make_tree, args=(work, options.mib, options.files))
        maker.start()
        maker.join()
        up, down, one, member = on_minio(options, work, "0/0/0")
        table(f"{title} to MinIO", up, options.mib / 1024, "GiB")
        table(f"{title} from MinIO", down, options.mib / 1024, "GiB")
        print(f"\nOne member: {one[0].wall:.2f} s, {one[0].memory:.0f} MiB, {member['one']} bytes over the network, which is "
              f"{100 * member['one'] / member['whole']:.2f} % of the whole restore's.")
        up, down = on_files(options, work)
        table(f"{title} to files", up, options.mib / 1024, "GiB")
        table(f"{title} from files", down, options.mib / 1024, "GiB")


main()
