/*
 * Timers counted from now instead of from the loop's cached time.
 */
#include "base/uv_timer.h"

#include <stdlib.h>

void timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout_ms, uint64_t repeat_ms)
{
    uv_update_time(timer->loop);
    /* fails only for a closing handle or without callback: a wait that would never end */
    if (uv_timer_start(timer, callback, timeout_ms, repeat_ms) != 0) {
        abort();
    }
}
