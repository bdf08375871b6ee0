/*
 * Bodies as clients are known to write them, for the tests of the parser and of the seam.
 */
#pragma once

#include "base/slice.h"

#define SAMPLE_AZSDK "----AzSDKFormBoundary0f7f0a3c-6c1e-4f7e-9a57-3a53a3a3b9a1"

struct multipart_sample {
    const char *sender;
    struct slice content_type;
    struct slice body;
    struct {
        const char *name;
        struct slice filename, content_type, content;
    } parts[4];
};

/* Holds what a reader of texts would stumble over: NUL, line ends, hyphens, a near-boundary. */
#define SAMPLE_IMAGE "\xFF\xD8\xFF\0\r\n--\r\n\r\n----AzSDKFormBoundary\r\n--x\n\0"

/* clang-format off */
static const struct multipart_sample multipart_samples[] = {
    {
        "Azure's client for JavaScript",
        SLICE_INIT("multipart/form-data; boundary=" SAMPLE_AZSDK),
        SLICE_INIT("--" SAMPLE_AZSDK "\r\n"
            "content-type: text/plain; charset=UTF-8\r\n"
            "content-disposition: form-data; name=\"livenessOperationMode\"\r\n\r\n"
            "PassiveActive\r\n"
            "--" SAMPLE_AZSDK "\r\n"
            "content-type: text/plain; charset=UTF-8\r\n"
            "content-disposition: form-data; name=\"deviceCorrelationIdSetInClient\"\r\n\r\n"
            "true\r\n"
            "--" SAMPLE_AZSDK "\r\n"
            "content-type: application/octet-stream\r\n"
            "content-disposition: form-data; name=\"verifyImage\"\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "--" SAMPLE_AZSDK "--\r\n\r\n"),
        {{"livenessOperationMode", {0}, SLICE_INIT("text/plain"), SLICE_INIT("PassiveActive")},
         {"deviceCorrelationIdSetInClient", {0}, SLICE_INIT("text/plain"), SLICE_INIT("true")},
         {"verifyImage", {0}, SLICE_INIT("application/octet-stream"), SLICE_INIT(SAMPLE_IMAGE)}},
    },
    {
        "Azure's first client for JavaScript",
        SLICE_INIT("multipart/form-data; boundary=" SAMPLE_AZSDK),
        SLICE_INIT("--" SAMPLE_AZSDK "\r\n"
            "content-type: application/octet-stream\r\n"
            "content-disposition: form-data; name=\"VerifyImage\"; filename=\"blob\"\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "--" SAMPLE_AZSDK "\r\n"
            "content-type: application/json\r\n"
            "content-disposition: form-data; name=\"Parameters\"\r\n\r\n"
            "{\"livenessOperationMode\":\"Passive\"}\r\n"
            "--" SAMPLE_AZSDK "--\r\n\r\n"),
        {{"VerifyImage", SLICE_INIT("blob"), SLICE_INIT("application/octet-stream"),
          SLICE_INIT(SAMPLE_IMAGE)},
         {"Parameters", {0}, SLICE_INIT("application/json"),
          SLICE_INIT("{\"livenessOperationMode\":\"Passive\"}")}},
    },
    {
        "Kotlin, written by hand",
        SLICE_INIT("multipart/form-data; boundary=8d3c1b7e-52f0"),
        SLICE_INIT("--8d3c1b7e-52f0\r\n"
            "Content-Type: application/json; charset=UTF-8\r\n"
            "Content-Disposition: form-data; name=livenessOperationMode\r\n\r\n"
            "PassiveActive\r\n"
            "--8d3c1b7e-52f0\r\n"
            "Content-Disposition: form-data; name=VerifyImage; filename=VerifyImage\r\n"
            "Content-Type: image/png\r\n"
            "Content-Transfer-Encoding: binary\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "--8d3c1b7e-52f0--\r\n"),
        {{"livenessOperationMode", {0}, SLICE_INIT("application/json"), SLICE_INIT("PassiveActive")},
         {"VerifyImage", SLICE_INIT("VerifyImage"), SLICE_INIT("image/png"),
          SLICE_INIT(SAMPLE_IMAGE)}},
    },
    {
        "Swift",
        SLICE_INIT("multipart/form-data; boundary=Boundary-5E2B"),
        SLICE_INIT("--Boundary-5E2B\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Disposition: form-data; name=\"deviceCorrelationId\"\r\n\r\n"
            "a-device\r\n"
            "--Boundary-5E2B\r\n"
            "Content-Disposition: form-data; name=\"VerifyImage\"; filename=\"VerifyImage\"\r\n"
            "Content-Type: image/jpeg\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "--Boundary-5E2B--"),
        {{"deviceCorrelationId", {0}, SLICE_INIT("text/plain"), SLICE_INIT("a-device")},
         {"VerifyImage", SLICE_INIT("VerifyImage"), SLICE_INIT("image/jpeg"),
          SLICE_INIT(SAMPLE_IMAGE)}},
    },
    {
        ".NET",
        SLICE_INIT("multipart/form-data; boundary=\"b2c8c9b6-7a7b-4a7e-8a55-0c9d9b3f8d10\""),
        SLICE_INIT("--b2c8c9b6-7a7b-4a7e-8a55-0c9d9b3f8d10\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Disposition: form-data; name=enableSessionImage\r\n\r\n"
            "True\r\n"
            "--b2c8c9b6-7a7b-4a7e-8a55-0c9d9b3f8d10\r\n"
            "Content-Disposition: form-data; name=verifyImage; filename=a.bmp; "
            "filename*=utf-8''a.bmp\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "--b2c8c9b6-7a7b-4a7e-8a55-0c9d9b3f8d10--\r\n"),
        {{"enableSessionImage", {0}, SLICE_INIT("text/plain"), SLICE_INIT("True")},
         {"verifyImage", SLICE_INIT("a.bmp"), {0}, SLICE_INIT(SAMPLE_IMAGE)}},
    },
    {
        "curl",
        SLICE_INIT("multipart/form-data; boundary=------------------------4ebf00fbcf0d1c1e"),
        SLICE_INIT("--------------------------4ebf00fbcf0d1c1e\r\n"
            "Content-Disposition: form-data; name=\"livenessOperationMode\"\r\n\r\n"
            "passiveactive\r\n"
            "--------------------------4ebf00fbcf0d1c1e\r\n"
            "Content-Disposition: form-data; name=\"verifyImage\"; filename=\"a \\\"b\\\".png\"\r\n"
            "Content-Type: image/png\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "--------------------------4ebf00fbcf0d1c1e--\r\n"),
        {{"livenessOperationMode", {0}, {0}, SLICE_INIT("passiveactive")},
         {"verifyImage", SLICE_INIT("a \\\"b\\\".png"), SLICE_INIT("image/png"),
          SLICE_INIT(SAMPLE_IMAGE)}},
    },
    {
        "Node's fetch",
        SLICE_INIT("multipart/form-data; boundary=----formdata-undici-068229357153"),
        SLICE_INIT("------formdata-undici-068229357153\r\n"
            "Content-Disposition: form-data; name=\"returnVerifyImageHash\"\r\n\r\n"
            "true\r\n"
            "------formdata-undici-068229357153\r\n"
            "Content-Disposition: form-data; name=\"verifyImage\"; filename=\"blob\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\n"
            SAMPLE_IMAGE "\r\n"
            "------formdata-undici-068229357153--\r\n"),
        {{"returnVerifyImageHash", {0}, {0}, SLICE_INIT("true")},
         {"verifyImage", SLICE_INIT("blob"), SLICE_INIT("application/octet-stream"),
          SLICE_INIT(SAMPLE_IMAGE)}},
    },
    {
        "mail software: a preamble, an epilogue and blanks after the boundary",
        SLICE_INIT("Multipart/Form-Data ; charset=utf-8; BOUNDARY=\"a b\"; x=y;"),
        SLICE_INIT("This is a message in parts.\r\n"
            "--a b \t\r\n"
            "CONTENT-DISPOSITION: Form-Data ; Name=x\r\n\r\n\r\n"
            "--a b--\r\n"
            "and more"),
        {{"x", {0}, {0}, SLICE_INIT("")}},
    },
};
/* clang-format on */

enum { MULTIPART_SAMPLES = sizeof multipart_samples / sizeof *multipart_samples };
