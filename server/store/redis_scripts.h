/*
 * Everything the Redis store does, but for loading a record, is one of these Lua scripts, so each
 * is done whole or not at all: a script reads and decides first and writes then. Here is what lies
 * in Redis and the scripts as texts; sending them is store_redis_question.c's.
 *
 * All keys begin with the prefix (setting store.redis_prefix):
 *   session:ID        hash: a record, its members by the column names of session_columns.h, those
 *                     that are zero or empty left out, and "revision". It expires an hour after it
 *                     could have been forgotten, in case no process lives then; not while a
 *                     deletion is owed.
 *   open              sorted set of ids, SESSION_CREATED, by token_expires_at (0: none)
 *   list:0, list:1    of those that can be shown, by kind, all at 0, so in the order of ids; those
 *                     of another tenant than the local one in list:0:HEX and list:1:HEX
 *   tenants           set of these HEX
 *   orphaned          of SESSION_ORPHANED, by created_at
 *   owed              of deletions owed, by when they may be handed out next
 *   late              of deletions owed that are due or were tried in vain, by created_at
 *   forget            of what may be forgotten, by forget_at
 *   keys              of those with an idempotency key, by token_expires_at
 *   key:HEX           the id of the record that has this idempotency key
 *   upstream:UUID     the id of the record that has this upstream id
 *   claim:ID          "looking:INSTANCE" or "rested": who looks at an open session upstream
 *   limit:NUMBER      when somebody has all of their burst again, in Redis' microseconds: see
 *                     domain/limiter.h
 *   instances         sorted set of processes, by Redis' time of their last beat
 *   intents:INSTANCE  hash: ids of creates under way, with created_at
 *   audit, audit:HEX  sorted sets of audit entries by tenant, all at 0: "ID SESSION {…}", so in the
 *                     order of ids
 *   audit:of:ID       of the ids of a session's audit entries, all at 0
 *   audited           set of the HEX of tenants that have audit entries
 *   device:HEX:ID     of every device, of which tenant: sessions of this correlation id were made;
 *                     expires like the youngest of them
 *   resets            sorted set of "HEX EPOCH ID BASE", resets of devices, by when
 *   probe:…           written and removed to see whether that works
 * and the channel "news": "INSTANCE changed ID", "INSTANCE looked ID WORD", "INSTANCE peers",
 * "INSTANCE resets".
 *
 * Redis' clock is not ours: times in records are compared with the caller's `now`, and keys expire
 * after a time that is reckoned from that. Beats and intents are redis_presence.c's, which goes by
 * Redis' clock.
 */
#pragma once

#include "store/redis_audit_scripts.h"
#include "store/redis_charge_script.h"
#include "store/redis_reset_scripts.h"
#include "store/session_columns.h"
#include "store/store.h"

/* The scripts spell these as numbers. */
_Static_assert(SESSION_CREATED == 0 && SESSION_SETTLED == 1 && SESSION_ORPHANED == 3 &&
                   DELETION_OWED == 1,
               "see LUA_PLACE");
_Static_assert(STORE_OK == 0 && STORE_NOT_FOUND == 1 && STORE_CONFLICT == 2 &&
                   STORE_KEY_TAKEN == 3 && STORE_MORE == 4,
               "see LUA_HEAD");

#define LUA_NAME(column, member) "'" #column "',"
#define LUA_COLUMNS              SESSION_COLUMNS(LUA_NAME, LUA_NAME, LUA_NAME, LUA_NAME, LUA_NAME)

/* clang-format off */

/* What every script begins with, behind its flags. The first four arguments are the same for all.
 * redis.call raises an error, which ends the script. */
#define LUA_HEAD \
    "local OK, NOT_FOUND, CONFLICT, KEY_TAKEN, MORE = 0, 1, 2, 3, 4\n" \
    "local call = redis.call\n" \
    "local P, instance, now, lease = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])\n" \
    "local function session(id) return P .. 'session:' .. id end\n" \
    "local function number(text) return tonumber(text or 0) or 0 end\n" \
    /* of a key that should hold a hash: false when it holds something else, or nothing of ours */ \
    "local function hash(key, ...)\n" \
    "  local values = redis.pcall('HMGET', key, 'revision', ...)\n" \
    "  if not values.err then return values[1] and values end\n" \
    "  if not string.find(values.err, 'WRONGTYPE', 1, true) then error(values) end\n" \
    "  return false\n" \
    "end\n" \
    "local function hex(key)\n" \
    "  return string.format(string.rep('%02x', #key), string.byte(key, 1, #key))\n" \
    "end\n"

