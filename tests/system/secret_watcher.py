"""Keeps a copy of each credentials file that appears on a node, until a file says stop.

usage: secret_watcher.py NODES COPIES STOP: NODES is the runner's folder of an environment's nodes, COPIES a folder for the copies."""
import os
import sys
import time

nodes, copies, stop = sys.argv[1:]
folders = []
for node in os.listdir(nodes):
    with open(os.path.join(nodes, node, 'pid'), encoding='ascii') as file:
        folders.append(f'/proc/{file.read().split()[0]}/root/run/jpsbackup')
seen = set()
while not os.path.exists(stop):
    for folder in folders:
        try:
            for name in os.listdir(folder):
                if not name.startswith('credentials-') or name in seen:
                    continue
                with open(os.path.join(folder, name), encoding='ascii') as file:
                    text = file.read()
                # The line's end comes last.
                if text.endswith('\n'):
                    seen.add(name)
                    with open(os.open(os.path.join(copies, name), os.O_WRONLY | os.O_CREAT, 0o600), 'w', encoding='ascii') as copy:
                        copy.write(text)
        except OSError:
            pass  # not there yet, or gone again
    time.sleep(0.0005)
