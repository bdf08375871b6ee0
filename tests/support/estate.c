/*
 * Sessions are created by the delegate for the owner, so that there is one; the settings keep
 * pictures, so that there is one of those, too.
 */
#include "support/estate.h"

#include "support/device_token.h"

#include <string.h>

#define OPERATE   ",\"scope\":\"liveness:operate\""
#define DELEGATES ",\"scope\":\"liveness:delegate\""
#define ZENITH    ",\"tid\":\"zenith\""
#define PREVIEWS  "/face/v1.2-preview.1/detectLiveness/singleModal/sessions"

const char *const caller_words[CALLER_KINDS] = {
    [OWNER] = "owner",
    [SAME_USER] = "same user on another device",
    [OTHER_USER] = "other user",
    [OTHER_TENANT] = "other tenant",
    [OTHER_DEVICE] = "other device",
    [OPERATOR] = "operator",
    [OTHER_OPERATOR] = "operator of another tenant",
    [DELEGATE] = "delegate who created",
    [OTHER_DELEGATE] = "other delegate",
    [NOBODY] = "no credential",
    [WRONG] = "wrong credential",
    [EXPIRED] = "expired credential",
};

/* ---- credentials ---- */

static const char *expired_bearer(const struct signer *key, const char *kid, const char *issuer,
                                  const char *subject, const char *more)
{
    long long now = wall_s();
    const char *claims = text_of("{\"iss\":\"%s\",\"aud\":\"liveness\",\"sub\":\"%s\","
                                 "\"iat\":%lld,\"exp\":%lld%s}",
                                 issuer, subject, now - 900, now - 600, more);
    return bearer_of(token_of(key, "ES256", header_of("ES256", kid), claims));
}

static void call_of_users(struct estate *estate)
{
    const struct identities *it = &estate->it;
    const struct signer *forger = key_new("P-256");
    const char *claims = claims_of(CORP, "ann", ",\"tid\":\"acme\"");
    estate->subject = "jwt:corp:ann";
    estate->callers[OWNER][0] = corp_bearer(it, "ann", "");
    estate->callers[SAME_USER][0] = corp_bearer(it, "ann", ",\"jti\":\"another\"");
    estate->callers[OTHER_USER][0] = corp_bearer(it, "bob", "");
    estate->callers[OTHER_TENANT][0] = corp_bearer(it, "ann", ZENITH);
    estate->callers[OPERATOR][0] = corp_bearer(it, "ops", OPERATE);
    estate->callers[OTHER_OPERATOR][0] = corp_bearer(it, "ops", ZENITH OPERATE);
    estate->callers[DELEGATE][0] = corp_bearer(it, "desk", DELEGATES);
    estate->callers[OTHER_DELEGATE][0] = corp_bearer(it, "till", DELEGATES);
    estate->callers[WRONG][0] =
        bearer_of(token_of(forger, "ES256", header_of("ES256", "e1"), claims));
    estate->callers[EXPIRED][0] = expired_bearer(it->ec, "e1", CORP, "ann", ",\"tid\":\"acme\"");
}

/* What apps and devices have in common: their tenant. */
static void call_of_locals(struct estate *estate)
{
    const struct identities *it = &estate->it;
    estate->callers[OTHER_USER][0] = shop_bearer(it, "tok", "");
    estate->callers[OTHER_TENANT][0] = corp_bearer(it, "app", "");
    estate->callers[OPERATOR][0] = "Authorization: Bearer ops";
    estate->callers[OTHER_OPERATOR][0] = corp_bearer(it, "ops", OPERATE);
    estate->callers[DELEGATE][0] = shop_bearer(it, "desk", DELEGATES);
    estate->callers[OTHER_DELEGATE][0] = shop_bearer(it, "till", DELEGATES);
}

