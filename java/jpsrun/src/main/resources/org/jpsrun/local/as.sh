# Second half of run and of service: already the right user. Variables are read here and not handed over as
# arguments, for everybody sees arguments.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
if [ -r /.jelenv ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || continue
        case ${line%%=*} in
        PATH | HOME | SHELL | USER | LOGNAME | IFS | ENV | UID | EUID | PPID | SHELLOPTS | BASH* | LD_* | PS4) ;;
        *) export "$line" ;;
        esac
    done < /.jelenv
fi
unset line
case $1 in
script)
    JPSRUN_SCRIPT=$(cat)
    if [ "$2" = yes ]; then
        set --
        # Not a pipe: bash would wait for `yes` for as long as a daemon that the script starts keeps its input.
        eval "unset JPSRUN_SCRIPT; $JPSRUN_SCRIPT" < <(exec yes 2>/dev/null)
    else
        set --
        eval "unset JPSRUN_SCRIPT; $JPSRUN_SCRIPT" < /dev/null
    fi
    ;;
command)
    shift
    exec "$@"
    ;;
esac
