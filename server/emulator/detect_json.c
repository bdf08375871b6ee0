/*
 * Reads what detect is asked for and makes up the face, always the same one but for its place.
 */
#include "emulator/detect_json.h"

#include "base/json.h"
#include "emulator/session_json.h"

enum { FACE_ID_LIFETIME_MIN_S = 60, FACE_ID_LIFETIME_MAX_S = 86400 };

static const char *const detection_models[] = {"detection_01", "detection_02", "detection_03",
                                               NULL};
static const char *const recognition_models[] = {"recognition_01", "recognition_02",
                                                 "recognition_03", "recognition_04", NULL};

static const struct {
    const char *name;
    struct slice value;
} attributes[] = {
    {"headPose", SLICE_INIT("{\"pitch\":0.0,\"roll\":0.5,\"yaw\":-1.5}")},
    {"glasses", SLICE_INIT("\"noGlasses\"")},
    {"occlusion", SLICE_INIT("{\"foreheadOccluded\":false,\"eyeOccluded\":false,"
                             "\"mouthOccluded\":false}")},
    {"accessories", SLICE_INIT("[]")},
    {"blur", SLICE_INIT("{\"blurLevel\":\"low\",\"value\":0.05}")},
    {"exposure", SLICE_INIT("{\"exposureLevel\":\"goodExposure\",\"value\":0.55}")},
    {"noise", SLICE_INIT("{\"noiseLevel\":\"low\",\"value\":0.1}")},
    {"mask", SLICE_INIT("{\"type\":\"noMask\",\"noseAndMouthCovered\":false}")},
    {"qualityForRecognition", SLICE_INIT("\"high\"")},
    {"age", SLICE_INIT("30")},
    {"smile", SLICE_INIT("0.1")},
    {"facialHair", SLICE_INIT("{\"moustache\":0.1,\"beard\":0.1,\"sideburns\":0.1}")},
    {"hair", SLICE_INIT("{\"bald\":0.05,\"invisible\":false,\"hairColor\":[{\"color\":\"brown\","
                        "\"confidence\":0.95}]}")},
};

enum { ATTRIBUTE_COUNT = sizeof attributes / sizeof *attributes };

/* Places in hundredths of the face's width and height. */
static const struct {
    const char *name;
    unsigned char across, down;
} landmarks[] = {
    {"pupilLeft", 30, 38},          {"pupilRight", 70, 38},          {"noseTip", 50, 60},
    {"mouthLeft", 34, 76},          {"mouthRight", 66, 76},          {"eyebrowLeftOuter", 16, 30},
    {"eyebrowLeftInner", 42, 29},   {"eyeLeftOuter", 23, 39},        {"eyeLeftTop", 30, 36},
    {"eyeLeftBottom", 30, 41},      {"eyeLeftInner", 37, 39},        {"eyebrowRightInner", 58, 29},
    {"eyebrowRightOuter", 84, 30},  {"eyeRightInner", 63, 39},       {"eyeRightTop", 70, 36},
    {"eyeRightBottom", 70, 41},     {"eyeRightOuter", 77, 39},       {"noseRootLeft", 45, 40},
    {"noseRootRight", 55, 40},      {"noseLeftAlarTop", 42, 54},     {"noseRightAlarTop", 58, 54},
    {"noseLeftAlarOutTip", 39, 60}, {"noseRightAlarOutTip", 61, 60}, {"upperLipTop", 50, 72},
    {"upperLipBottom", 50, 75},     {"underLipTop", 50, 78},         {"underLipBottom", 50, 82},
};

/* ---- the query ---- */

static bool read_flag(struct request *request, const char *name, bool *ret)
{
    const struct slice text = request_query(request, name);
    const bool is_true = slice_equal_nocase(text, SLICE("true"));

    if (text.len == 0)
        return true;
    *ret = is_true;
    return is_true || slice_equal_nocase(text, SLICE("false"));
}

static bool read_model(struct request *request, const char *name, const char *const *models,
                       const char **ret)
{
    const struct slice text = request_query(request, name);

    *ret = models[0];
    if (text.len == 0)
        return true;
    for (; *models; models++) {
        if (slice_equal_nocase(text, slice_of(*models))) {
            *ret = *models;
            return true;
        }
    }
    return false;
}

