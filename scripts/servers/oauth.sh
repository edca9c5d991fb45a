#!/bin/bash
# mock-oauth2-server as Azure's login service for tests: signed tokens for anybody, at ENDPOINT/TENANT/oauth2/v2.0/token.
# usage: oauth.sh install
#        oauth.sh start DIR [ADDRESS]   default 127.0.0.1; prints the endpoint; the file printed after it has no meaning here
#        oauth.sh stop DIR              nothing is kept
# Not as Azure does it: every client's secret is right, and a token is for whatever scope was asked for. The keys that
# verify tokens lie at ENDPOINT/TENANT/oauth2/v2.0/jwks.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

version=2.1.10
home=$cache/mock-oauth2-server-$version

install() { install_whole "$home" fill_jars "no.nav.security:mock-oauth2-server:$version"; }

# Fills a directory with the jars of a Maven artifact and of all that it needs.
fill_jars() { # ARTIFACT NEW
    (
        cd "$2"
        cat > build.gradle <<E_GRADLE
apply plugin: 'java'
repositories { mavenCentral() }
dependencies { runtimeOnly '$1' }
task jars(type: Copy) {
    from configurations.runtimeClasspath
    into 'jars'
}
E_GRADLE
        touch settings.gradle
        gradle --quiet --no-daemon --project-cache-dir build jars
        rm -rf build build.gradle settings.gradle
    )
}

run() { # DIR ADDRESS
    local port
    port=$(free_ports "$2" 1)
    SERVER_HOSTNAME=$2 SERVER_PORT=$port start_process "$1" java -Xmx128m -XX:+UseSerialGC -cp "$home/jars/*" \
        no.nav.security.mock.oauth2.StandaloneMockOAuth2ServerKt
    wait_ready "$1" url_answers "http://$2:$port/isalive" 200
    echo "http://$2:$port"
}

main "$@"
