/* Promises of upstream/face_body.h, byte by byte. */
#include "upstream/face_body.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define BOUNDARY "livenessd-000102030405060708090a0b0c0d0e0f"
#define NEXT     "livenessd-0102030405060708090a0b0c0d0e0f10"
#define PART(name, value)                                                                          \
    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"
#define FILE_HEAD(boundary, name, type)                                                            \
    "--" boundary "\r\nContent-Disposition: form-data; name=\"" name "\"; filename=\"" name        \
    "\"\r\nContent-Type: " type "\r\n\r\n"
#define JPEG "\xFF\xD8\xFF\xE0\0\x10JFIF\r\n--"
#define TYPE "Content-Type: multipart/form-data; boundary=" BOUNDARY

/* Counts up from a start that goes up with every call. */
static void fill(void *context, void *bytes, size_t size)
{
    unsigned *calls = context;
    for (size_t i = 0; i < size; i++) {
        ((unsigned char *)bytes)[i] = (unsigned char)(i + *calls);
    }
    ++*calls;
}

static struct {
    struct buf body;
    char type[FACE_BODY_TYPE_SIZE];
    char log[8192];
    unsigned calls;
} it;

static void write_body(enum face_version version, const struct face_create *create)
{
    int fd = memfd_create("log", MFD_CLOEXEC);
    struct log *log = log_new(fd, LOG_INFO, clock_system());
    it.calls = 0;
    const struct random random = {fill, &it.calls};
    const struct face_body body = {create, &face_versions[version], &random, log, "req-1"};
    buf_done(&it.body);
    buf_init(&it.body, 64 * 1024);
    it.type[0] = '\0';
    face_body_write(&body, &it.body, it.type);
    log_flush(log);
    ssize_t size = pread(fd, it.log, sizeof it.log - 1, 0);
    it.log[size > 0 ? size : 0] = '\0';
    log = log_free(log);
    close(fd);
}

static void expect_body(const char *expected, size_t size)
{
    cr_expect_not(buf_failed(&it.body));
    cr_expect_eq(it.body.len, size, "%zu, not %zu", it.body.len, size);
    cr_expect(it.body.len == size && memcmp(it.body.data, expected, size) == 0, "%.*s",
              (int)it.body.len, it.body.data);
}

#define EXPECT_BODY(literal) expect_body(literal, sizeof(literal) - 1)

static void expect_dropped(enum face_version version, const char *const *names, size_t count)
{
    size_t lines = 0;
    for (const char *c = it.log; (c = strstr(c, "\"event\":\"field not sent\"")); c++) {
        lines++;
    }
    cr_expect_eq(lines, count, "%s", it.log);
    for (size_t i = 0; i < count; i++) {
        char fields[200];
        (void)snprintf(fields, sizeof fields,
                       "\"level\":\"info\",\"event\":\"field not sent\",\"field\":\"%s\","
                       "\"api_version\":\"%s\",\"request_id\":\"req-1\"",
                       names[i], face_versions[version].name);
        cr_expect_not_null(strstr(it.log, fields), "%s in %s", fields, it.log);
    }
}

