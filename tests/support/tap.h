/*
 * A tap may stand between the tests and every public listener: it reads along and judges what it
 * sees (tests/openapi/tap.mjs). LIVENESSD_TEST_PROXY says where it is asked.
 */
#pragma once

/* The tap's address before this one ("127.0.0.1:PORT"); itself when there is no tap. Until the test
 * ends. */
const char *tap_before(const char *address);
