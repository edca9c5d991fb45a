/* The command line: one table of options, which feeds the parser, the help and (compared by a test) docs/reference.md.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <jpsbackup/error.h>
#include <stdint.h>

enum option_id {
    OPTION_ALIVE,
    OPTION_AT_ONCE,
    OPTION_BUCKET,
    OPTION_CATALOG,
    OPTION_CATALOG_REGION,
    OPTION_CA_FILE,
    OPTION_CHECKSUMS,
    OPTION_COMMAND,
    OPTION_COMPRESS,
    OPTION_CREDENTIALS,
    OPTION_CREDENTIALS_ONCE,
    OPTION_DAMAGED,
    OPTION_DECOMPRESS,
    OPTION_DESCRIPTION,
    OPTION_DRY_RUN,
    OPTION_ENCRYPT,
    OPTION_ENCRYPT_TO,
    OPTION_ENCRYPT_TO_FILE,
    OPTION_ENDPOINT,
    OPTION_ENTRY,
    OPTION_ENVIRONMENT,
    OPTION_EXCLUDE,
    OPTION_EXCLUDE_FROM,
    OPTION_INCLUDE,
    OPTION_INCLUDE_FROM,
    OPTION_ONE_FILE_SYSTEM,
    OPTION_EXTERNAL_ID,
    OPTION_FILE,
    OPTION_FOLDERS,
    OPTION_FORGET_OTHERS,
    OPTION_FULL,
    OPTION_HELP,
    OPTION_INDEX,
    OPTION_IDENTITY,
    OPTION_INTO,
    OPTION_JOURNAL,
    OPTION_JSON,
    OPTION_KEEP,
    OPTION_KEEP_DAILY,
    OPTION_KEEP_MONTHLY,
    OPTION_KEEP_OLD,
    OPTION_IN_PLACE,
    OPTION_OLD,
    OPTION_KEEP_WEEKLY,
    OPTION_KEEP_YEARLY,
    OPTION_KEY_NAME,
    OPTION_KIND,
    OPTION_KMS_KEY,
    OPTION_LEGAL_HOLD,
    OPTION_LEVEL,
    OPTION_LOCATION,
    OPTION_LOCK,
    OPTION_LOCK_DAYS,
    OPTION_LOGIN,
    OPTION_MAKE_BUCKET,
    OPTION_MANAGER,
    OPTION_MEMORY,
    OPTION_MODE,
    OPTION_NAME,
    OPTION_NO_INDEX,
    OPTION_NUMBER,
    OPTION_OBJECT,
    OPTION_OLDER_THAN,
    OPTION_OUTCOME,
    OPTION_OWNER,
    OPTION_PASSPHRASE_FILE,
    OPTION_PATH,
    OPTION_POLICY,
    OPTION_PREFIX,
    OPTION_PRINCIPAL,
    OPTION_PRINCIPAL_SECRET,
    OPTION_PROFILE,
    OPTION_PROXY,
    OPTION_PUT,
    OPTION_QUIET,
    OPTION_READ,
    OPTION_RECURSIVE,
    OPTION_REGION,
    OPTION_REPLACE,
    OPTION_REPLACE_MALFORMED,
    OPTION_ROLE,
    OPTION_RESOURCE_GROUP,
    OPTION_RESUME,
    OPTION_SAMPLE,
    OPTION_SECONDS,
    OPTION_SEED,
    OPTION_SESSION_NAME,
    OPTION_SKU,
    OPTION_SINGLE_WRITER,
    OPTION_STEP,
    OPTION_STORAGE_CLASS,
    OPTION_STORE,
    OPTION_STRICT,
    OPTION_SIZE,
    OPTION_STS_ENDPOINT,
    OPTION_SUBSCRIPTION,
    OPTION_SUCCESS_TEXT,
    OPTION_TAG,
    OPTION_TIMESTAMP,
    OPTION_TLS_MINIMUM,
    OPTION_TREE,
    OPTION_TRIES,
    OPTION_VERSIONS,
    OPTION_VIRTUAL_HOST,
    OPTION_WITH_OWN,
    OPTION_WRITE,
    OPTION_WRITE_SMALL,
    OPTION_WAIT,
    OPTION_YES,
    OPTION_COUNT
};

/* Subcommands as bits, so that a row of the table can name all that take its option. */
enum subcommand_bit {
    IN_PUT = 1 << 0,
    IN_GET = 1 << 1,
    IN_LS = 1 << 2,
    IN_RM = 1 << 3,
    IN_BACKUP = 1 << 4,
    IN_RESTORE = 1 << 5,
    IN_LIST = 1 << 6,
    IN_VERIFY = 1 << 7,
    IN_ROTATE = 1 << 8,
    IN_CATALOG = 1 << 9,
    IN_REVISION_NODE = 1 << 10,
    IN_PROTECT = 1 << 11,
    IN_LINK = 1 << 12,
    IN_GRANT = 1 << 13,
    IN_AWS = 1 << 14,
    IN_AZURE = 1 << 19,
    IN_GC = 1 << 20,
    IN_BUCKET = 1 << 21,
    IN_COPY = 1 << 22,
    IN_DOCTOR = 1 << 24,
    IN_BROWSE = 1 << 25,
    IN_ALL = (1 << 30) - 1,
    IN_STORED = IN_ALL & ~IN_REVISION_NODE & ~IN_AZURE & ~IN_AWS /* all that reach a store */
};

