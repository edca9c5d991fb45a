#include "age_header.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "age_base64.h"
#include "digest.h"

#define COLUMNS      64 /* of a stanza's body */
#define MAC_TEXT     AGE_BASE64_SIZE(AGE_KEY_SIZE)
#define WRAPPED_TEXT AGE_BASE64_SIZE(AGE_WRAPPED_SIZE)

static int malformed(const char *what, jb_error *error)
{
    return error_set(error, JB_ERROR_VERIFY, "the encryption's header is damaged: %s", what);
}

/* Part of a header's text. */
struct span {
    const char *text;
    size_t size;
};

static bool span_is(struct span span, const char *text)
{
    return span.size == strlen(text) && memcmp(span.text, text, span.size) == 0;
}

static bool begins_with(struct span span, const char *text)
{
    return span.size >= strlen(text) && memcmp(span.text, text, strlen(text)) == 0;
}

/* The next line without its end; every line of the text has one. */
static struct span take_line(struct span *left)
{
    const char *end = memchr(left->text, '\n', left->size);
    struct span line = {left->text, (size_t)(end - left->text)};
    left->text += line.size + 1;
    left->size -= line.size + 1;
    return line;
}

#define ARGUMENTS_KEPT 4

/* How many arguments there are, the first ones in `arguments`; 0 where the line is none of arguments. */
static size_t split_arguments(struct span line, struct span arguments[ARGUMENTS_KEPT])
{
    size_t count = 0;
    for (size_t at = 2; at < line.size;) {
        if (line.text[at++] != ' ')
            return 0;
        struct span argument = {line.text + at, 0};
        while (at < line.size && line.text[at] > ' ' && line.text[at] <= '~') {
            argument.size++;
            at++;
        }
        if (argument.size == 0)
            return 0;
        if (count < ARGUMENTS_KEPT)
            arguments[count] = argument;
        count++;
    }
    return count;
}

/* All lines of a stanza's body: full ones, then a shorter one, which may be empty. `first` is the first of them, and
 * `size` what it is where there are no more, else SIZE_MAX. */
static int take_body(struct span *left, struct span *first, jb_error *error)
{
    bool only = true;
    for (;;) {
        if (left->size == 0 || begins_with(*left, "-"))
            return malformed("a stanza ends too early", error);
        struct span line = take_line(left);
        long bytes = line.size > COLUMNS ? -1 : age_base64_check(line.text, line.size);
        if (bytes < 0)
            return malformed("a stanza's body is no base64 in lines of 64", error);
        if (only)
            *first = line;
        if (line.size < COLUMNS)
            break;
        only = false;
    }
    if (!only)
        first->size = SIZE_MAX; /* longer than any that is known here */
    return JB_OK;
}

static int parse_work_factor(struct span text, unsigned *log_n, jb_error *error)
{
    *log_n = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.text[i] < '0' || text.text[i] > '9' || text.text[0] == '0')
            return malformed("a work factor is no number", error);
        if (*log_n <= AGE_WORK_FACTOR_MAX)
            *log_n = *log_n * 10 + (unsigned)(text.text[i] - '0');
    }
    if (*log_n <= AGE_WORK_FACTOR_MAX)
        return JB_OK;
    return error_set(error, JB_ERROR_LIMIT, "the encryption's header asks for a work factor above %d",
                     AGE_WORK_FACTOR_MAX);
}

static int parse_stanza(struct age_header *header, const struct span *arguments, size_t count, struct span body,
                        jb_error *error)
{
    struct age_stanza stanza = {.type = span_is(arguments[0], "scrypt") ? AGE_SCRYPT : AGE_X25519};
    if (stanza.type == AGE_X25519 && !span_is(arguments[0], "X25519"))
        return JB_OK; /* another program's kind of recipient */
    bool x25519 = stanza.type == AGE_X25519;
    unsigned char *bytes = x25519 ? stanza.share : stanza.salt;
    size_t size = x25519 ? sizeof stanza.share : sizeof stanza.salt;
    if (count != (x25519 ? 2 : 3) || !age_base64_decode(arguments[1].text, arguments[1].size, bytes, size))
        return malformed("a stanza has wrong arguments", error);
    int code = x25519 ? JB_OK : parse_work_factor(arguments[2], &stanza.work_factor, error);
    if (code != JB_OK)
        return code;
    if (!age_base64_decode(body.text, body.size, stanza.wrapped_file_key, sizeof stanza.wrapped_file_key))
        return malformed("a stanza's body is no wrapped key", error);
    struct age_stanza *stanzas = realloc(header->stanzas, (header->count + 1) * sizeof *stanzas);
    if (stanzas == NULL)
        return error_no_memory(error);
    header->stanzas = stanzas;
    stanzas[header->count++] = stanza;
    return JB_OK;
}

