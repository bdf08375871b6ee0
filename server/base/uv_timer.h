/*
 * The only way to start a libuv timer here. libuv counts from the loop's cached time, which is old
 * when the caller was woken by libh2o after an idle stretch: the timer would fire at once.
 */
#pragma once

#include <stdint.h>
#include <uv.h>

/* As uv_timer_start, counted from now. */
void timer_start(uv_timer_t *timer, uv_timer_cb callback, uint64_t timeout_ms, uint64_t repeat_ms);
