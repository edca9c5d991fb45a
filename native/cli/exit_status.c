#include "exit_status.h"

int exit_status(jb_code code)
{
    switch (code) {
    case JB_OK:
    case JB_ERROR_USAGE:
    case JB_ERROR_VERIFY:
    case JB_ERROR_NOT_FOUND:
    case JB_ERROR_CONFLICT:
    case JB_ERROR_ACCESS:
    case JB_ERROR_UNREACHABLE:
    case JB_ERROR_NO_SPACE:
        return (int)code;
    case JB_ERROR_CANCELLED:
        return 130;
    default:
        return 1;
    }
}
