#!/bin/bash
# TLS: certificates are verified unless nothing, an old protocol is refused, and who fails is told nothing.
. "$(dirname "$0")/test_cli_lib.sh"
unset JPSBACKUP_STORE
printf 'AWS_ACCESS_KEY_ID=AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY=secret\n' > keys && chmod 600 keys

quiet() { "$@" > made 2>&1 || { cat made >&2; failed "$*"; }; }
authority() { # NAME
    quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days 2
}
# certificate NAME HOST [FROM TO]: signed by the authority `ca`
certificate() {
    quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$1"
    : > index
    quiet openssl ca -batch -notext -config <(printf '%s\n' '[ca]' 'default_ca=d' '[d]' "dir=$work" \
        'database=$dir/index' 'new_certs_dir=$dir' 'default_md=sha256' 'policy=p' 'unique_subject=no' 'rand_serial=yes' '[p]' \
        'commonName=supplied' '[e]' "subjectAltName=$2") -extensions e -cert ca.pem -keyfile ca.key -in "$1.csr" \
        -out "$1.pem" -startdate "${3:-20200101000000Z}" -enddate "${4:-20491231235959Z}"
}
authority ca
authority stranger
certificate good IP:127.0.0.1,DNS:localhost
certificate other DNS:store.example
certificate expired IP:127.0.0.1 20200101000000Z 20210101000000Z

serve() { # CERTIFICATE KEY
    rm -f port requests
    : > requests
    python3 "$tests/refusing_server.py" refuse "$1" "$2" 2> /dev/null &
    server=$!
    wait_until test -e port
    s3=(--store s3:// --endpoint "https://127.0.0.1:$(cat port)" --credentials keys --tries 2)
}
gone() { kill $server; wait $server 2> /dev/null || :; }
distrusted() { # WHAT HINT
    : > requests
    expect 7 ls bucket "${s3[@]}" "${@:3}"
    says err "the certificate of 'https://127.0.0.1:$(cat port)' is not trusted"
    says err "hint: $2"
    [ ! -s requests ] || failed "$1: a request was sent"
}

# The server refuses the keys: it was spoken to.
serve good.pem good.key
expect 6 ls bucket "${s3[@]}" --ca-file ca.pem
AWS_CA_BUNDLE=ca.pem expect 6 ls bucket "${s3[@]}"
distrusted "an authority that the system does not know" "name the file"
distrusted "another authority" "name the file" --ca-file stranger.pem
gone
serve stranger.pem stranger.key
distrusted "a certificate that signed itself" "name the file"
gone
serve other.pem other.key
distrusted "another host's certificate" "give the endpoint by a name" --ca-file ca.pem
gone
serve expired.pem expired.key
distrusted "an expired certificate" "the certificate is out of date" --ca-file ca.pem
gone

# What this machine's OpenSSL would allow is not what is asked for: nobody can talk us down to an old protocol.
printf '%s\n' 'openssl_conf=c' '[c]' 'ssl_conf=s' '[s]' 'system_default=d' '[d]' 'MinProtocol=None' \
    'CipherString=ALL:@SECLEVEL=0' > permissive.cnf
port=$(. "$tests/../../scripts/servers/lib.sh" && free_ports 127.0.0.1 1)
OPENSSL_CONF=permissive.cnf openssl s_server -accept "127.0.0.1:$port" -cert good.pem -key good.key -tls1_1 -www \
    > old.log 2>&1 &
server=$!
wait_until grep -q ACCEPT old.log
export OPENSSL_CONF=$work/permissive.cnf
curl -s --cacert ca.pem --tls-max 1.1 --tlsv1.0 "https://127.0.0.1:$port/" > page 2>> err || failed "the server speaks no TLS 1.1"
expect 7 ls bucket --store s3:// --endpoint "https://127.0.0.1:$port" --credentials keys --tries 2 --ca-file ca.pem
says err "protocol"
grep -q AKIDEXAMPLE old.log && failed "a request was sent by an old protocol"
gone
unset OPENSSL_CONF
openssl s_server -accept "127.0.0.1:$port" -cert good.pem -key good.key -no_tls1_3 -www > old.log 2>&1 &
server=$!
wait_until grep -q ACCEPT old.log
expect 7 ls bucket --store s3:// --endpoint "https://127.0.0.1:$port" --credentials keys --tries 2 --ca-file ca.pem --tls-minimum 1.3
says err "protocol"
gone
