"""Runs age on a terminal of its own, where alone it asks for a passphrase: age_terminal.py PASSPHRASE-FILE ARGUMENTS..."""
import os, pty, sys

passphrase = open(sys.argv[1], 'rb').readline().rstrip(b'\n')
pid, terminal = pty.fork()
if pid == 0:
    os.execvp('age', ['age'] + sys.argv[2:])
said, answered = b'', 0
while True:
    try:
        got = os.read(terminal, 4096)
    except OSError:  # the other end is closed
        break
    if not got:
        break
    said += got
    # "Enter passphrase …:", and on encrypting "Confirm passphrase:"
    if said.count(b'passphrase') > answered and said.rstrip().endswith(b':'):
        answered = said.count(b'passphrase')
        os.write(terminal, passphrase + b'\n')
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if status:
    sys.stderr.buffer.write(said)
sys.exit(status)
