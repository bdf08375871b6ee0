/*
 * The token endpoint: an application shows its secret and gets a token for the Face resource. Only
 * the client credentials grant, only the data plane's scope. Refusals have OAuth's form.
 */
#include "base/form.h"
#include "base/secret.h"
#include "emulator/call.h"
#include "emulator/entra.h"
#include "emulator/routes.h"

#include <string.h>

enum { FIELD_MAX = 256, SECRET_MAX = 1024, TENANT_MAX = 128 };

static enum flow_next begin_token(struct flow *flow)
{
    return emu_call_begin(flow, EMU_TOKEN);
}

static void refuse(struct emu_call *call, int status, const char *error, const char *description)
{
    emu_oauth_error_write(error, description, emu_call_answer(call, status));
}

static bool is_text(const struct buf *text, const char *expected)
{
    return slice_equal(buf_slice(text), slice_of(expected));
}

static bool is_scope(const struct buf *scope)
{
    return is_text(scope, EMU_ENTRA_AUDIENCE "/.default") ||
           is_text(scope, EMU_ENTRA_AUDIENCE "//.default");
}

/* The field of the body; true when it is there and not empty. */
static bool read_field(const struct emu_call *call, const char *name, struct buf *ret)
{
    return form_field(call->flow.request->body, name, ret) && ret->len > 0 && !buf_failed(ret);
}

static bool check_grant(struct emu_call *call)
{
    CLEANUP(buf) struct buf grant;
    CLEANUP(buf) struct buf scope;

    buf_init(&grant, FIELD_MAX);
    buf_init(&scope, FIELD_MAX);
    if (!read_field(call, "grant_type", &grant))
        refuse(call, 400, "invalid_request", "grant_type is missing.");
    else if (!is_text(&grant, "client_credentials"))
        refuse(call, 400, "unsupported_grant_type", "grant_type has to be client_credentials.");
    else if (!read_field(call, "scope", &scope))
        refuse(call, 400, "invalid_request", "scope is missing.");
    else if (!is_scope(&scope))
        refuse(call, 400, "invalid_scope", "scope has to be " EMU_ENTRA_AUDIENCE "/.default.");
    else
        return true;
    return false;
}

static bool check_client(struct emu_call *call, struct buf *ret_client_id)
{
    CLEANUP(secret_buf) struct buf secret;
    const char *expected = emu_call_emulator(call)->client_secret;

    buf_init_secret(&secret, SECRET_MAX);
    if (!read_field(call, "client_id", ret_client_id))
        refuse(call, 400, "invalid_request", "client_id is missing, or too long.");
    else if (!read_field(call, "client_secret", &secret))
        refuse(call, 401, "invalid_client", "client_secret is missing, or too long.");
    else if (expected && !secret_equal(secret.data, secret.len, expected, strlen(expected)))
        refuse(call, 401, "invalid_client", "client_secret is not the application's.");
    else
        return true;
    return false;
}

static void write_token(const struct buf *token, uint32_t lifetime_s, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_put_string(&writer, "token_type", "Bearer");
    json_put_integer(&writer, "expires_in", lifetime_s);
    json_put_integer(&writer, "ext_expires_in", lifetime_s);
    json_put_slice(&writer, "access_token", buf_slice(token));
    json_close(&writer, '}');
}

static void answer_token(struct emu_call *call, const struct buf *client_id)
{
    CLEANUP(secret_buf) struct buf token;
    const struct emulator *emulator = emu_call_emulator(call);
    const struct emu_entra_grant grant = {
        .tenant = call->flow.request->params[0],
        .client_id = buf_slice(client_id),
        .lifetime_s = emulator->entra.lifetime_s,
    };

    buf_init_secret(&token, JWT_MAX_BYTES);
    if (grant.tenant.len > TENANT_MAX)
        refuse(call, 400, "invalid_request", "There is no tenant of this name.");
    else if (emu_entra_mint(emulator->entra.key, emulator->random, &grant, emu_call_now_ms(call),
                            &token))
        refuse(call, 400, "invalid_request", "client_id cannot be put into a token.");
    else
        write_token(&token, grant.lifetime_s, emu_call_answer(call, 200));
}

static enum flow_next give_token(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    CLEANUP(buf) struct buf client_id;

    buf_init(&client_id, FIELD_MAX);
    if (check_grant(call) && check_client(call, &client_id))
        answer_token(call, &client_id);
    request_body_wipe(flow->request);
    return FLOW_NEXT;
}

const struct flow_step emu_token_steps[] = {
    FLOW_STEP(begin_token),   FLOW_STEP(emu_call_spoil), FLOW_STEP(give_token),
    FLOW_STEP(emu_call_hold), FLOW_STEP(emu_call_send),  FLOW_END,
};
