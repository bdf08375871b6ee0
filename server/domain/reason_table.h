/*
 * Why a verdict is not a yes: REASON(symbol, word, advice, meaning, say, operator). The order is
 * that of the bits that records keep: append only. `word` stands in verdict.reasons; the rest in
 * the catalogue: what it means, what the frontend says to the user, what the operator does. The
 * advice, of base/advice_table.h, is what verdict.retry says when this is the only reason. No
 * include guard: this is an X-macro table.
 */
/* clang-format off */
REASON(SPOOF, "spoof", NEW_SESSION,
       "The camera did not see a living person, but a picture, a screen or a mask.",
       "The check did not succeed. Please try again by yourself, in even light.",
       "Many of one device or owner are an attack: the audit trail shows whose; limits.spoof_cost "
       "slows them down.")
REASON(UNCERTAIN, "uncertain", NEW_SESSION,
       "The face service could not tell.",
       "We could not see you well enough. Please try again in even light.",
       "Nothing.")
REASON(NOT_IDENTICAL, "not_identical", NEW_SESSION,
       "The face is alive, but not that of the reference image.",
       "The face does not match the picture. Try again, or choose another way to show who you are.",
       "When honest users get it, their pictures are old or poor, or the verifyConfidenceThreshold "
       "of the create is too high.")
REASON(VERIFY_MISSING, "verify_missing", NEW_SESSION,
       "The answer for a verify session said nothing about the comparison.",
       "The check could not be finished. Please begin again.",
       "See what upstream.api_version is, and tell the face service's support.")
REASON(DIGEST_MISSING, "digest_missing", NEW_SESSION,
       "A digest was required or given, and there was no counterpart to compare it with.",
       "The check could not be finished. Please begin again.",
       "The frontend has to relay the SDK's digest in its completion; verdict.digest says whether "
       "it must.")
REASON(DIGEST_MISMATCH, "digest_mismatch", STOP,
       "The digest that came from the device is not the face service's: the result that the device "
       "saw is another one.",
       "The check could not be finished safely. Please contact us.",
       "Treat it as an attack until it is explained: the audit trail shows the session's owner and "
       "device. A frontend that relays the digest of an earlier attempt does the same.")
REASON(ABUSE_DETECTED, "abuse_detected", STOP,
       "The face service's abuse monitoring flagged the session.",
       "The check cannot be done. Please contact us.",
       "Look at otherFlaggedSessions and the device in the audit trail; after a person has judged "
       "it a false alarm, reset the device.")
REASON(ATTEMPT_ERROR, "attempt_error", NEW_SESSION,
       "The last attempt allowed ended with an error; results.attempts[0].error names it.",
       "Show what belongs to the attempt's error, and offer to begin again.",
       "When one code is frequent, look at that frontend's devices and instructions.")
REASON(CLIENT_ERROR, "client_error", NEW_SESSION,
       "The frontend completed with an error, and upstream saw no attempt that ended.",
       "The check could not be started. Please begin again.",
       "Frequent: the frontend's SDK cannot reach the face service, or does not start.")
REASON(TOKEN_EXPIRED, "token_expired", NEW_SESSION,
       "The session's token expired before an attempt succeeded.",
       "The check has expired. Please begin again.",
       "Nothing: users leave. Longer tokens come from authTokenTimeToLiveInSeconds.")
REASON(SESSION_GONE, "session_gone", NEW_SESSION,
       "The face service no longer knows the session.",
       "The check has expired. Please begin again.",
       "Somebody else deletes sessions of this resource, or the endpoint was changed while they "
       "were open.")
REASON(CANCELLED, "cancelled", NEW_SESSION,
       "The user ended the check, or it was cancelled.",
       "You left the check. Begin again whenever you like.",
       "Nothing.")
REASON(UNKNOWN_ANSWER, "unknown_answer", NEW_SESSION,
       "The face service answered with a word that this server does not know, which denies.",
       "The check could not be finished. Please begin again.",
       "Frequent: the service has changed; look for a newer livenessd or another "
       "upstream.api_version.")
REASON(VERIFY_IMAGE_MISMATCH, "verify_image_mismatch", STOP,
       "The face service compared with another reference image than the one that was sent.",
       "The check could not be finished safely. Please contact us.",
       "Treat it as an attack until it is explained: the device put a picture of its own in place, "
       "or something on the way to the service did.")
REASON(CLIENT_ADDRESS_MISMATCH, "client_address_mismatch", NEW_SESSION,
       "The device was in another network than whoever asked for the session.",
       "Please try again, and do not change the network meanwhile.",
       "A few are phones that change networks. Many are tokens that somebody hands on: the audit "
       "trail shows whose.")
/* clang-format on */
