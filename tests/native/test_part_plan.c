/* How large parts are: within the budget and the store's limits, and large enough in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stream/memory.h"
#include "stream/part_plan.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

static const struct store_limits s3 = {.parts_max = 10000, .part_bytes_min = 5 * MIB, .part_bytes_max = 5 * GIB};
static const struct store_limits azure = {.parts_max = 50000, .part_bytes_min = 1, .part_bytes_max = 4000 * MIB};

static struct part_plan plan_of(struct store_limits limits, uint64_t memory, uint64_t expected)
{
    return (struct part_plan){.limits = limits, .memory_bytes = (size_t)memory, .expected = expected};
}

static void parts_start_small_grow_and_stay_within_budget_and_limits(void **state)
{
    (void)state;
    static const uint64_t budgets[] = {16 * MIB, 17 * MIB, 78 * MIB, 500 * MIB, 4 * GIB, 40 * GIB};
    for (size_t i = 0; i < 2 * sizeof budgets / sizeof *budgets; i++) {
        struct store_limits limits = i % 2 == 0 ? s3 : azure;
        struct part_plan plan = plan_of(limits, budgets[i / 2], 0);
        assert_int_equal(part_plan_bytes(&plan, 0), 8 * MIB);
        for (unsigned number = 0; number < limits.parts_max; number++) {
            uint64_t bytes = part_plan_bytes(&plan, number);
            assert_in_range(bytes, limits.part_bytes_min, limits.part_bytes_max);
            assert_true(2 * bytes <= plan.memory_bytes);
            assert_true(number == 0 || bytes >= part_plan_bytes(&plan, number - 1));
        }
    }
}

static void the_default_budget_puts_many_gibibytes_into_one_object(void **state)
{
    (void)state;
    struct part_plan plan = plan_of(s3, memory_for_buffers(NULL), 0);
    assert_in_range(part_plan_object_bytes(&plan), 150 * GIB, 200 * GIB);
}

static void a_large_budget_reaches_the_largest_object_of_the_store(void **state)
{
    (void)state;
    uint64_t largest_s3 = s3.parts_max * s3.part_bytes_max, largest_azure = azure.parts_max * azure.part_bytes_max;
    struct part_plan plan = plan_of(s3, 20 * GIB, largest_s3);
    assert_true(part_plan_object_bytes(&plan) == largest_s3);
    plan = plan_of(azure, 20 * GIB, largest_azure);
    assert_true(part_plan_object_bytes(&plan) == largest_azure);
    /* Where the length is not known, the small parts of the beginning cost some of it. */
    plan = plan_of(s3, 20 * GIB, 0);
    assert_in_range(part_plan_object_bytes(&plan), 38 * TIB, largest_s3);
    plan = plan_of(azure, 20 * GIB, 0);
    assert_in_range(part_plan_object_bytes(&plan), 150 * TIB, largest_azure);
}

static void a_known_length_fits_one_object_where_the_budget_allows(void **state)
{
    (void)state;
    struct part_plan plan = plan_of(s3, 100 * MIB, 200 * GIB);
    assert_in_range(part_plan_bytes(&plan, 0), 21 * MIB, 25 * MIB);
    assert_true(part_plan_object_bytes(&plan) >= 200 * GIB);
    plan = plan_of(s3, 100 * MIB, 100 * MIB);
    assert_int_equal(part_plan_bytes(&plan, 0), 8 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_start_small_grow_and_stay_within_budget_and_limits),
        cmocka_unit_test(the_default_budget_puts_many_gibibytes_into_one_object),
        cmocka_unit_test(a_large_budget_reaches_the_largest_object_of_the_store),
        cmocka_unit_test(a_known_length_fits_one_object_where_the_budget_allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