/* record(id): revision, columns, id; false when there is none.
 * gather(limit, page): the records of the ids that page(from, count) gives, from 0 on, those that
 * are gone passed over; and the ids that are gone. So many are passed over only when no process
 * lived for long, which the first forget mends. */
#define LUA_READ \
    "local function record(id)\n" \
    "  local row = hash(session(id), " LUA_COLUMNS "'revision')\n" \
    "  if row then row[#row] = id end\n" \
    "  return row\n" \
    "end\n" \
    "local function gather(limit, page)\n" \
    "  local found, gone, from = {}, {}, 0\n" \
    "  for _ = 1, 20 do\n" \
    "    local wanted = limit - #found\n" \
    "    if wanted <= 0 then break end\n" \
    "    local ids = page(from, wanted)\n" \
    "    for _, id in ipairs(ids) do\n" \
    "      local row = record(id)\n" \
    "      if row then found[#found + 1] = row else gone[#gone + 1] = id end\n" \
    "    end\n" \
    "    from = from + #ids\n" \
    "    if #ids < wanted then break end\n" \
    "  end\n" \
    "  return found, gone\n" \
    "end\n" \
    "local function page_by_score(name, last)\n" \
    "  return function(from, count)\n" \
    "    return call('ZRANGE', P .. name, '-inf', last, 'BYSCORE', 'LIMIT', from, count)\n" \
    "  end\n" \
    "end\n"

/* stored(id): what of a record decides about its places, as a table; false when there is none.
 * places(r): in which sorted sets such a record belongs, and where.
 * move(id, old, new): from the places of old to those of new; old may be false. A deletion that
 * becomes due by this is left to the caller for the time of a lease. Handing out a deletion puts it
 * into `late`, which old does not show: it is always looked after.
 * write(id, old, new, revision, members): moves it, then makes the record what new is. Should a
 * server end a script in the middle after all, a place without a record does no harm. */
