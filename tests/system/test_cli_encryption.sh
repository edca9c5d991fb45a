#!/bin/bash
# Encryption before anything leaves the machine: judged by age, both ways, with keys and with a passphrase.
. "$(dirname "$0")/test_cli_lib.sh"

age-keygen -o mine 2>/dev/null
age-keygen -o other 2>/dev/null
chmod 600 mine other
recipient=$(age-keygen -y mine)
other=$(age-keygen -y other)
printf 'correct horse battery staple\nanother line\n' >passphrase
printf 'wrong horse\n' >wrong
chmod 600 passphrase wrong
terminal() { python3 "$tests/age_terminal.py" "$@"; }
seq 400000 >plain # 2.7 MB
make_tree tree

# No plain byte is in the store, on the command lines, in the accounts.
hidden() { ! grep -rqa 'zlib_text_of_mine' store || failed "the store holds plain bytes"; }
echo zlib_text_of_mine >tree/secret

# Keys: age opens what is put, whatever the form; and the command opens what age wrote.
expect 0 put --make-bucket --encrypt-to "$recipient" plain b/plain
says out ", encrypted"
age -d -i mine store/b/plain | cmp - plain
expect 0 put --encrypt-to "$other" --encrypt-to "$recipient" --compress zstd plain b/plain.zst
for identity in mine other; do age -d -i $identity store/b/plain.zst | zstd -dq | cmp - plain; done
seq 1000 | expect 0 put --encrypt-to "$recipient" --json - b/stream.gz
json out "last['result']['encryption'] == 'age' and last['result']['content_size'] == 3893"
age -d -i mine store/b/stream.gz | gzip -d | cmp - <(seq 1000)
expect 0 put --command --encrypt-to "$recipient" b/command.zst -- cat plain
age -d -i mine store/b/command.zst | zstd -dq | cmp - plain
expect 0 put --encrypt-to "$recipient" --tree tree b/tree.tar.zst
age -d -i mine store/b/tree.tar.zst | zstd -dq | tar -t >members
says members tree/secret
age -r "$recipient" -o store/b/of-age plain
expect 0 get --identity mine b/of-age got
says out decrypted
cmp plain got
hidden

# A file of recipients, with comments.
{ echo '# those who may read'; echo; echo "$other"; printf '%s\r\n' "$recipient"; } >recipients
expect 0 put --encrypt-to-file recipients plain b/to-file
for identity in mine other; do age -d -i $identity store/b/to-file | cmp - plain; done

# Getting: decrypted, decompressed on request, as it is stored without a key.
expect 0 get --identity mine --decompress b/plain.zst got.plain
cmp plain got.plain
expect 0 get --identity mine b/plain.zst got.zst
zstd -dqc got.zst | cmp - plain
expect 0 get b/plain.zst got.stored
cmp store/b/plain.zst got.stored
expect 0 get --identity other --identity mine --decompress b/tree.tar.zst -
tar -t <out | cmp - members
expect 6 get --decompress b/plain.zst never
says err "no key was given"
expect 6 get --identity other b/plain never
says err "no identity that was given opens it"
expect 6 get --passphrase-file passphrase b/plain never
says err "to public keys"
head -c 1000000 store/b/plain >store/b/cut
expect 3 get --identity mine b/cut never
expect 0 put plain b/open
expect 2 get --identity mine b/open never
says err "is not encrypted"
[ ! -e never ] || failed "a failed get left a file"

# Passphrases: the first line of the file; age opens it on a terminal, and the other way round.
expect 0 put --passphrase-file passphrase plain b/worded
terminal passphrase -d -o opened store/b/worded
cmp plain opened
terminal passphrase -p -o store/b/worded-by-age plain
expect 0 get --passphrase-file passphrase b/worded-by-age got.worded
cmp plain got.worded
expect 6 get --passphrase-file wrong b/worded never
says err "the passphrase does not open it"
expect 6 get --identity mine b/worded never
says err "encrypted with a passphrase"

# A backup: made, listed, verified with and without its key, restored.
expect 0 backup --bucket b --name shop --encrypt-to "$recipient" tree
says out ", encrypted"
hidden
expect 0 list --bucket b
says out "shop (encrypted)"
expect 0 verify --bucket b --name shop --full --json
json out "[o['decrypted'] for o in last['result']['objects']] == [False]"
expect 0 verify --bucket b --name shop --full
says out "without a key its content was not looked at"
expect 0 verify --bucket b --name shop --full --identity mine --json
json out "[o['decrypted'] for o in last['result']['objects']] == [True]"
expect 6 verify --bucket b --name shop --full --identity other
expect 6 restore --bucket b --name shop --into "$work/back" --step check --journal "$work/journal"
says err "tree.tar.zst"
expect 6 restore --bucket b --name shop --into "$work/back" --identity other
[ ! -e back ] || failed "a restore without the key left something"
expect 0 restore --bucket b --name shop --into "$work/back" --step check --journal "$work/journal" --identity mine
expect 0 restore --bucket b --name shop --into "$work/back" --identity mine
diff -r --no-dereference tree back
# Its index is encrypted, too; single members come by ranges of the encrypted archive.
expect 0 browse --bucket b --name shop --identity mine
says out secret
expect 6 browse --bucket b --name shop
expect 6 browse --bucket b --name shop --identity other
expect 0 restore --bucket b --name shop --into "$work/one" --identity mine --path secret
cmp tree/secret one/secret
expect 6 restore --bucket b --name shop --into "$work/none" --path secret
[ ! -e none ] || failed "a restore of a member without the key left something"
expect 0 backup --bucket b --name worded --passphrase-file passphrase tree
expect 0 restore --bucket b --name worded --into "$work/back" --passphrase-file passphrase
expect 0 verify --bucket b --name worded --full --passphrase-file passphrase
hidden

# What is wrong with keys is told before anything is done, and no secret is told.
secret=$(grep AGE-SECRET mine)
refused() {
    local text=$1
    shift
    expect 2 "$@"
    says err "$text"
    ! grep -qF "${secret:20:20}" err || failed "a secret key is told"
    ! grep -qF horse err || failed "a passphrase is told"
}
refused "'age1nobody'" put --encrypt-to age1nobody plain b/never
refused "is a secret key" put --encrypt-to "$secret" plain b/never
refused "excludes" put --encrypt-to "$recipient" --passphrase-file passphrase plain b/never
refused "never the key itself" get --identity "$secret" b/plain never
refused "line 1 of the file of recipients" put --encrypt-to-file passphrase plain b/never
: >nothing
refused "holds no key" put --encrypt-to-file nothing plain b/never
chmod 600 nothing
refused "first line of the passphrase file 'nothing' is empty" put --passphrase-file nothing plain b/never
refused "holds no key" get --identity nothing b/plain never
sed '/AGE-SECRET/s/.$//' mine >broken
chmod 600 broken
refused "line 3 of the identity file 'broken'" get --identity broken b/plain never
chmod 644 passphrase mine
refused "is open to other users" put --passphrase-file passphrase plain b/never
refused "is open to other users" get --identity mine b/plain never
chmod 600 passphrase mine
refused "without '--full'" verify --bucket b --name shop --identity mine
refused "with '--step swap'" restore --step swap --journal "$work/journal" --identity mine
refused "with '--recursive'" put --recursive --encrypt-to "$recipient" tree b/all
refused "with '--recursive'" get --recursive --identity mine b/all all
[ ! -e store/b/never ] || failed "a refused put stored something"
