/*
 * GET /demo/…: a liveness check in the browser, as page, scripts and style, and below
 * /demo/face-ui/ the vendor's web component. Addresses in them are relative, since a base path may
 * stand in front. Everything sent was in memory before the server listened. Without web.demo the
 * listener has none of these rows.
 */
#include "routes/demo.h"

#include "base/json.h"
#include "routes/page.h"
#include "routes/services.h"
#include "routes/small_routes.h"
#include "web/folder.h"

#include <stdio.h>

enum { POLICY_SIZE = 1024, SETTINGS_MAX = 4096, NAME_SIZE = 128 };

/* The component brings an engine that makes functions out of text, and styles of its own. Its page
 * is a frame of the demo's, so that the demo itself needs neither. */
#define FRAME_POLICY                                                                               \
    "script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; " \
    "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self' data:; "            \
    "worker-src 'self' blob:; connect-src 'self' blob: data:"
#define PAGE_POLICY                                                                                \
    "script-src 'self'; style-src 'self'; img-src 'self' blob:; "                                  \
    "require-trusted-types-for 'script'; trusted-types 'none'; "
#define CAMERA_ONLY                                                                                \
    "camera=(self), microphone=(), geolocation=(), accelerometer=(), gyroscope=(), "               \
    "magnetometer=(), payment=(), usb=()"

struct demo {
    const struct web_folder *face_ui;
    char page_policy[POLICY_SIZE];
    char frame_policy[POLICY_SIZE];
    struct buf settings;
};

/* ---- what pages are told ---- */

static void put_text(struct json_writer *json, const char *name, const char *value)
{
    if (value)
        json_put_string(json, name, value);
    else
        json_put_raw(json, name, SLICE("null"));
}

static void write_settings(const struct demo_config *config, struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    put_text(&json, "emulator", config->emulator);
    json_put_bool(&json, "faceUi", config->face_ui != NULL);
    json_put_string(&json, "apiVersion", config->version);
    json_put_bool(&json, "anonymous", config->anonymous);
    json_put_string(&json, "issuer", config->issuer);
    json_put_string(&json, "audience", config->audience);
    json_put_integer(&json, "imageMaxBytes", (int64_t)config->image_max_bytes);
    json_close(&json, '}');
}

struct demo *demo_new(const struct demo_config *config)
{
    struct demo *demo = xcalloc(1, sizeof *demo);
    demo->face_ui = config->face_ui;
    (void)snprintf(demo->page_policy, sizeof demo->page_policy,
                   PAGE_POLICY "connect-src 'self'%s%s%s", config->emulator ? " " : "",
                   config->emulator ? config->emulator : "",
                   config->face_ui ? "; frame-src 'self'" : "");
    (void)snprintf(demo->frame_policy, sizeof demo->frame_policy, FRAME_POLICY " %s",
                   config->upstream);
    buf_init(&demo->settings, SETTINGS_MAX);
    write_settings(config, &demo->settings);
    return demo;
}

struct demo *demo_free(struct demo *demo)
{
    if (demo)
        buf_done(&demo->settings);
    free(demo);
    return NULL;
}

/* ---- sending ---- */

static const struct demo *demo_of(const struct flow *flow)
{
    const struct services *services = flow->request->context;
    return services->demo;
}

static enum flow_next none(struct flow *flow)
{
    return flow_fail(flow, PROBLEM_ROUTE_NOT_FOUND);
}

static enum flow_next send_asset(struct flow *flow, const struct asset *asset)
{
    reply_header(flow->request, "cross-origin-resource-policy", SLICE("same-origin"));
    reply_static(flow->request, 200, asset->type, asset->body);
    return FLOW_DONE;
}

/* The address of a folder ends with a slash, or what is relative to it would be beside it. */
static bool ends_with_slash(const struct request *request)
{
    return request->path.data[request->path.len - 1] == '/';
}

static enum flow_next send_to(struct flow *flow, struct slice place)
{
    reply_header(flow->request, "location", place);
    reply_empty(flow->request, 302);
    return FLOW_DONE;
}

static enum flow_next show_page(struct flow *flow)
{
    const struct demo *demo = demo_of(flow);
    struct asset asset;
    if (!asset_find(SLICE("demo/index.html"), &asset))
        return none(flow);
    if (!ends_with_slash(flow->request))
        return send_to(flow, SLICE("demo/"));
    page_reply(flow->request, demo->page_policy, demo->face_ui ? CAMERA_ONLY : NULL, asset.body);
    return FLOW_DONE;
}

static enum flow_next show_file(struct flow *flow)
{
    char name[NAME_SIZE];
    struct slice file = flow->request->params[0];
    struct asset asset;
    (void)snprintf(name, sizeof name, "demo/%.*s", SLICE_ARGS(file));
    if (file.len > NAME_SIZE / 2 || !asset_find(slice_of(name), &asset))
        return none(flow);
    /* pages have addresses of their own */
    return strncmp(asset.type, "text/html", 9) == 0 ? none(flow) : send_asset(flow, &asset);
}

static enum flow_next show_settings(struct flow *flow)
{
    const struct demo *demo = demo_of(flow);
    reply_header(flow->request, "cross-origin-resource-policy", SLICE("same-origin"));
    reply_json(flow->request, 200, buf_slice(&demo->settings));
    return FLOW_DONE;
}

static enum flow_next show_frame(struct flow *flow)
{
    const struct demo *demo = demo_of(flow);
    struct asset asset;
    if (!demo->face_ui || !asset_find(SLICE("demo/frame.html"), &asset))
        return none(flow);
    if (!ends_with_slash(flow->request))
        return send_to(flow, SLICE("face-ui/"));
    page_reply_framed(flow->request, demo->frame_policy, CAMERA_ONLY, asset.body);
    return FLOW_DONE;
}

static enum flow_next show_component(struct flow *flow)
{
    const struct demo *demo = demo_of(flow);
    struct asset asset;
    if (!demo->face_ui || !web_folder_find(demo->face_ui, flow->request->params[0], &asset))
        return none(flow);
    /* an engine of megabytes is fetched anew for every check otherwise */
    reply_header(flow->request, "cache-control", SLICE("private, max-age=300"));
    return send_asset(flow, &asset);
}

const struct flow_step demo_page_steps[] = {FLOW_STEP(show_page), FLOW_END};
const struct flow_step demo_file_steps[] = {FLOW_STEP(show_file), FLOW_END};
const struct flow_step demo_settings_steps[] = {FLOW_STEP(show_settings), FLOW_END};
const struct flow_step demo_frame_steps[] = {FLOW_STEP(show_frame), FLOW_END};
const struct flow_step demo_component_steps[] = {FLOW_STEP(show_component), FLOW_END};