static bool read_face_id_lifetime(struct request *request)
{
    const struct slice text = request_query(request, "faceIdTimeToLive");
    unsigned seconds = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || seconds > FACE_ID_LIFETIME_MAX_S)
            return false;
        seconds = 10 * seconds + (unsigned)(text.data[i] - '0');
    }
    return text.len == 0 ||
           (seconds >= FACE_ID_LIFETIME_MIN_S && seconds <= FACE_ID_LIFETIME_MAX_S);
}

static bool add_attribute(struct slice name, uint32_t *ret)
{
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++) {
        if (slice_equal_nocase(name, slice_of(attributes[i].name))) {
            *ret |= 1U << i;
            return true;
        }
    }
    return false;
}

static bool read_attributes(struct request *request, uint32_t *ret)
{
    struct slice rest = request_query(request, "returnFaceAttributes");

    while (rest.len > 0) {
        const char *comma = memchr(rest.data, ',', rest.len);
        const size_t length = comma ? (size_t)(comma - rest.data) : rest.len;
        if (!add_attribute((struct slice){rest.data, length}, ret))
            return false;
        rest.data += length + (comma != NULL);
        rest.len -= length + (comma != NULL);
    }
    return true;
}

enum emu_error emu_detect_query_read(struct request *request, struct emu_detect_query *ret)
{
    struct emu_detect_query query = {.return_face_id = true};
    const char *detection_model = NULL;

    if (!read_model(request, "detectionModel", detection_models, &detection_model) ||
        !read_model(request, "recognitionModel", recognition_models, &query.recognition_model) ||
        !read_flag(request, "returnFaceId", &query.return_face_id) ||
        !read_flag(request, "returnFaceLandmarks", &query.return_landmarks) ||
        !read_flag(request, "returnRecognitionModel", &query.return_recognition_model) ||
        !read_attributes(request, &query.attributes) || !read_face_id_lifetime(request))
        return EMU_BAD_ARGUMENT;
    *ret = query;
    return EMU_OK;
}

/* ---- the answer ---- */

static void put_landmarks(struct json_writer *writer, const struct emu_rectangle *face)
{
    json_open(writer, "faceLandmarks", '{');
    for (size_t i = 0; i < sizeof landmarks / sizeof *landmarks; i++) {
        json_open(writer, landmarks[i].name, '{');
        json_put_number(writer, "x", face->left + face->width * landmarks[i].across / 100.0);
        json_put_number(writer, "y", face->top + face->height * landmarks[i].down / 100.0);
        json_close(writer, '}');
    }
    json_close(writer, '}');
}

static void put_attributes(struct json_writer *writer, uint32_t wanted)
{
    json_open(writer, "faceAttributes", '{');
    for (unsigned i = 0; i < ATTRIBUTE_COUNT; i++)
        if (wanted & 1U << i)
            json_put_raw(writer, attributes[i].name, attributes[i].value);
    json_close(writer, '}');
}

static void put_face(struct json_writer *writer, const struct emu_rectangle *face,
                     const struct emu_detect_query *query, const struct random *random)
{
    json_open(writer, NULL, '{');
    if (query->return_face_id) {
        char face_id[UUID_SIZE];
        uuid4(random, face_id);
        json_put_string(writer, "faceId", face_id);
    }
    if (query->return_recognition_model)
        json_put_string(writer, "recognitionModel", query->recognition_model);
    emu_rectangle_put(writer, face);
    if (query->return_landmarks)
        put_landmarks(writer, face);
    if (query->attributes)
        put_attributes(writer, query->attributes);
    json_close(writer, '}');
}

void emu_detect_write(const struct emu_attempt *attempt, const struct emu_detect_query *query,
                      const struct random *random, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '[');
    for (unsigned i = 0; i < attempt->sight.faces; i++) {
        /* the largest is the one that was checked; others stand behind it, ever smaller */
        struct emu_rectangle face = attempt->face;
        face.left += i * face.width;
        face.width /= i + 1;
        face.height /= i + 1;
        put_face(&writer, &face, query, random);
    }
    json_close(&writer, ']');
}