enum option_kind { KIND_FLAG, KIND_TEXT, KIND_LIST, KIND_NUMBER, KIND_CHOICE };
enum option_group { GROUP_OWN, GROUP_STORE, GROUP_COMMON };

struct option_row {
    enum option_id id; /* two rows may share one, where subcommands take the same option in different forms */
    const char *name;  /* without the two dashes */
    char letter;       /* short form, or 0 */
    enum option_kind kind;
    enum option_group group;
    int subcommands;
    const char *value; /* the value's name in help; for KIND_CHOICE the choices: "zstd|gzip" */
    uint64_t minimum;  /* of KIND_NUMBER */
    uint64_t maximum;
    const char *help;
};

extern const struct option_row option_table[];
extern const size_t option_table_rows;

/* What the user gave. Texts point into argv. */
struct arguments {
    const char *texts[OPTION_COUNT]; /* NULL: not given; flags: their name */
    uint64_t numbers[OPTION_COUNT];
    const char **lists[OPTION_COUNT]; /* NULL-ended; NULL: not given */
    size_t list_counts[OPTION_COUNT];
    const char **positional; /* NULL-ended */
    size_t positional_count;
    const char *const *rest; /* what follows "--", NULL-ended; NULL without "--" */
};

/*
 * Parses argv[first..] for one subcommand. JB_ERROR_USAGE with a text that names the option. Options may stand anywhere
 * before "--". `arguments` is to be cleaned up in either case.
 */
int arguments_parse(struct arguments *arguments, int subcommand, int argc, char **argv, int first, jb_error *error);
void arguments_clean_up(struct arguments *arguments);

/* Was a flag given before "--"? For what must be known before, or although, parsing fails. */
bool arguments_peek(enum option_id flag, int argc, char **argv);

/* Refuses, by name, those of `ids` (ended by OPTION_COUNT) that were given although `why` ("with '--step swap'") leaves
 * them no meaning. */
int arguments_refuse(const struct arguments *arguments, const enum option_id *ids, const char *why, jb_error *error);
/* The text of an option that must be there; JB_ERROR_USAGE names it otherwise. */
int arguments_require(const struct arguments *arguments, enum option_id id, const char **text, jb_error *error);

/* Digits only, no sign, no blanks, no overflow. */
bool parse_number(const char *text, uint64_t *number);

#endif