#define LUA_PLACE \
    "local PLACES = {'open','list:0','list:1','orphaned','owed','late','forget','keys'}\n" \
    "local DECIDING = {'state','kind','created_at','token_expires_at','deletion','deletion_at',\n" \
    "  'deletion_tries','forget_at','upstream_id','idempotency_key','tenant'}\n" \
    "local SAFETY_MS, CENTURY_MS = 3600000, 3155760000000\n" \
    "local function stored(id)\n" \
    "  local values = hash(session(id), unpack(DECIDING))\n" \
    "  if not values then return false end\n" \
    "  local r = {revision = values[1]}\n" \
    "  for i, name in ipairs(DECIDING) do r[name] = values[i + 1] or nil end\n" \
    "  return r\n" \
    "end\n" \
    "local function places(r)\n" \
    "  local at = {}\n" \
    "  if not r then return at end\n" \
    "  local state = number(r.state)\n" \
    "  if state == 0 then at.open = r.token_expires_at or '0' end\n" \
    "  local tenant = r.tenant and ':' .. hex(r.tenant) or ''\n" \
    "  if state <= 1 then at['list:' .. (r.kind or '0') .. tenant] = '0' end\n" \
    "  if state == 3 then at.orphaned = r.created_at or '0' end\n" \
    "  if r.idempotency_key then at.keys = r.token_expires_at or '0' end\n" \
    "  if r.deletion == '1' then\n" \
    "    at.owed = r.deletion_at or '0'\n" \
    "    if number(at.owed) <= now or number(r.deletion_tries) > 0 then\n" \
    "      at.late = r.created_at or '0'\n" \
    "    end\n" \
    "  elseif number(r.forget_at) > 0 then\n" \
    "    at.forget = r.forget_at\n" \
    "  end\n" \
    "  return at\n" \
    "end\n" \
    "local function unpoint(key, id)\n" \
    "  if call('GET', key) == id then call('DEL', key) end\n" \
    "end\n" \
    "local function ttl(time)\n" \
    "  return math.min(math.max(number(time) - now, 0) + SAFETY_MS, CENTURY_MS)\n" \
    "end\n" \
    "local function move_pointers(id, old, new, from, to)\n" \
    "  local had, has = old and old.upstream_id, new and new.upstream_id\n" \
    "  if had and had ~= has then unpoint(P .. 'upstream:' .. had, id) end\n" \
    "  if has and to.forget then\n" \
    "    call('SET', P .. 'upstream:' .. has, id, 'PX', ttl(to.forget))\n" \
    "  elseif has and (had ~= has or from.forget) then\n" \
    "    call('SET', P .. 'upstream:' .. has, id)\n" \
    "  end\n" \
    "  had, has = old and old.idempotency_key, new and new.idempotency_key\n" \
    "  if had and had ~= has then unpoint(P .. 'key:' .. hex(had), id) end\n" \
    "  if has and (had ~= has or from.keys ~= to.keys) then\n" \
    "    call('SET', P .. 'key:' .. hex(has), id, 'PX', ttl(to.keys))\n" \
    "  end\n" \
    "end\n" \
    "local function move(id, old, new)\n" \
    "  local from, to = places(old), places(new)\n" \
    "  from.late = from.owed and 'perhaps'\n" \
    "  if to.owed and to.owed ~= from.owed and number(to.owed) <= now then\n" \
    "    to.owed = now + lease\n" \
    "  end\n" \
    "  for name, score in pairs(to) do\n" \
    "    if score ~= from[name] then call('ZADD', P .. name, score, id) end\n" \
    "  end\n" \
    "  for name, score in pairs(from) do\n" \
    "    if score and not to[name] then call('ZREM', P .. name, id) end\n" \
    "  end\n" \
    "  if new.tenant then call('SADD', P .. 'tenants', hex(new.tenant)) end\n" \
    "  move_pointers(id, old, new, from, to)\n" \
    "end\n" \
    "local function write(id, old, new, revision, ...)\n" \
    "  move(id, old, new)\n" \
    "  call('DEL', session(id))\n" \
    "  call('HSET', session(id), 'revision', revision, ...)\n" \
    "  local forget = places(new).forget\n" \
    "  if forget then call('PEXPIRE', session(id), ttl(forget)) end\n" \
    "end\n"

/* drop(ids): the records, or what expired ones have left behind. Never one that owes a deletion. */
#define LUA_DROP \
    "local function drop(ids)\n" \
    "  local gone = {}\n" \
    "  for _, id in ipairs(ids) do\n" \
    "    local r = stored(id) or {}\n" \
    "    if r.deletion == '1' then\n" \
    "      call('ZREM', P .. 'forget', id)\n" \
    "    else\n" \
    "      if r.upstream_id then unpoint(P .. 'upstream:' .. r.upstream_id, id) end\n" \
    "      if r.idempotency_key then unpoint(P .. 'key:' .. hex(r.idempotency_key), id) end\n" \
    "      call('DEL', session(id), P .. 'claim:' .. id)\n" \
    "      gone[#gone + 1] = id\n" \
    "    end\n" \
    "  end\n" \
    "  if #gone == 0 then return end\n" \
    "  for _, name in ipairs(PLACES) do call('ZREM', P .. name, unpack(gone)) end\n" \
    "  for _, tenant in ipairs(call('SMEMBERS', P .. 'tenants')) do\n" \
    "    call('ZREM', P .. 'list:0:' .. tenant, unpack(gone))\n" \
    "    call('ZREM', P .. 'list:1:' .. tenant, unpack(gone))\n" \
    "  end\n" \
    "end\n"

/* release(id, r): takes the idempotency key from a record. */
#define LUA_RELEASE \
    "local function release(id, r)\n" \
    "  if r.idempotency_key then unpoint(P .. 'key:' .. hex(r.idempotency_key), id) end\n" \
    "  call('HDEL', session(id), 'idempotency_key', 'idempotency_request', 'sealed_answer')\n" \
    "  call('HSET', session(id), 'revision', number(r.revision) + 1)\n" \
    "  call('ZREM', P .. 'keys', id)\n" \
    "end\n"

#define LUA_TELL \
    "local function tell(what) call('PUBLISH', P .. 'news', instance .. ' ' .. what) end\n"

