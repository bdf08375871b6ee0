/*
 * Copies of records share nothing.
 */
#include "store/store.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(session_record, is_copied_deeply)
{
    struct session_record record = {.platform = "web",
                                    .results_json = xstrdup("{}"),
                                    .details_json = xstrdup("{1}"),
                                    .flagged_json = xstrdup("[]"),
                                    .sealed_answer = xstrdup("c2"),
                                    .receipt = xstrdup("r1"),
                                    .deletion_receipt = xstrdup("r2")};
    struct session_record *copy = session_record_copy(&record);
    record.results_json[0] = 'x';
    record.details_json[0] = 'x';
    record.flagged_json[0] = 'x';
    record.sealed_answer[0] = 'x';
    record.receipt[0] = 'x';
    record.deletion_receipt[0] = 'x';
    memset(record.platform, 0, sizeof record.platform);
    cr_expect_str_eq(copy->results_json, "{}");
    cr_expect_str_eq(copy->details_json, "{1}");
    cr_expect_str_eq(copy->flagged_json, "[]");
    cr_expect_str_eq(copy->sealed_answer, "c2");
    cr_expect_str_eq(copy->receipt, "r1");
    cr_expect_str_eq(copy->deletion_receipt, "r2");
    cr_expect_str_eq(copy->platform, "web");
    cr_expect_null(session_record_free(copy));
    free(record.results_json);
    free(record.details_json);
    free(record.flagged_json);
    free(record.sealed_answer);
    free(record.receipt);
    free(record.deletion_receipt);
}

Test(session_record, is_copied_without_results)
{
    struct session_record record = {.revision = 7};
    struct session_record *copy = session_record_copy(&record);
    cr_expect_null(copy->results_json);
    cr_expect_null(copy->details_json);
    cr_expect_null(copy->flagged_json);
    cr_expect_null(copy->sealed_answer);
    cr_expect_null(copy->receipt);
    cr_expect_null(copy->deletion_receipt);
    cr_expect_eq(copy->revision, 7);
    cr_expect_null(session_record_free(copy));
}

Test(session_record, may_be_freed_when_null)
{
    cr_expect_null(session_record_free(NULL));
}
