/*
 * Paths through JSON documents, for tests.
 */
#include "support/json_path.h"

#include <stdlib.h>
#include <string.h>

const cJSON *json_find(const cJSON *json, const char *path)
{
    while (json && *path) {
        if (*path == '[') {
            char *end = NULL;
            long index = strtol(path + 1, &end, 10);
            json = cJSON_IsArray(json) ? cJSON_GetArrayItem(json, (int)index) : NULL;
            path = end + 1;
        } else {
            size_t length = strcspn(path, ".[");
            const char *name = text_of("%.*s", (int)length, path);
            json = cJSON_IsObject(json) ? cJSON_GetObjectItemCaseSensitive(json, name) : NULL;
            path += length;
        }
        if (*path == '.')
            path++;
    }
    return json;
}

const char *json_shown(const cJSON *json)
{
    if (!json)
        return "(no JSON)";
    return keep(cJSON_Print(json), free);
}

const cJSON *json_at_place(struct place place, const cJSON *json, const char *path)
{
    const cJSON *found = json_find(json, path);
    if (!found)
        fail_at(place, "no %s in %s", path, json_shown(json));
    return found;
}

const char *json_text_at_place(struct place place, const cJSON *json, const char *path)
{
    const cJSON *found = json_at_place(place, json, path);
    if (!cJSON_IsString(found))
        fail_at(place, "%s is no text in %s", path, json_shown(json));
    return found->valuestring;
}

double json_number_at_place(struct place place, const cJSON *json, const char *path)
{
    const cJSON *found = json_at_place(place, json, path);
    if (!cJSON_IsNumber(found))
        fail_at(place, "%s is no number in %s", path, json_shown(json));
    return found->valuedouble;
}

bool json_bool_at_place(struct place place, const cJSON *json, const char *path)
{
    const cJSON *found = json_at_place(place, json, path);
    if (!cJSON_IsBool(found))
        fail_at(place, "%s is neither true nor false in %s", path, json_shown(json));
    return cJSON_IsTrue(found);
}
