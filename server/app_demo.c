/*
 * What the demo page is made with. Which upstream is an emulator is told by its address: plain http
 * is allowed to nothing else.
 */
#include "app_demo.h"

#include "base/alloc.h"
#include "routes/demo.h"
#include "upstream/face_version.h"
#include "web/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REASON_SIZE = 400, PLACE_SIZE = 300 };

struct app_demo {
    struct web_folder *face_ui;
    struct demo *demo;
};

static bool open_folder(const struct settings *settings, struct app_demo *demo, char *ret_error,
                        size_t error_size)
{
    char why[REASON_SIZE];
    struct asset component;
    if (settings->web_face_ui_dir[0] == '\0')
        return true;
    demo->face_ui = web_folder_open(settings->web_face_ui_dir, why, sizeof why);
    if (!demo->face_ui) {
        (void)snprintf(ret_error, error_size, "web.face_ui_dir: %s", why);
        return false;
    }
    if (web_folder_find(demo->face_ui, SLICE("FaceLivenessDetector.js"), &component))
        return true;
    (void)snprintf(ret_error, error_size,
                   "web.face_ui_dir: there is no FaceLivenessDetector.js in "
                   "it: it has to hold the content of the package "
                   "@azure/ai-vision-face-ui, and beside it the folder "
                   "facelivenessdetector-assets");
    return false;
}

/* The origin, as a Content-Security-Policy writes it: that knows no IPv6 addresses. */
static void write_place(const char *endpoint, char ret[PLACE_SIZE])
{
    const char *rest = strncmp(endpoint, "http://[", 8) == 0 ? strchr(endpoint, ']') : NULL;
    (void)snprintf(ret, PLACE_SIZE, "%s%s", rest ? "http://localhost" : "",
                   rest ? rest + 1 : endpoint);
    char *path = strstr(ret, "://");
    path = path ? strchr(path + 3, '/') : NULL;
    if (path)
        *path = '\0';
}

bool app_demo_open(const struct settings *settings, const char *endpoint,
                   const struct receipt_maker *receipts, struct app_demo **ret_demo,
                   char *ret_error, size_t error_size)
{
    char place[PLACE_SIZE];
    if (!settings->web_demo)
        return true;
    struct app_demo *demo = xcalloc(1, sizeof *demo);
    if (!open_folder(settings, demo, ret_error, error_size)) {
        app_demo_close(demo);
        return false;
    }
    write_place(endpoint, place);
    demo->demo = demo_new(&(struct demo_config){
        .emulator = strncmp(place, "http:", 5) == 0 ? place : NULL,
        .upstream = place,
        .face_ui = demo->face_ui,
        .version = face_versions[settings->upstream_api_version].name,
        .anonymous = (settings->auth_mode & AUTH_ANONYMOUS) != 0,
        .issuer = receipts->issuer,
        .audience = receipts->audience,
        .image_max_bytes = settings->policy_verify_image_max,
    });
    *ret_demo = demo;
    return true;
}

struct app_demo *app_demo_close(struct app_demo *demo)
{
    if (demo) {
        demo->demo = demo_free(demo->demo);
        demo->face_ui = web_folder_close(demo->face_ui);
    }
    free(demo);
    return NULL;
}

const struct demo *app_demo_of(const struct app_demo *demo)
{
    return demo ? demo->demo : NULL;
}
