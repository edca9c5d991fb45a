#!/usr/bin/env python3
"""docs/reference.md shows the help of each subcommand word by word: usage, options, and once the options that all share.

With --write the page is brought up to date instead."""
import os
import re
import subprocess
import sys

page = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/reference.md')
command = os.environ['JPSBACKUP']


def help_of(*arguments):
    return subprocess.run([command, *arguments, '--help'], check=True, capture_output=True, text=True).stdout


def parts(text):
    """The help in three: the subcommand's own, the store's options, the common options."""
    own, _, rest = text.partition('\nstore options:\n')
    if not rest:
        own, _, common = text.partition('\ncommon options:\n')
        return own, '', common
    store, _, common = rest.partition('\ncommon options:\n')
    return own, store, common


expected = {'jpsbackup': help_of()}
shared = set()
for name in re.findall(r'^  ([a-z-]+)  ', expected['jpsbackup'].partition('subcommands:')[2].partition('\n\n')[0], re.M):
    own, store, common = parts(help_of(name))
    expected[name] = own
    if store:
        shared.add(('Store options', store))
    shared.add(('Common options', common))
assert len(expected) >= 12, sorted(expected)
assert len(shared) == 2, 'the shared options differ between subcommands'
expected.update(shared)

text = open(page, encoding='utf-8').read()
problems = 0
for heading, wanted in expected.items():
    block = re.search(r'^##+ ' + re.escape(heading) + r'\n(?:(?!^#).*\n)*?```text\n((?:(?!```).*\n)*)```\n', text, re.M)
    if block is None:
        print(f"docs/reference.md has no section '{heading}' with a text block")
        problems += 1
    elif block.group(1) != wanted.rstrip('\n') + '\n':
        if '--write' in sys.argv:
            text = text[:block.start(1)] + wanted.rstrip('\n') + '\n' + text[block.end(1):]
        else:
            print(f"docs/reference.md, section '{heading}', differs from the help; run this test with --write")
            problems += 1
for heading in re.findall(r'^### (\S+)$', text, re.M):
    if heading not in expected:
        print(f"docs/reference.md describes '{heading}', which does not exist")
        problems += 1
if '--write' in sys.argv:
    open(page, 'w', encoding='utf-8').write(text)
sys.exit(1 if problems else 0)
