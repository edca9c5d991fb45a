#include "xml.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

struct reader {
    XML_Parser parser;
    xml_element_fn each;
    void *context;
    char path[XML_PATH_MAX];
    size_t path_size;
    size_t path_ends[XML_DEPTH_MAX]; /* where the path ends without the element of that depth */
    unsigned depth;
    struct buffer text;
    int code;
    jb_error error;
};

static void stop(struct reader *reader, int code)
{
    if (reader->code == JB_OK)
        reader->code = code;
    XML_StopParser(reader->parser, XML_FALSE);
}

static void XMLCALL begin(void *context, const XML_Char *name, const XML_Char **attributes)
{
    struct reader *reader = context;
    (void)attributes;
    if (reader->code != JB_OK)
        return;
    const char *colon = strrchr(name, ':');
    if (colon != NULL)
        name = colon + 1;
    size_t size = strlen(name);
    if (reader->depth == XML_DEPTH_MAX || reader->path_size + size + 2 > sizeof reader->path) {
        stop(reader, error_set(&reader->error, JB_ERROR_FORMAT, "XML is nested too deeply"));
        return;
    }
    reader->path_ends[reader->depth++] = reader->path_size;
    if (reader->path_size > 0)
        reader->path[reader->path_size++] = '/';
    memcpy(reader->path + reader->path_size, name, size + 1);
    reader->path_size += size;
    reader->text.size = 0;
}

static void XMLCALL characters(void *context, const XML_Char *text, int count)
{
    struct reader *reader = context;
    if (reader->code != JB_OK)
        return;
    int code = buffer_append(&reader->text, text, (size_t)count, &reader->error);
    if (code == JB_ERROR_LIMIT)
        code = error_set(&reader->error, JB_ERROR_FORMAT, "XML element '%s' holds too long a text", reader->path);
    if (code != JB_OK)
        stop(reader, code);
}

static void XMLCALL end(void *context, const XML_Char *name)
{
    struct reader *reader = context;
    (void)name;
    if (reader->code != JB_OK)
        return;
    const char *text = "";
    if (reader->text.size > 0) {
        reader->text.data[reader->text.size] = '\0'; /* the size may have been cut since */
        text = reader->text.data;
    }
    int code = reader->each(reader->context, reader->path, text, &reader->error);
    if (code != JB_OK) {
        stop(reader, code);
        return;
    }
    reader->path_size = reader->path_ends[--reader->depth];
    reader->path[reader->path_size] = '\0';
    reader->text.size = 0;
}

static void XMLCALL doctype(void *context, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                            int internal)
{
    struct reader *reader = context;
    (void)name, (void)system, (void)public, (void)internal;
    stop(reader, error_set(&reader->error, JB_ERROR_FORMAT, "XML has a document type"));
}

int xml_read(const void *bytes, size_t count, xml_element_fn each, void *context, jb_error *error)
{
    if (count > INT_MAX)
        return error_set(error, JB_ERROR_FORMAT, "XML is too long");
    struct reader reader = {.each = each, .context = context, .code = JB_OK, .error = JB_ERROR_INIT};
    reader.parser = XML_ParserCreate("UTF-8");
    if (reader.parser == NULL)
        return error_no_memory(error);
    buffer_init(&reader.text, XML_TEXT_MAX);
    XML_SetUserData(reader.parser, &reader);
    XML_SetElementHandler(reader.parser, begin, end);
    XML_SetCharacterDataHandler(reader.parser, characters);
    XML_SetStartDoctypeDeclHandler(reader.parser, doctype);
    if (XML_Parse(reader.parser, bytes, (int)count, 1) == XML_STATUS_ERROR && reader.code == JB_OK)
        reader.code = error_set(&reader.error, JB_ERROR_FORMAT, "XML is malformed in line %lu: %s",
                                (unsigned long)XML_GetCurrentLineNumber(reader.parser),
                                XML_ErrorString(XML_GetErrorCode(reader.parser)));
    buffer_clean_up(&reader.text);
    XML_ParserFree(reader.parser);
    if (reader.code != JB_OK)
        error_copy(error, &reader.error);
    return reader.code;
}

int xml_append_escaped(struct buffer *buffer, const char *text, jb_error *error)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        int code;
        if (c == '&')
            code = buffer_append_text(buffer, "&amp;", error);
        else if (c == '<')
            code = buffer_append_text(buffer, "&lt;", error);
        else if (c == '>')
            code = buffer_append_text(buffer, "&gt;", error);
        else if (c == '"')
            code = buffer_append_text(buffer, "&quot;", error);
        else if (c == '\t' || c == '\n' || c == '\r') /* as references, for a reader would turn them into others */
            code = buffer_printf(buffer, error, "&#%u;", (unsigned)c);
        else if (c < 0x20)
            code = error_set(error, JB_ERROR_FORMAT, "XML cannot hold the character %u", (unsigned)c);
        else
            code = buffer_append(buffer, text, 1, error);
        if (code != JB_OK)
            return code;
    }
    return JB_OK;
}