/* The members of a record from argument `from` on, as a table. */
#define LUA_GIVEN \
    "local function given(from)\n" \
    "  local r = {}\n" \
    "  for i = from, #ARGV, 2 do r[ARGV[i]] = ARGV[i + 1] end\n" \
    "  return r\n" \
    "end\n"

/* limit, token_expires_at and id of the position. Among those that expire together the place is
 * found by halving, since the record at the position may be gone; by bytes, since Lua compares
 * texts as the server's locale says. */
#define LUA_EXPIRED \
    LUA_HEAD LUA_READ \
    "local open, time, id = P .. 'open', ARGV[6], ARGV[7]\n" \
    "local function behind(member)\n" \
    "  for i = 1, #member do\n" \
    "    local mine, yours = string.byte(member, i), string.byte(id, i) or -1\n" \
    "    if mine ~= yours then return mine > yours end\n" \
    "  end\n" \
    "  return false\n" \
    "end\n" \
    "local first = call('ZCOUNT', open, '-inf', number(time) > 0 and '(' .. time or 0)\n" \
    "local last = first + (number(time) > 0 and call('ZCOUNT', open, time, time) or 0)\n" \
    "while first < last do\n" \
    "  local middle = math.floor((first + last) / 2)\n" \
    "  if behind(call('ZRANGE', open, middle, middle)[1]) then\n" \
    "    last = middle\n" \
    "  else\n" \
    "    first = middle + 1\n" \
    "  end\n" \
    "end\n" \
    "local stop = call('ZCOUNT', open, '-inf', ARGV[3])\n" \
    "return (gather(tonumber(ARGV[5]), function(from, count)\n" \
    "  from = first + from\n" \
    "  count = math.min(count, stop - from)\n" \
    "  return count > 0 and call('ZRANGE', open, from, from + count - 1) or {}\n" \
    "end))\n"

/* limit, which list, text to go on behind */
#define LUA_LIST \
    LUA_HEAD LUA_READ \
    "return (gather(tonumber(ARGV[5]), function(from, count)\n" \
    "  return call('ZRANGE', P .. 'list:' .. ARGV[6], '(' .. ARGV[7], '+', 'BYLEX',\n" \
    "    'LIMIT', from, count)\n" \
    "end))\n"

/* upstream ids */
#define LUA_FIND_UPSTREAM \
    LUA_HEAD LUA_READ \
    "local found = {}\n" \
    "for i = 5, #ARGV do\n" \
    "  local id = call('GET', P .. 'upstream:' .. ARGV[i])\n" \
    "  local row = id and record(id)\n" \
    "  if row then found[#found + 1] = row end\n" \
    "end\n" \
    "return found\n"

/* the key, 32 bytes */
#define LUA_FIND_KEY \
    LUA_HEAD LUA_READ LUA_PLACE \
    "local id = call('GET', P .. 'key:' .. hex(ARGV[5]))\n" \
    "local r = id and stored(id)\n" \
    "if not r or r.idempotency_key ~= ARGV[5] or number(r.token_expires_at) <= now then\n" \
    "  return {}\n" \
    "end\n" \
    "return {record(id) or nil}\n"

/* Deletions that were put off are not in `late` until they are handed out: those whose time has
 * come are few, as they are handed out within seconds. */
#define LUA_COUNT \
    LUA_HEAD \
    "local late = P .. 'late'\n" \
    "local owed = call('ZCARD', late)\n" \
    "local oldest = number(call('ZRANGE', late, 0, 0, 'WITHSCORES')[2])\n" \
    "for _, id in ipairs(call('ZRANGE', P .. 'owed', '-inf', now, 'BYSCORE', 'LIMIT', 0, 1000)) do\n" \
    "  local created = not call('ZSCORE', late, id) and call('HGET', session(id), 'created_at')\n" \
    "  if created then\n" \
    "    owed = owed + 1\n" \
    "    oldest = oldest > 0 and math.min(oldest, number(created)) or number(created)\n" \
    "  end\n" \
    "end\n" \
    "local open = P .. 'open'\n" \
    "return {call('ZCARD', open), call('ZCOUNT', open, '(0', now), owed, oldest,\n" \
    "  call('ZCARD', P .. 'orphaned')}\n"

