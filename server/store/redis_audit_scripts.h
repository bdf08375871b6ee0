/*
 * The Lua of the audit trail: what inserts and saves do with a record's notes, and the scripts of
 * the trail itself. Keys, and what all scripts share: redis_scripts.h, which includes this.
 */
#pragma once

/* clang-format off */

/* Audit entries are arguments: how many, then tenant, session, id and text of each.
 * behind_notes(from): the argument that follows on them. keep_notes(from): appends them. */
#define LUA_NOTES \
    "local function trail(tenant)\n" \
    "  return P .. 'audit' .. (tenant ~= '' and ':' .. hex(tenant) or '')\n" \
    "end\n" \
    "local function behind_notes(from) return from + 1 + 4 * tonumber(ARGV[from]) end\n" \
    "local function keep_notes(from)\n" \
    "  for i = from + 1, behind_notes(from) - 1, 4 do\n" \
    "    local tenant, of, id = ARGV[i], ARGV[i + 1], ARGV[i + 2]\n" \
    "    call('ZADD', trail(tenant), 0, id .. ' ' .. of .. ' ' .. ARGV[i + 3])\n" \
    "    if of ~= '' then call('ZADD', P .. 'audit:of:' .. of, 0, id) end\n" \
    "    if tenant ~= '' then call('SADD', P .. 'audited', hex(tenant)) end\n" \
    "  end\n" \
    "end\n"

/* notes */
#define LUA_AUDIT_APPEND \
    LUA_HEAD LUA_NOTES \
    "keep_notes(5)\n" \
    "return OK\n"

/* limit, tenant, the first id that may come, session or empty. '!' is what follows on ' '. */
#define LUA_AUDIT_LIST \
    LUA_HEAD LUA_NOTES \
    "local key, first, of = trail(ARGV[6]), '[' .. ARGV[7], ARGV[8]\n" \
    "local function page(set)\n" \
    "  return call('ZRANGE', set, first, '+', 'BYLEX', 'LIMIT', 0, ARGV[5])\n" \
    "end\n" \
    "if of == '' then return page(key) end\n" \
    "local found = {}\n" \
    "for _, id in ipairs(page(P .. 'audit:of:' .. of)) do\n" \
    "  local entry = call('ZRANGE', key, '[' .. id, '(' .. id .. '!', 'BYLEX')[1]\n" \
    "  if entry then found[#found + 1] = entry end\n" \
    "end\n" \
    "return found\n"

/* limit, the first id that stays */
#define LUA_AUDIT_FORGET \
    LUA_HEAD LUA_NOTES \
    "local left = tonumber(ARGV[5])\n" \
    "local function prune(key)\n" \
    "  local old = call('ZRANGE', key, '-', '(' .. ARGV[6], 'BYLEX', 'LIMIT', 0, left)\n" \
    "  for _, entry in ipairs(old) do\n" \
    "    local id, of = string.match(entry, '^(%S+) (%S*) ')\n" \
    "    if of and of ~= '' then call('ZREM', P .. 'audit:of:' .. of, id) end\n" \
    "    call('ZREM', key, entry)\n" \
    "  end\n" \
    "  left = left - #old\n" \
    "end\n" \
    "prune(trail(''))\n" \
    "for _, tenant in ipairs(call('SMEMBERS', P .. 'audited')) do\n" \
    "  if left <= 0 then break end\n" \
    "  prune(P .. 'audit:' .. tenant)\n" \
    "end\n" \
    "return left > 0 and OK or MORE\n"

/* clang-format on */
