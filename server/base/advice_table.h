/*
 * What a frontend can do about an answer: ADVICE(symbol, word, explanation). The words stand in
 * error bodies (`advice`) and, the first three, in verdicts (`retry`), in the order in which
 * records keep them. No include guard: this is an X-macro table.
 */
/* clang-format off */
ADVICE(SAME_SESSION, "same_session",
       "Go on with the session there is: another attempt with the same token as long as it has no "
       "verdict, else read the verdict.")
ADVICE(NEW_SESSION, "new_session",
       "Create a new session and begin the check again.")
ADVICE(STOP, "stop",
       "It is over: do not ask again by yourself. After a yes go on, else tell the user and offer "
       "another way.")
ADVICE(RETRY, "retry",
       "Send the same request once more: after retryAfterSeconds where the answer has it, else "
       "after a second, then after twice as long each time. A create keeps its Idempotency-Key.")
ADVICE(FIX_REQUEST, "fix_request",
       "Change the request: as it is, it will be refused each time. The message says what is wrong.")
ADVICE(AUTHENTICATE, "authenticate",
       "Get a credential (a device token from POST /api/devices, or a new token of the identity "
       "provider), then send the request again with it.")
/* clang-format on */