/* limit */
#define LUA_DUE \
    LUA_HEAD LUA_READ LUA_PLACE LUA_DROP \
    "local owed, late, handed = P .. 'owed', P .. 'late', {}\n" \
    "local found, gone = gather(tonumber(ARGV[5]), page_by_score('owed', now))\n" \
    "for _, row in ipairs(found) do\n" \
    "  local id = row[#row]\n" \
    "  local r = stored(id)\n" \
    "  if r.deletion == '1' then\n" \
    "    call('ZADD', owed, now + lease, id)\n" \
    "    call('ZADD', late, number(r.created_at), id)\n" \
    "    handed[#handed + 1] = row\n" \
    "  else\n" \
    "    call('ZREM', owed, id)\n" \
    "    call('ZREM', late, id)\n" \
    "  end\n" \
    "end\n" \
    "drop(gone)\n" \
    "return handed\n"

/* id, notes, members. An orphan is what somebody took this very create for, too early. */
#define LUA_INSERT \
    LUA_HEAD LUA_PLACE LUA_RELEASE LUA_NOTES LUA_TELL LUA_GIVEN \
    "local id, from = ARGV[5], behind_notes(6)\n" \
    "local new = given(from)\n" \
    "local old = stored(id)\n" \
    "if old and old.state ~= '3' then return CONFLICT end\n" \
    "local key = new.idempotency_key\n" \
    "local holder = key and call('GET', P .. 'key:' .. hex(key))\n" \
    "local held = holder and holder ~= id and stored(holder)\n" \
    "if held and held.idempotency_key == key then\n" \
    "  if number(held.token_expires_at) > number(new.created_at) then return KEY_TAKEN end\n" \
    "  release(holder, held)\n" \
    "  tell('changed ' .. holder)\n" \
    "end\n" \
    "write(id, old, new, 1, unpack(ARGV, from))\n" \
    "local device = new.device_correlation_id\n" \
    "if device then\n" \
    "  local tenant = new.tenant and hex(new.tenant) or ''\n" \
    "  call('SET', P .. 'device:' .. tenant .. ':' .. device, '', 'PX', ttl(new.forget_at))\n" \
    "end\n" \
    "keep_notes(6)\n" \
    "return OK\n"

/* id, revision, notes, members */
#define LUA_SAVE \
    LUA_HEAD LUA_PLACE LUA_NOTES LUA_TELL LUA_GIVEN \
    "local id, from = ARGV[5], behind_notes(7)\n" \
    "local new = given(from)\n" \
    "local old = stored(id)\n" \
    "if not old then return NOT_FOUND end\n" \
    "if old.revision ~= ARGV[6] then return CONFLICT end\n" \
    "write(id, old, new, number(old.revision) + 1, unpack(ARGV, from))\n" \
    "keep_notes(7)\n" \
    "tell('changed ' .. id)\n" \
    "return OK\n"

/* limit */
#define LUA_FORGET \
    LUA_HEAD LUA_PLACE LUA_DROP \
    "local ids = call('ZRANGE', P .. 'forget', '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[5])\n" \
    "drop(ids)\n" \
    "return #ids < tonumber(ARGV[5]) and OK or MORE\n"

/* limit */
#define LUA_RELEASE_KEYS \
    LUA_HEAD LUA_PLACE LUA_DROP LUA_RELEASE LUA_TELL \
    "local gone = {}\n" \
    "local ids = call('ZRANGE', P .. 'keys', '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[5])\n" \
    "for _, id in ipairs(ids) do\n" \
    "  local r = stored(id)\n" \
    "  if r then\n" \
    "    release(id, r)\n" \
    "    tell('changed ' .. id)\n" \
    "  else\n" \
    "    gone[#gone + 1] = id\n" \
    "  end\n" \
    "end\n" \
    "drop(gone)\n" \
    "return #ids < tonumber(ARGV[5]) and OK or MORE\n"

/* id, urgent (0 or 1), hold_ms. A claim of our own whose end was lost is no obstacle. */
#define LUA_CLAIM \
    LUA_HEAD \
    "local id = ARGV[5]\n" \
    "local claim, mine = P .. 'claim:' .. id, 'looking:' .. instance\n" \
    "local values = hash(session(id), 'state')\n" \
    "if not values or (values[2] or '0') ~= '0' then return {NOT_FOUND, 0} end\n" \
    "local held, left = call('GET', claim), call('PTTL', claim)\n" \
    "local passes = held == mine or (held == 'rested' and ARGV[6] == '1')\n" \
    "if held and left > 0 and not passes then return {CONFLICT, left} end\n" \
    "call('SET', claim, mine, 'PX', ARGV[7])\n" \
    "return {OK, 0}\n"

