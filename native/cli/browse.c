#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "../src/base/error.h"
#include "keys.h"
#include "session.h"

#define MEMBERS_MAX 200000 /* in the one line of an outcome */

struct browsing {
    enum output_mode mode;
    json_t *members; /* of an outcome; else NULL, and each member is printed as it comes */
    bool too_many;
};

static char letter(jb_member_type type)
{
    switch (type) {
    case JB_MEMBER_DIRECTORY:
        return 'd';
    case JB_MEMBER_SYMBOLIC_LINK:
        return 'l';
    case JB_MEMBER_HARD_LINK:
        return 'h';
    case JB_MEMBER_FIFO:
        return 'p';
    case JB_MEMBER_CHARACTER_DEVICE:
        return 'c';
    case JB_MEMBER_BLOCK_DEVICE:
        return 'b';
    case JB_MEMBER_FILE:
        break;
    }
    return '-';
}

static const char *type_name(jb_member_type type)
{
    static const char *const names[] = {"file", "directory", "symlink", "hardlink", "fifo", "character", "block"};
    return names[type];
}

/* As ls writes it: "drwxr-x--T". */
static void format_mode(const jb_member *member, char text[11])
{
    static const char bits[] = "rwxrwxrwx";
    text[0] = letter(member->type);
    for (int i = 0; i < 9; i++)
        text[1 + i] = member->mode & (0400u >> i) ? bits[i] : '-';
    if (member->mode & 04000)
        text[3] = text[3] == 'x' ? 's' : 'S';
    if (member->mode & 02000)
        text[6] = text[6] == 'x' ? 's' : 'S';
    if (member->mode & 01000)
        text[9] = text[9] == 'x' ? 't' : 'T';
    text[10] = '\0';
}

static void print_owner(const char *name, uint32_t id)
{
    char number[FIGURE_SIZE];
    snprintf(number, sizeof number, "%u", id);
    fputs("  ", stdout);
    print_text(stdout, name != NULL ? name : number);
}

static bool print_member(const jb_member *member)
{
    char mode[11], time[FIGURE_SIZE];
    format_mode(member, mode);
    fputs(mode, stdout);
    print_owner(member->user, member->uid);
    print_owner(member->group, member->gid);
    printf("  %12llu  %s  ", (unsigned long long)member->bytes, format_time(member->seconds, time));
    print_text(stdout, member->path[0] != '\0' ? member->path : ".");
    if (member->link != NULL) {
        fputs(member->type == JB_MEMBER_SYMBOLIC_LINK ? " -> " : " = ", stdout);
        print_text(stdout, member->link);
    }
    if (member->trouble != NULL)
        printf("  (%s)", member->trouble);
    putchar('\n');
    return ferror(stdout) == 0;
}

/* A name that is not UTF-8 is told in base64, under the name `encoded`. */
static void put_name(json_t *object, const char *name, const char *encoded, const char *bytes)
{
    json_t *text = json_string(bytes);
    size_t size = strlen(bytes);
    char *base64 = text == NULL ? malloc(size / 3 * 4 + 5) : NULL;
    if (base64 != NULL && size <= INT32_MAX / 2) {
        EVP_EncodeBlock((unsigned char *)base64, (const unsigned char *)bytes, (int)size);
        json_object_set_new(object, encoded, json_string(base64));
    } else {
        json_object_set_new(object, name, text);
    }
    free(base64);
}

