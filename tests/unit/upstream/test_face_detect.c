/* Promises of face_detect_read, and what is written of what it read. */
#include "upstream/face_detect.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static bool reads(struct face_detect *detect, const char *name, const char *value)
{
    return face_detect_read(slice_of(name), slice_of(value), detect);
}

static const char *written(const struct face_detect *detect)
{
    static char text[1024];
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, sizeof text - 1);
    face_detect_write(detect, &buf);
    cr_assert_not(buf_failed(&buf));
    (void)snprintf(text, sizeof text, "%s", buf.data ? buf.data : "");
    return text;
}

Test(face_detect, takes_every_name_and_value_of_the_service)
{
    static const struct {
        const char *name;
        const char *values[16];
    } rows[] = {
        {"detectionModel", {"detection_01", "detection_02", "detection_03"}},
        {"recognitionModel",
         {"recognition_01", "recognition_02", "recognition_03", "recognition_04"}},
        {"returnFaceId", {"true", "false"}},
        {"returnFaceAttributes",
         {"headPose", "glasses", "occlusion", "accessories", "blur", "exposure", "noise", "mask",
          "qualityForRecognition", "age", "smile", "facialHair", "hair", "hair,age"}},
        {"returnFaceLandmarks", {"true"}},
        {"returnRecognitionModel", {"true"}},
        {"faceIdTimeToLive", {"60", "86400", "00600"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; j < 16 && rows[i].values[j]; j++) {
            struct face_detect detect = {0};
            cr_expect(reads(&detect, rows[i].name, rows[i].values[j]), "%s", rows[i].values[j]);
            cr_expect_not_null(strstr(written(&detect), rows[i].name), "%s=%s", rows[i].name,
                               rows[i].values[j]);
        }
    }
}

Test(face_detect, writes_it_anew)
{
    struct face_detect detect = {0};
    cr_expect_str_eq(written(&detect), "");
    cr_assert(reads(&detect, "DETECTIONMODEL", "Detection_03"));
    cr_assert(reads(&detect, "recognitionmodel", "recognition_04"));
    cr_assert(reads(&detect, "returnFaceId", "FALSE"));
    cr_assert(reads(&detect, "returnFaceAttributes", "HAIR,qualityforrecognition,headpose"));
    cr_assert(reads(&detect, "returnFaceLandmarks", "true"));
    cr_assert(reads(&detect, "returnRecognitionModel", "True"));
    cr_assert(reads(&detect, "faceIdTimeToLive", "00120"));
    cr_expect_str_eq(written(&detect),
                     "?detectionModel=detection_03&recognitionModel=recognition_04"
                     "&returnFaceId=false"
                     "&returnFaceAttributes=headPose,qualityForRecognition,hair"
                     "&returnFaceLandmarks=true&returnRecognitionModel=true"
                     "&faceIdTimeToLive=120");
}

Test(face_detect, takes_nothing_else)
{
    static const struct {
        const char *name, *value;
    } rows[] = {
        {"", ""},
        {"sessionImageId", "x"},
        {"detectionModel", ""},
        {"detectionModel", NULL},
        {"detectionModel", "detection_04"},
        {"detectionModel", "detection_01&x=1"},
        {"recognitionModel", "recognition_05"},
        {"returnFaceId", "1"},
        {"returnFaceId", ""},
        {"returnFaceAttributes", ""},
        {"returnFaceAttributes", "age,"},
        {"returnFaceAttributes", ",age"},
        {"returnFaceAttributes", "age,,hair"},
        {"returnFaceAttributes", "gender"},
        {"returnFaceAttributes", "age hair"},
        {"returnFaceLandmarks", "yes"},
        {"returnRecognitionModel", "0"},
        {"faceIdTimeToLive", "59"},
        {"faceIdTimeToLive", "86401"},
        {"faceIdTimeToLive", "-60"},
        {"faceIdTimeToLive", "60.0"},
        {"faceIdTimeToLive", "000060"},
        {"faceIdTimeToLive", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct face_detect detect = {0};
        cr_expect_not(reads(&detect, rows[i].name, rows[i].value), "%s=%s", rows[i].name,
                      rows[i].value);
        cr_expect_str_eq(written(&detect), "", "%s=%s", rows[i].name, rows[i].value);
    }
}