/* id, rest_ms, status word. Whose claim ran out meanwhile may have been followed by another. */
#define LUA_LOOKED \
    LUA_HEAD LUA_TELL \
    "local id, rest = ARGV[5], tonumber(ARGV[6])\n" \
    "local claim = P .. 'claim:' .. id\n" \
    "local held = call('GET', claim)\n" \
    "if not held or held == 'looking:' .. instance then\n" \
    "  if rest > 0 then call('SET', claim, 'rested', 'PX', rest) else call('DEL', claim) end\n" \
    "end\n" \
    "tell('looked ' .. id .. ' ' .. ARGV[7])\n" \
    "return OK\n"

/* Every command of these scripts and of redis_presence.c, harmlessly: what the user of an access
 * list may not do shows here, and not in the middle of another script. */
#define LUA_PROBE \
    LUA_HEAD LUA_TELL \
    "local text, hash, set = P .. 'probe:text', P .. 'probe:hash', P .. 'probe:set'\n" \
    "call('DEL', text, hash, set)\n" \
    "call('TIME')\n" \
    "call('SET', text, instance, 'PX', 60000)\n" \
    "call('GET', text)\n" \
    "call('PTTL', text)\n" \
    "call('EXISTS', text)\n" \
    "call('HSET', hash, 'revision', 1, 'state', 1)\n" \
    "call('HMGET', hash, 'revision')\n" \
    "call('HGET', hash, 'revision')\n" \
    "call('HSCAN', hash, 0)\n" \
    "call('HDEL', hash, 'state')\n" \
    "call('PEXPIRE', hash, 60000)\n" \
    "call('PEXPIREAT', hash, now + 60000)\n" \
    "call('ZADD', set, 1, instance)\n" \
    "call('ZCARD', set)\n" \
    "call('ZCOUNT', set, 0, 1)\n" \
    "call('ZSCORE', set, instance)\n" \
    "call('ZRANGE', set, 0, 0)\n" \
    "call('ZREM', set, instance)\n" \
    "call('SADD', set, instance)\n" \
    "call('SMEMBERS', set)\n" \
    "call('DEL', text, hash, set)\n" \
    "tell('probed')\n" \
    "return OK\n"

/* X(NAME, flags, text). Without flags a script is refused before it begins when the memory is full.
 * Those that make room, or cannot take much, go on. */
#define REDIS_SCRIPTS(X) \
    X(EXPIRED, "no-writes", LUA_EXPIRED) \
    X(COUNT_RECORDS, "no-writes", LUA_COUNT) \
    X(LIST, "no-writes", LUA_LIST) \
    X(FIND_UPSTREAM, "no-writes", LUA_FIND_UPSTREAM) \
    X(FIND_KEY, "no-writes", LUA_FIND_KEY) \
    X(DUE, "allow-oom", LUA_DUE) \
    X(INSERT, "", LUA_INSERT) \
    X(SAVE, "", LUA_SAVE) \
    X(SAVE_LESS, "allow-oom", LUA_SAVE) /* of a record that does not grow any more */ \
    X(FORGET, "allow-oom", LUA_FORGET) \
    X(RELEASE_KEYS, "allow-oom", LUA_RELEASE_KEYS) \
    X(AUDIT_APPEND, "", LUA_AUDIT_APPEND) \
    X(AUDIT_LIST, "no-writes", LUA_AUDIT_LIST) \
    X(AUDIT_FORGET, "allow-oom", LUA_AUDIT_FORGET) \
    X(RESET_DEVICE, "", LUA_RESET_DEVICE) \
    X(DEVICE_RESETS, "no-writes", LUA_DEVICE_RESETS) \
    X(CLAIM, "", LUA_CLAIM) \
    X(LOOKED, "allow-oom", LUA_LOOKED) \
    X(CHARGE, "allow-oom", LUA_CHARGE) \
    X(PROBE, "", LUA_PROBE)

/* clang-format on */
