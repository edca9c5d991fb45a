# Runs something on the node as a user, with the node's variables and what a container's root may do.
# usage: run USER script yes|no        shell script from standard input; its own input is `yes` or /dev/null
#        run USER command PROGRAM...   program with this standard input
user=$1
shift
group=$(id -g -- "$user" 2>&1) || { echo "no user '$user' on this node" >&2; exit 126; }
exec setpriv --reuid "$user" --regid "$group" --init-groups --bounding-set "$(< /.jpsrun/bounding-set)" --reset-env \
    -- /bin/bash /.jpsrun/as "$@"
