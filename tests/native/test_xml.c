/* The bounds of reading XML, and its escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/xml.h"

struct log {
    char text[1024];
    int answer;
};

static int note(void *context, const char *path, const char *text, jb_error *error)
{
    struct log *log = context;
    size_t used = strlen(log->text);
    snprintf(log->text + used, sizeof log->text - used, "%s=%s;", path, text);
    return log->answer == JB_OK ? JB_OK : error_set(error, (jb_code)log->answer, "no more");
}

static int read_text(const char *text, struct log *log, jb_error *error)
{
    return xml_read(text, strlen(text), note, log, error);
}

static void elements_come_with_path_and_own_text(void **state)
{
    (void)state;
    struct log log = {"", JB_OK};
    assert_int_equal(
        read_text("<?xml version='1.0'?><s:a xmlns:s='u'><b x='1'>t&amp;&#65;<![CDATA[<]]></b>tail<c/></s:a>", &log,
                  NULL),
        JB_OK);
    assert_string_equal(log.text, "a/b=t&A<;a/c=;a=;");
}

static void the_callback_may_end_the_reading(void **state)
{
    (void)state;
    struct log log = {"", JB_ERROR_STATE};
    jb_error error = JB_ERROR_INIT;
    assert_int_equal(read_text("<a><b/><c/></a>", &log, &error), JB_ERROR_STATE);
    assert_string_equal(log.text, "a/b=;");
    assert_string_equal(error.text, "no more");
}

static void a_document_type_is_refused(void **state)
{
    (void)state;
    struct log log = {"", JB_OK};
    assert_int_equal(read_text("<!DOCTYPE a><a/>", &log, NULL), JB_ERROR_FORMAT);
    assert_string_equal(log.text, "");
}

static void what_is_not_well_formed_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",    " ",          "<a>",         "<a></b>", "<a/><b/>",
                                        "&x;", "<a>&x;</a>", "<a>\xff</a>", "text"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct log log = {"", JB_OK};
        assert_int_equal(read_text(wrong[i], &log, NULL), JB_ERROR_FORMAT);
    }
}

static void depth_names_and_texts_are_bounded(void **state)
{
    (void)state;
    char text[XML_TEXT_MAX + 64];
    struct log log = {"", JB_OK};
    memset(text, 'x', sizeof text);
    memcpy(text, "<a>", 3);
    memcpy(text + sizeof text - 5, "</a>", 5);
    assert_int_equal(read_text(text, &log, NULL), JB_ERROR_FORMAT); /* a long text */
    char name[2 * XML_PATH_MAX];
    memset(name, 'x', sizeof name);
    name[0] = '<';
    memcpy(name + sizeof name - 3, "/>", 3);
    assert_int_equal(read_text(name, &log, NULL), JB_ERROR_FORMAT); /* a long name */
    char deep[256] = "";
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        strcat(deep, "<a>");
    for (int i = 0; i <= XML_DEPTH_MAX; i++)
        strcat(deep, "</a>");
    assert_int_equal(read_text(deep, &log, NULL), JB_ERROR_FORMAT);
}

static void escaped_text_reads_back_equal(void **state)
{
    (void)state;
    static const char text[] = "a&b<c>d\"e'f\tg\nh\ri ü";
    struct buffer buffer;
    struct log log = {"", JB_OK};
    buffer_init(&buffer, 1024);
    assert_int_equal(buffer_append_text(&buffer, "<a>", NULL), JB_OK);
    assert_int_equal(xml_append_escaped(&buffer, text, NULL), JB_OK);
    assert_int_equal(buffer_append_text(&buffer, "</a>", NULL), JB_OK);
    assert_int_equal(read_text(buffer.data, &log, NULL), JB_OK);
    char expected[64];
    snprintf(expected, sizeof expected, "a=%s;", text);
    assert_string_equal(log.text, expected);
    assert_int_equal(xml_append_escaped(&buffer, "\x01", NULL), JB_ERROR_FORMAT);
    buffer_clean_up(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_with_path_and_own_text), cmocka_unit_test(the_callback_may_end_the_reading),
        cmocka_unit_test(a_document_type_is_refused),           cmocka_unit_test(what_is_not_well_formed_is_refused),
        cmocka_unit_test(depth_names_and_texts_are_bounded),    cmocka_unit_test(escaped_text_reads_back_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
