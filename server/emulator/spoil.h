/*
 * How a call's answer leaves: as it is, or as the call's fault wants it. Both are tail calls and
 * complete the call's entry in the request log, unless the fault cuts the connection.
 */
#pragma once

#include "emulator/call.h"

enum flow_next emu_call_reply(struct emu_call *call);
/* With nothing performed yet, the fault stands for the whole answer. */
enum flow_next emu_call_reply_spoiled(struct emu_call *call);
