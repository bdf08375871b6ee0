/*
 * Reading logs.
 */
#include "support/log_lines.h"

#include <string.h>

static void delete_json(void *object)
{
    cJSON_Delete(object);
}

const cJSON *json_lines(const char *text)
{
    cJSON *lines = keep(cJSON_CreateArray(), delete_json);
    while (*text) {
        cJSON *line = cJSON_Parse(text);
        if (line)
            cJSON_AddItemToArray(lines, line);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return lines;
}

static bool is_public_request(const cJSON *line)
{
    const cJSON *event = json_find(line, "event");
    const cJSON *listener = json_find(line, "listener");
    return cJSON_IsString(event) && strcmp(event->valuestring, "request") == 0 &&
           cJSON_IsString(listener) && strcmp(listener->valuestring, "http") == 0;
}

const cJSON *requests_logged(struct daemon *daemon)
{
    cJSON *requests = keep(cJSON_CreateArray(), delete_json);
    const cJSON *line = NULL;
    cJSON_ArrayForEach (line, json_lines(daemon_log(daemon))) {
        if (is_public_request(line))
            cJSON_AddItemToArray(requests, cJSON_Duplicate(line, true));
    }
    return requests;
}

unsigned lines_with(const cJSON *lines, const char *member, const char *text)
{
    const cJSON *line = NULL;
    unsigned count = 0;
    cJSON_ArrayForEach (line, lines)
        count += strcmp(json_text_at(line, member), text) == 0;
    return count;
}
