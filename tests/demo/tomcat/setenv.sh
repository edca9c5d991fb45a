# Quick to start and small, for the demo runs two of them on a small machine.
CATALINA_OPTS="-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.security.egd=file:/dev/urandom"