static void call_of_apps(struct estate *estate)
{
    call_of_locals(estate);
    estate->subject = "app:app";
    estate->callers[OWNER][0] = "Ocp-Apim-Subscription-Key: tok";
    estate->callers[SAME_USER][0] = "Authorization: Bearer tok";
    estate->callers[WRONG][0] = "Ocp-Apim-Subscription-Key: tok2";
    estate->callers[EXPIRED][0] =
        expired_bearer(estate->it.shop_key, "s1", SHOP, "desk", DELEGATES);
}

/* A new device each time: a reset has ended the tokens of the one before. */
static void call_of_devices(struct estate *estate)
{
    const struct rig *rig = &estate->it.rig;
    const char *id = text_of("0b9d4c1e-7a52-4a35-9d0f-%012u", ++estate->renewals);
    call_of_locals(estate);
    estate->subject = text_of("device:%s", id);
    estate->callers[OWNER][0] = device_token_of(rig, id, 0);
    estate->callers[WRONG][0] = "X-Device-Token: eyJhbGciOiJIUzI1NiJ9.e30.AA";
    estate->callers[EXPIRED][0] = device_token_of(rig, id, 181);
}

/* ---- the session ---- */

static void settle(struct estate *estate)
{
    struct story *story = &estate->story;
    const struct rig *rig = &estate->it.rig;
    play_device(rig, story->auth_token, SAW_REAL);
    expect_verdict(story_get(rig, story), "live", true);
    struct story operators = *story;
    operators.owner = estate->callers[OPERATOR][0];
    estate->image_id =
        json_text_at(story_get(rig, &operators)->json, "results.attempts[0].result.sessionImageId");
}

void estate_renew(struct estate *estate, bool settled)
{
    const struct rig *rig = &estate->it.rig;
    if (estate->kind == ESTATE_DEVICE)
        call_of_devices(estate);
    const char *body =
        text_of("{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"%s\"}", estate->subject);
    const struct http_answer *created =
        expect_status(estate_ask(estate, DELEGATE, "POST", SESSIONS_PATH, body), 200);
    estate->story = (struct story){.id = json_text_at(created->json, "sessionId"),
                                   .auth_token = json_text_at(created->json, "authToken"),
                                   .owner = estate->callers[OWNER][0]};
    estate->settled = settled;
    estate->image_id = NULL;
    if (settled)
        settle(estate);
    const struct http_answer *seen =
        http_do("GET", daemon_url(rig->server, "http", text_of(PREVIEWS "/%s", estate->story.id)),
                NULL, estate->callers[OPERATOR][0]);
    estate->device_id = json_text_at(expect_status(seen, 200)->json, "deviceCorrelationId");
}

struct estate estate_open_at(struct place place, enum estate_kind kind, bool closed)
{
    static void (*const call[])(struct estate *) = {[ESTATE_JWT] = call_of_users,
                                                    [ESTATE_APP] = call_of_apps,
                                                    [ESTATE_DEVICE] = call_of_devices};
    const char *const settings[] = {"retention.image=1h", "policy.session_image=always",
                                    closed ? "auth.mode=jwt,app_token" : NULL, NULL};
    struct estate estate = {
        .kind = kind, .closed = closed, .it = identities_open_at(place, settings)};
    const struct rig *rig = &estate.it.rig;
    estate.callers[OTHER_DEVICE][0] =
        device_token_of(rig, "0b9d4c1e-7a52-4a35-9d0f-3f1f6a1f2b3c", 0);
    call[kind](&estate);
    if (kind != ESTATE_DEVICE) /* nobody knows a device's user */
        estate.callers[SAME_USER][1] = estate.callers[OTHER_DEVICE][0];
    return estate;
}

const struct http_answer *estate_ask(const struct estate *estate, enum caller_kind caller,
                                     const char *method, const char *path, const char *body)
{
    const char *const *headers = estate->callers[caller];
    return http_send(
        &(struct http_request){.method = method,
                               .url = daemon_url(estate->it.rig.server, "http", path),
                               .body = body,
                               .headers = {headers[0], headers[0] ? headers[1] : NULL}});
}
