/*
 * Answers every request with the bytes of the file it is given.
 */
#include "bare.h"

#include <errno.h>

enum { ANSWER_MAX = 64 * 1024 };

static char answer[ANSWER_MAX];
static size_t answer_size;

static int on_request(h2o_handler_t *handler, h2o_req_t *request)
{
    (void)handler;
    bare_answer(request, answer, answer_size);
    return 0;
}

int main(int argc, char **argv)
{
    static struct bare bare;
    FILE *file = argc == 2 ? fopen(argv[1], "re") : NULL;
    if (!file)
        return 64;
    answer_size = fread(answer, 1, sizeof answer, file);
    (void)fclose(file);
    h2o_loop_t *loop = h2o_evloop_create();
    bare_listen(&bare, loop, on_request);
    while (h2o_evloop_run(loop, INT32_MAX) == 0 || errno == EINTR)
        continue;
    return 1;
}
