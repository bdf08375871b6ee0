/*
 * The query of POST /detect: read from a client's, and written anew from what was understood, so
 * that upstream sees only names and values of these lists.
 */
#include "upstream/face_detect.h"

#include <string.h>

enum { TTL_MIN_S = 60, TTL_MAX_S = 86400, TTL_DIGITS = 5 };

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *const detection_models[] = {"detection_01", "detection_02", "detection_03"};
static const char *const recognition_models[] = {"recognition_01", "recognition_02",
                                                 "recognition_03", "recognition_04"};
static const char *const attributes[] = {
    "headPose", "glasses",    "occlusion", "accessories",           "blur",
    "exposure", "noise",      "mask",      "qualityForRecognition", "age",
    "smile",    "facialHair", "hair",
};

/* The list's own spelling, or NULL. */
static const char *find(const char *const *list, size_t count, struct slice word, size_t *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        if (slice_equal_nocase(word, slice_of(list[i]))) {
            *ret_index = i;
            return list[i];
        }
    }
    return NULL;
}

static bool read_detection_model(struct slice value, struct face_detect *ret)
{
    size_t index;
    const char *model = find(detection_models, COUNT(detection_models), value, &index);
    ret->detection_model = model ? model : ret->detection_model;
    return model != NULL;
}

static bool read_recognition_model(struct slice value, struct face_detect *ret)
{
    size_t index;
    const char *model = find(recognition_models, COUNT(recognition_models), value, &index);
    ret->recognition_model = model ? model : ret->recognition_model;
    return model != NULL;
}

static bool read_attributes(struct slice value, struct face_detect *ret)
{
    unsigned bits = 0;
    const char *end = value.data + value.len;
    for (const char *word = value.data; word <= end;) {
        const char *comma = memchr(word, ',', (size_t)(end - word));
        const char *stop = comma ? comma : end;
        size_t index;
        struct slice name = {word, (size_t)(stop - word)};
        if (!find(attributes, COUNT(attributes), name, &index)) {
            return false;
        }
        bits |= 1U << index;
        word = stop + 1;
    }
    ret->attributes = bits;
    return true;
}

static bool read_bool(struct slice value, bool *ret)
{
    bool yes = slice_equal_nocase(value, SLICE("true"));
    bool read = yes || slice_equal_nocase(value, SLICE("false"));
    *ret = read ? yes : *ret;
    return read;
}

static bool read_face_id(struct slice value, struct face_detect *ret)
{
    bool read = read_bool(value, &ret->return_face_id);
    ret->has_return_face_id |= read;
    return read;
}

static bool read_landmarks(struct slice value, struct face_detect *ret)
{
    return read_bool(value, &ret->return_landmarks);
}

static bool read_model_wanted(struct slice value, struct face_detect *ret)
{
    return read_bool(value, &ret->return_recognition_model);
}

static bool read_ttl(struct slice value, struct face_detect *ret)
{
    int64_t seconds = 0;
    if (value.len == 0 || value.len > TTL_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return false;
        }
        seconds = seconds * 10 + (value.data[i] - '0');
    }
    bool fits = seconds >= TTL_MIN_S && seconds <= TTL_MAX_S;
    ret->face_id_ttl_s = fits ? seconds : ret->face_id_ttl_s;
    return fits;
}

bool face_detect_read(struct slice name, struct slice value, struct face_detect *ret)
{
    static const struct {
        const char *name;
        bool (*read)(struct slice value, struct face_detect *ret);
    } parameters[] = {
        {"detectionModel", read_detection_model}, {"recognitionModel", read_recognition_model},
        {"returnFaceId", read_face_id},           {"returnFaceAttributes", read_attributes},
        {"returnFaceLandmarks", read_landmarks},  {"returnRecognitionModel", read_model_wanted},
        {"faceIdTimeToLive", read_ttl},
    };
    for (size_t i = 0; i < COUNT(parameters); i++) {
        if (slice_equal_nocase(name, slice_of(parameters[i].name))) {
            return value.data && parameters[i].read(value, ret);
        }
    }
    return false;
}

/* ---- writing ---- */

static void put(struct buf *buf, size_t start, const char *name, const char *value)
{
    buf_putc(buf, buf->len == start ? '?' : '&');
    buf_puts(buf, name);
    buf_putc(buf, '=');
    buf_puts(buf, value);
}

static void put_attributes(struct buf *buf, size_t start, unsigned bits)
{
    bool first = true;
    for (size_t i = 0; i < COUNT(attributes); i++) {
        if ((bits & 1U << i) == 0) {
            continue;
        }
        if (first) {
            put(buf, start, "returnFaceAttributes", attributes[i]);
        } else {
            buf_putc(buf, ',');
            buf_puts(buf, attributes[i]);
        }
        first = false;
    }
}

void face_detect_write(const struct face_detect *detect, struct buf *ret)
{
    size_t start = ret->len;
    if (detect->detection_model) {
        put(ret, start, "detectionModel", detect->detection_model);
    }
    if (detect->recognition_model) {
        put(ret, start, "recognitionModel", detect->recognition_model);
    }
    if (detect->has_return_face_id) {
        put(ret, start, "returnFaceId", detect->return_face_id ? "true" : "false");
    }
    put_attributes(ret, start, detect->attributes);
    if (detect->return_landmarks) {
        put(ret, start, "returnFaceLandmarks", "true");
    }
    if (detect->return_recognition_model) {
        put(ret, start, "returnRecognitionModel", "true");
    }
    if (detect->face_id_ttl_s > 0) {
        put(ret, start, "faceIdTimeToLive", "");
        buf_printf(ret, "%lld", (long long)detect->face_id_ttl_s);
    }
}
