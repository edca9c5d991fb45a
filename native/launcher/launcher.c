/*
 * bin/jpsbackup of the node bundle: starts libexec/jpsbackup with the bundle's own dynamic loader and libraries. Linked
 * statically, for the node may lack everything that the command needs: a shell, a C library, /proc.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static int fail(const char *what, const char *path)
{
    fprintf(stderr, "jpsbackup: %s '%s': %s\nhint: unpack the whole bundle again\n", what, path, strerror(errno));
    return 1;
}

/* Cuts the last component off; false where there is none. */
static int cut_name(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL)
        return 0;
    *slash = '\0';
    return 1;
}

int main(int argc, char **argv)
{
    /* The kernel's own word for what it started, where argv[0] is whatever the caller liked. Links to it are followed.
     */
    const char *started = (const char *)getauxval(AT_EXECFN);
    char root[PATH_MAX], loader[PATH_MAX + 32], libraries[PATH_MAX + 32], program[PATH_MAX + 32];
    if (started == NULL || realpath(started, root) == NULL)
        return fail("cannot find where this program lies, started as", started != NULL ? started : "");
    if (!cut_name(root) || !cut_name(root))
        return fail("this program does not lie in its bundle:", root);
    snprintf(loader, sizeof loader, "%s/lib/loader", root);
    snprintf(libraries, sizeof libraries, "%s/lib", root);
    snprintf(program, sizeof program, "%s/libexec/jpsbackup", root);

    char *const leading[] = {"jpsbackup", "--inhibit-cache", "--library-path",
                             libraries,   "--argv0",         argc > 0 ? argv[0] : "jpsbackup",
                             program};
    const size_t leading_count = sizeof leading / sizeof *leading;
    size_t given = argc > 1 ? (size_t)argc - 1 : 0;
    char **arguments = calloc(leading_count + given + 1, sizeof *arguments);
    if (arguments == NULL)
        return fail("cannot start", program);
    memcpy(arguments, leading, sizeof leading);
    if (given > 0)
        memcpy(arguments + leading_count, argv + 1, given * sizeof *arguments);
    execv(loader, arguments);
    return fail("cannot start", loader);
}
