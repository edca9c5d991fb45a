#include "problem.h"

#include <stdio.h>
#include <string.h>

#include "../../codec/json.h"

/* Entra ID ends its messages with the request's own marks, which help nobody here. */
static void cut(char *message)
{
    static const char *const ends[] = {"\r", "\n", " Trace ID:"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char *end = strstr(message, ends[i]);
        if (end != NULL)
            *end = '\0';
    }
}

static void take(char *to, size_t size, const char *text, const char *secret)
{
    if (text == NULL || (secret != NULL && *secret != '\0' && strstr(text, secret) != NULL))
        return;
    int length = snprintf(to, size, "%s", text);
    /* Not in the middle of a character. */
    for (size_t i = (size_t)length >= size ? size - 1 : 0; i > 0 && ((unsigned char)to[i - 1] & 0xc0) == 0x80; i--)
        to[i - 1] = '\0';
    cut(to);
}

void azure_problem_read(const struct buffer *body, const char *secret, struct azure_problem *problem)
{
    json_t *document = NULL;
    jb_error ignored = JB_ERROR_INIT; /* a body that is no JSON is a proxy's; then the status alone speaks */
    *problem = (struct azure_problem){"", ""};
    if (json_parse_secret(body->data, body->size, "the answer", &document, &ignored) != JB_OK)
        return;
    const json_t *member = json_object_get(document, "error");
    const json_t *inner = json_is_object(member) ? member : document;
    if (json_is_string(member)) {
        take(problem->code, sizeof problem->code, json_string_value(member), secret);
        take(problem->message, sizeof problem->message, json_member_text(document, "error_description"), secret);
    } else {
        take(problem->code, sizeof problem->code, json_member_text(inner, "code"), secret);
        take(problem->message, sizeof problem->message, json_member_text(inner, "message"), secret);
    }
    json_wipe(document);
}