static json_t *describe(const jb_member *member, const char *event)
{
    char mode[8];
    snprintf(mode, sizeof mode, "%04o", member->mode & 07777u);
    json_t *object = json_object();
    if (event != NULL)
        json_object_set_new(object, "event", json_string(event));
    put_name(object, "path", "path_base64", member->path);
    json_object_set_new(object, "type", json_string(type_name(member->type)));
    json_object_set_new(object, "bytes", json_integer((json_int_t)member->bytes));
    json_object_set_new(object, "mode", json_string(mode));
    json_object_set_new(object, "uid", json_integer((json_int_t)member->uid));
    json_object_set_new(object, "gid", json_integer((json_int_t)member->gid));
    if (member->user != NULL)
        json_object_set_new(object, "user", json_of_text(member->user));
    if (member->group != NULL)
        json_object_set_new(object, "group", json_of_text(member->group));
    json_object_set_new(object, "modified", json_integer((json_int_t)member->seconds));
    json_object_set_new(object, "nanoseconds", json_integer((json_int_t)member->nanoseconds));
    if (member->link != NULL)
        put_name(object, "link", "link_base64", member->link);
    if (member->trouble != NULL)
        json_object_set_new(object, "trouble", json_of_text(member->trouble));
    return object;
}

static bool keep_member(struct browsing *browsing, const jb_member *member)
{
    browsing->too_many = json_array_size(browsing->members) == MEMBERS_MAX;
    return !browsing->too_many && json_array_append_new(browsing->members, describe(member, NULL)) == 0;
}

static int take_member(void *context, const jb_member *member)
{
    struct browsing *browsing = context;
    bool taken = browsing->mode == OUTPUT_HUMAN  ? print_member(member)
                 : browsing->mode == OUTPUT_JSON ? output_event(describe(member, "member"))
                                                 : keep_member(browsing, member);
    return taken ? 0 : 1;
}

static void print_totals(const json_t *account, FILE *out)
{
    char size[FIGURE_SIZE];
    uint64_t members = account_number(account, "members");
    fprintf(out, "%llu member%s, %s\n", (unsigned long long)members, members == 1 ? "" : "s",
            format_bytes(account_number(account, "bytes"), size));
}

static int browse(struct session *session, const jb_browse_options *options, jb_error *error)
{
    enum output_mode mode = session->output.mode;
    struct browsing browsing = {.mode = mode, .members = mode == OUTPUT_OUTCOME ? json_array() : NULL};
    char *account = NULL;
    int code = jb_backup_browse(session->store, session->operation, options, take_member, &browsing, &account, error);
    if (browsing.too_many) {
        error_set(error, JB_ERROR_LIMIT, "more than %d members are too many for one line of JSON", MEMBERS_MAX);
        error_hint(error, "name a directory, or take --json, which prints one line a member");
        code = JB_ERROR_LIMIT;
    }
    if (code == JB_OK)
        code = session_take_account(session, account, error);
    if (code == JB_OK && browsing.members != NULL)
        json_object_set(session->account, "list", browsing.members);
    json_decref(browsing.members);
    return code;
}

static int run(struct session *session, jb_error *error)
{
    const struct arguments *arguments = &session->arguments;
    jb_browse_options options = {.size = sizeof options, .object = arguments->texts[OPTION_OBJECT]};
    struct keys keys = {0};
    session->print = print_totals;
    int code = session_expect(session, 0, 1, "at most one PATH", error);
    if (code == JB_OK)
        code = session_backup_name(session, &options.name, error);
    if (code == JB_OK)
        code = keys_to_decrypt(&keys, arguments, &options.decryption, error);
    if (code == JB_OK)
        code = session_connect(session, error);
    options.path = arguments->positional_count > 0 ? arguments->positional[0] : NULL;
    if (code == JB_OK)
        code = browse(session, &options, error);
    keys_wipe(&keys);
    return code;
}

const struct subcommand browse_subcommand = {
    .name = "browse",
    .bit = IN_BROWSE,
    .summary = "list what an archive of a backup holds",
    .usage = "--bucket BUCKET --name NAME [OPTIONS] [PATH]",
    .about =
        "Lists the members of an archive, or those of PATH and below it, from the archive's index, without fetching "
        "the archive. PATH is one below the archived directory, or an absolute path of it. 'restore --path' "
        "restores single ones of them.",
    .examples = "jpsbackup browse --store file:///mnt/backups --bucket mine --name notes\n"
                "jpsbackup browse --store s3:// --bucket mine --name web --object www.tar.zst --json images/logo.png",
    .run = run,
};