#define EXPECT_DROPPED(version, ...)                                                               \
    expect_dropped(version, (const char *const[]){__VA_ARGS__},                                    \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Everything that can be asked for. */
static struct face_create full(enum face_kind kind)
{
    return (struct face_create){
        .kind = kind,
        .liveness_mode = "PassiveActive",
        .device_correlation_id = "d-1",
        .user_correlation_id = "u-1",
        .token_ttl_s = 60,
        .has_enable_session_image = true,
        .enable_session_image = true,
        .model_version = "2025-05-20",
        .attempts = 2,
        .expected_client_ip = "203.0.113.0/24",
        .send_results_to_client = true,
        .has_confidence_threshold = kind == FACE_LIVENESS_WITH_VERIFY,
        .confidence_threshold = 0.75,
    };
}

#define COMMON                                                                                     \
    "{\"livenessOperationMode\":\"PassiveActive\",\"deviceCorrelationId\":\"d-1\","                \
    "\"deviceCorrelationIdSetInClient\":false,"
#define USER    "\"userCorrelationId\":\"u-1\",\"userCorrelationIdSetInClient\":false,"
#define TTL     "\"authTokenTimeToLiveInSeconds\":60"
#define IMAGE   ",\"enableSessionImage\":true"
#define RESULTS ",\"sendResultsToClient\":true"

Test(face_body, json_holds_exactly_what_the_version_has)
{
    const struct face_create create = full(FACE_LIVENESS);
    write_body(FACE_V1_1_PREVIEW_1, &create);
    EXPECT_BODY(COMMON TTL RESULTS "}");
    EXPECT_DROPPED(FACE_V1_1_PREVIEW_1, "enableSessionImage", "livenessModelVersion",
                   "numberOfClientAttemptsAllowed", "userCorrelationId", "expectedClientIpAddress");
    write_body(FACE_V1_2_PREVIEW_1, &create);
    EXPECT_BODY(COMMON TTL IMAGE ",\"livenessSingleModalModel\":\"2025-05-20\"" RESULTS "}");
    EXPECT_DROPPED(FACE_V1_2_PREVIEW_1, "numberOfClientAttemptsAllowed", "userCorrelationId",
                   "expectedClientIpAddress");
    write_body(FACE_V1_2, &create);
    EXPECT_BODY(COMMON TTL IMAGE ",\"livenessModelVersion\":\"2025-05-20\"}");
    EXPECT_DROPPED(FACE_V1_2, "numberOfClientAttemptsAllowed", "userCorrelationId",
                   "expectedClientIpAddress", "sendResultsToClient");
    write_body(FACE_V1_3_PREVIEW_1, &create);
    EXPECT_BODY(COMMON USER TTL IMAGE
                ",\"livenessModelVersion\":\"2025-05-20\",\"numberOfClientAttemptsAllowed\":2,"
                "\"expectedClientIpAddress\":\"203.0.113.0/24\"}");
    EXPECT_DROPPED(FACE_V1_3_PREVIEW_1, "sendResultsToClient");
    cr_expect_str_empty(it.type);
    buf_done(&it.body);
}

Test(face_body, what_was_not_asked_for_is_neither_sent_nor_logged)
{
    const struct face_create create = {.liveness_mode = "Passive"};
    for (unsigned version = 0; version < FACE_VERSION_COUNT; version++) {
        write_body((enum face_version)version, &create);
        EXPECT_BODY("{\"livenessOperationMode\":\"Passive\","
                    "\"deviceCorrelationIdSetInClient\":true}");
        cr_expect_str_empty(it.log);
    }
    buf_done(&it.body);
}

#define FLAT(optional)                                                                             \
    PART("livenessOperationMode", "PassiveActive")                                                 \
    PART("deviceCorrelationId", "d-1")                                                             \
    PART("deviceCorrelationIdSetInClient", "false")                                                \
    optional PART("authTokenTimeToLiveInSeconds", "60") PART("enableSessionImage", "true")         \
        PART("livenessModelVersion", "2025-05-20")
#define VERIFY PART("returnVerifyImageHash", "true") PART("verifyConfidenceThreshold", "0.75")
#define END    "--" BOUNDARY "--\r\n"

Test(face_body, an_image_goes_out_as_flat_parts)
{
    struct face_create create = full(FACE_LIVENESS_WITH_VERIFY);
    create.verify_image = SLICE(JPEG);
    write_body(FACE_V1_2, &create);
    EXPECT_BODY(FLAT("") VERIFY FILE_HEAD(BOUNDARY, "verifyImage", "image/jpeg") JPEG "\r\n" END);
    cr_expect_str_eq(it.type, TYPE);
    EXPECT_DROPPED(FACE_V1_2, "numberOfClientAttemptsAllowed", "userCorrelationId",
                   "expectedClientIpAddress", "sendResultsToClient");
    write_body(FACE_V1_3_PREVIEW_1, &create);
    EXPECT_BODY(FLAT("") PART("numberOfClientAttemptsAllowed", "2")
                    VERIFY FILE_HEAD(BOUNDARY, "verifyImage", "image/jpeg") JPEG "\r\n" END);
    EXPECT_DROPPED(FACE_V1_3_PREVIEW_1, "userCorrelationId", "expectedClientIpAddress",
                   "sendResultsToClient");
    buf_done(&it.body);
}

Test(face_body, without_an_image_stable_versions_still_get_a_form)
{
    const struct face_create create = {.kind = FACE_LIVENESS_WITH_VERIFY,
                                       .liveness_mode = "Passive"};
    write_body(FACE_V1_2, &create);
    EXPECT_BODY(PART("livenessOperationMode", "Passive") PART(
        "deviceCorrelationIdSetInClient", "true") PART("returnVerifyImageHash", "true") END);
    cr_expect_str_eq(it.type, TYPE);
    cr_expect_str_empty(it.log);
    buf_done(&it.body);
}

Test(face_body, previews_get_parameters_and_image)
{
    struct face_create create = full(FACE_LIVENESS_WITH_VERIFY);
    create.verify_image = SLICE("\x89PNG\r\n\x1A\n....");
#define PARAMETERS                                                                                 \
    "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"Parameters\"\r\n"                    \
    "Content-Type: application/json\r\n\r\n"
#define PICTURE FILE_HEAD(BOUNDARY, "VerifyImage", "image/png") "\x89PNG\r\n\x1A\n....\r\n"
    write_body(FACE_V1_1_PREVIEW_1, &create);
    EXPECT_BODY(PARAMETERS COMMON TTL RESULTS "}\r\n" PICTURE END);
    cr_expect_str_eq(it.type, TYPE);
    EXPECT_DROPPED(FACE_V1_1_PREVIEW_1, "enableSessionImage", "livenessModelVersion",
                   "numberOfClientAttemptsAllowed", "userCorrelationId", "expectedClientIpAddress",
                   "verifyConfidenceThreshold");
    write_body(FACE_V1_2_PREVIEW_1, &create);
    EXPECT_BODY(
        PARAMETERS COMMON TTL IMAGE
        ",\"livenessSingleModalModel\":\"2025-05-20\"" RESULTS
        ",\"returnVerifyImageHash\":true,\"verifyConfidenceThreshold\":0.75}\r\n" PICTURE END);
    buf_done(&it.body);
}

Test(face_body, previews_without_an_image_get_json)
{
    const struct face_create create = full(FACE_LIVENESS_WITH_VERIFY);
    write_body(FACE_V1_2_PREVIEW_1, &create);
    EXPECT_BODY(COMMON TTL IMAGE ",\"livenessSingleModalModel\":\"2025-05-20\"" RESULTS "}");
    cr_expect_str_empty(it.type);
    EXPECT_DROPPED(FACE_V1_2_PREVIEW_1, "numberOfClientAttemptsAllowed", "userCorrelationId",
                   "expectedClientIpAddress", "verifyConfidenceThreshold");
    buf_done(&it.body);
}

Test(face_body, the_boundary_does_not_occur_in_the_image)
{
    const struct face_create create = {
        .kind = FACE_LIVENESS_WITH_VERIFY,
        .liveness_mode = "Passive",
        .verify_image = SLICE("BM" BOUNDARY),
    };
    write_body(FACE_V1_2, &create);
    cr_expect_str_eq(it.type, "Content-Type: multipart/form-data; boundary=" NEXT);
    cr_expect_not_null(strstr(it.body.data,
                              FILE_HEAD(NEXT, "verifyImage", "image/bmp") "BM" BOUNDARY
                                                                          "\r\n--" NEXT "--\r\n"),
                       "%s", it.body.data);
    buf_done(&it.body);
}

Test(face_body, a_text_that_is_far_too_long_fails)
{
    static char text[100 * 1024];
    memset(text, 'a', sizeof text - 1);
    const struct face_create create = {.liveness_mode = "Passive", .device_correlation_id = text};
    write_body(FACE_V1_2, &create);
    cr_expect(buf_failed(&it.body));
    buf_done(&it.body);
}
