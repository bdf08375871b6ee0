/*
 * The Lua script that weighs charges under limits, for store/redis_scripts.h, whose LUA_HEAD it
 * begins with: what domain/limiter.c does, in doubles, which hold these numbers exactly. Invariant:
 * a key expires no sooner than its word says that all of the burst is there again.
 */
#pragma once

/* clang-format off */

/* How it is charged (enum store_charging), then of each charge key, interval, burst and cost. By
 * Redis' clock, which may be set back: a word further off than any debit puts it counts, from now
 * on, as an empty burst. */
#define LUA_CHARGE \
    LUA_HEAD \
    "local how, time, fine, charges = ARGV[5], call('TIME'), true, {}\n" \
    "local at = time[1] * 1000000 + time[2]\n" \
    "local function read(key)\n" \
    "  local word = redis.pcall('GET', key)\n" \
    "  return type(word) == 'string' and tonumber(word) or 0\n" \
    "end\n" \
    "local function put(c, full)\n" \
    "  c.owed = math.max(full - at, 0)\n" \
    "  if c.owed > 0 then\n" \
    "    call('SET', c.key, string.format('%.0f', full), 'PX', math.ceil(c.owed / 1000) + 1)\n" \
    "  elseif c.word ~= 0 then\n" \
    "    call('DEL', c.key)\n" \
    "  end\n" \
    "end\n" \
    "for i = 6, #ARGV, 4 do\n" \
    "  local c = {key = P .. 'limit:' .. ARGV[i], interval = tonumber(ARGV[i + 1]),\n" \
    "    burst = tonumber(ARGV[i + 2]), cost = tonumber(ARGV[i + 3])}\n" \
    "  c.depth, c.price, c.word = c.burst * c.interval, c.cost * c.interval, read(c.key)\n" \
    "  if not (c.word - at <= 2 * c.depth) then put(c, at + c.depth) end\n" \
    "  c.owed = c.owed or math.max(c.word - at, 0)\n" \
    "  c.retry = math.max(c.owed + c.price - c.depth, 0)\n" \
    "  if c.cost > c.burst then c.retry = -1 end\n" \
    "  fine = fine and c.retry == 0\n" \
    "  charges[#charges + 1] = c\n" \
    "end\n" \
    "local answer = {(fine or how ~= '0') and OK or CONFLICT}\n" \
    "for _, c in ipairs(charges) do\n" \
    "  if how == '0' and fine and c.cost > 0 then\n" \
    "    put(c, at + c.owed + c.price)\n" \
    "  elseif how == '1' then\n" \
    "    put(c, at + math.min(c.owed + c.price, 2 * c.depth))\n" \
    "  elseif how == '2' then\n" \
    "    put(c, at + c.owed - c.price)\n" \
    "  end\n" \
    "  local left = math.max(c.depth - c.owed, 0)\n" \
    "  for _, number in ipairs({math.floor(left / c.interval), c.owed, c.retry}) do\n" \
    "    answer[#answer + 1] = number\n" \
    "  end\n" \
    "end\n" \
    "return answer\n"

/* clang-format on */
