# Process 1 of a node: collects orphans (bash does so while it waits) until the host ends the node.
trap 'exit 0' TERM
while :; do
    sleep 86400 &
    wait $!
done