static int parse(struct age_header *header, jb_error *error)
{
    struct span left = {header->text.data + AGE_MAGIC_SIZE, header->text.size - AGE_MAGIC_SIZE};
    while (!begins_with(left, "---")) {
        struct span arguments[ARGUMENTS_KEPT] = {0}, body = {0};
        struct span line = take_line(&left);
        size_t count = begins_with(line, "->") ? split_arguments(line, arguments) : 0;
        if (count == 0)
            return malformed("a line is no stanza's first", error);
        if (++header->total > AGE_STANZAS_MAX)
            return error_set(error, JB_ERROR_LIMIT, "the encryption's header has more than %d stanzas",
                             AGE_STANZAS_MAX);
        int code = take_body(&left, &body, error);
        if (code == JB_OK)
            code = parse_stanza(header, arguments, count, body, error);
        if (code != JB_OK)
            return code;
    }
    header->mac_covers = header->text.size - left.size + strlen("---");
    struct span last = take_line(&left);
    if (last.size != strlen("--- ") + MAC_TEXT || last.text[3] != ' ' ||
        !age_base64_decode(last.text + 4, MAC_TEXT, header->mac, sizeof header->mac))
        return malformed("its last line is no MAC", error);
    if (header->total == 0)
        return malformed("it is for nobody", error);
    for (size_t i = 0; i < header->count; i++)
        if (header->stanzas[i].type == AGE_SCRYPT && header->total > 1)
            return malformed("a passphrase stands beside other keys", error);
    return JB_OK;
}

/* The first line, as far as it has come. */
static int check_magic(const struct buffer *text, jb_error *error)
{
    size_t size = text->size < AGE_MAGIC_SIZE ? text->size : AGE_MAGIC_SIZE;
    if (size == 0 || memcmp(text->data, AGE_MAGIC, size) == 0)
        return JB_OK;
    error_set(error, JB_ERROR_VERIFY, "the bytes are not encrypted in age's format, version 1");
    if (strncmp(text->data, "-----BEGIN AGE", size < 14 ? size : 14) == 0)
        error_hint(error, "they are in age's text form: have 'age -d' and 'age' make a binary file of them");
    return (int)error->code;
}

int age_header_read(struct byte_source *source, struct age_header *header, const void **rest, size_t *rest_count,
                    jb_error *error)
{
    *header = (struct age_header){0};
    buffer_init(&header->text, AGE_HEADER_MAX + 1);
    *rest_count = 0;
    for (size_t line = 0;;) {
        if (*rest_count == 0) {
            int code = source->read(source, rest, rest_count, error);
            if (code == JB_OK && *rest_count == 0)
                code = malformed(header->text.size == 0 ? "there is none" : "it ends too early", error);
            if (code != JB_OK)
                return code;
        }
        const char *end = memchr(*rest, '\n', *rest_count);
        size_t count = end == NULL ? *rest_count : (size_t)(end - (const char *)*rest) + 1;
        if (count > AGE_HEADER_MAX - header->text.size)
            count = AGE_HEADER_MAX + 1 - header->text.size;
        int code = buffer_append(&header->text, *rest, count, error);
        if (code == JB_OK)
            code = check_magic(&header->text, error);
        if (code == JB_OK && header->text.size > AGE_HEADER_MAX)
            code = error_set(error, JB_ERROR_LIMIT, "the encryption's header is longer than %d bytes", AGE_HEADER_MAX);
        if (code != JB_OK)
            return code;
        *rest = (const char *)*rest + count;
        *rest_count -= count;
        if (end == NULL)
            continue;
        if (strncmp(header->text.data + line, "---", 3) == 0)
            return parse(header, error);
        line = header->text.size;
    }
}

void age_header_clean_up(struct age_header *header)
{
    buffer_clean_up(&header->text);
    free(header->stanzas);
    header->stanzas = NULL;
}

int age_header_mac(const struct age_header *header, const unsigned char file_key[AGE_FILE_KEY_SIZE],
                   unsigned char mac[AGE_KEY_SIZE], jb_error *error)
{
    unsigned char key[AGE_KEY_SIZE];
    int code = age_hkdf(file_key, AGE_FILE_KEY_SIZE, NULL, 0, "header", key, error);
    if (code == JB_OK)
        code = hmac_sha256(key, sizeof key, header->text.data, header->mac_covers, mac, error);
    OPENSSL_cleanse(key, sizeof key);
    return code;
}

int age_header_begin(struct age_header *header, jb_error *error)
{
    *header = (struct age_header){0};
    buffer_init(&header->text, AGE_HEADER_MAX + 1);
    return buffer_append_text(&header->text, AGE_MAGIC, error);
}

int age_header_add(struct age_header *header, const struct age_stanza *stanza, jb_error *error)
{
    char body[WRAPPED_TEXT + 1], first[MAC_TEXT + 1];
    age_base64_encode(stanza->wrapped_file_key, sizeof stanza->wrapped_file_key, body);
    header->total++;
    if (stanza->type == AGE_SCRYPT) {
        age_base64_encode(stanza->salt, sizeof stanza->salt, first);
        return buffer_printf(&header->text, error, "-> scrypt %s %u\n%s\n", first, stanza->work_factor, body);
    }
    age_base64_encode(stanza->share, sizeof stanza->share, first);
    return buffer_printf(&header->text, error, "-> X25519 %s\n%s\n", first, body);
}

int age_header_end(struct age_header *header, const unsigned char file_key[AGE_FILE_KEY_SIZE], jb_error *error)
{
    char mac[MAC_TEXT + 1];
    int code = buffer_append_text(&header->text, "---", error);
    header->mac_covers = header->text.size;
    if (code == JB_OK)
        code = age_header_mac(header, file_key, header->mac, error);
    if (code != JB_OK)
        return code;
    age_base64_encode(header->mac, sizeof header->mac, mac);
    return buffer_printf(&header->text, error, " %s\n", mac);
}
