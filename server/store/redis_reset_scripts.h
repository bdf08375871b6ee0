/*
 * The Lua scripts that keep and list resets of devices, for store/redis_scripts.h, whose LUA_HEAD
 * and LUA_TELL they begin with. A member of the set is "HEX EPOCH ID BASE", its score the time.
 */
#pragma once

/* clang-format off */

/* HEX of the tenant, base, epoch, id, when, the first time that stays, notes */
#define LUA_RESET_DEVICE \
    LUA_HEAD LUA_TELL LUA_NOTES \
    "local set, tenant, base, epoch = P .. 'resets', ARGV[5], ARGV[6], ARGV[7]\n" \
    "local member = table.concat({tenant, epoch, ARGV[8], base}, ' ')\n" \
    "if epoch == '1' and call('EXISTS', P .. 'device:' .. tenant .. ':' .. base) == 0 then\n" \
    "  return NOT_FOUND\n" \
    "end\n" \
    "if call('ZSCORE', set, member) then return CONFLICT end\n" \
    "for _, old in ipairs(call('ZRANGE', set, '-inf', '(' .. ARGV[10], 'BYSCORE')) do\n" \
    "  call('ZREM', set, old)\n" \
    "end\n" \
    "call('ZADD', set, ARGV[9], member)\n" \
    "keep_notes(11)\n" \
    "tell('resets')\n" \
    "return OK\n"

/* the first time, limit */
#define LUA_DEVICE_RESETS \
    LUA_HEAD \
    "return call('ZRANGE', P .. 'resets', '+inf', ARGV[5], 'BYSCORE', 'REV',\n" \
    "  'LIMIT', 0, ARGV[6], 'WITHSCORES')\n"

/* clang-format on */
