/*
 * What the emulated service can refuse: EMU_ERROR(symbol, HTTP status, code, message). Codes and
 * statuses are the Face API's; numbers as codes are what its gateway answers. No include guard:
 * this is an X-macro table.
 */
/* clang-format off */
EMU_ERROR(INVALID_REQUEST_BODY, 400, "InvalidRequestBody",
          "The body does not fit what this operation takes.")
EMU_ERROR(INVALID_TOKEN_LIFETIME, 400, "InvalidTokenLifetime",
          "authTokenTimeToLiveInSeconds has to lie between 60 and 86400.")
EMU_ERROR(INVALID_MODE, 400, "InvalidLivenessOperationMode",
          "livenessOperationMode has to be Passive or PassiveActive.")
EMU_ERROR(INVALID_CORRELATION_ID, 400, "InvalidDeviceCorrelationId",
          "deviceCorrelationId has to be a text of 1 to 64 characters.")
EMU_ERROR(INVALID_IMAGE, 400, "InvalidImage",
          "The image cannot be decoded, or does not show exactly one face.")
EMU_ERROR(INVALID_IMAGE_SIZE, 400, "InvalidImageSize",
          "The image has to be between 1 KB and 6 MB large.")
EMU_ERROR(BAD_ARGUMENT, 400, "BadArgument", "The request could not be read.")
EMU_ERROR(UNAUTHORIZED, 401, "401",
          "Access denied: the subscription key or token is missing, wrong or no longer valid.")
EMU_ERROR(UNAUTHORIZED_PREVIEW, 401, "Unspecified",
          "Access denied: the subscription key or token is missing, wrong or no longer valid.")
EMU_ERROR(UNSUPPORTED_FEATURE, 403, "UnsupportedFeature",
          "The subscription is not approved for this feature.")
EMU_ERROR(CORRELATION_ID_FLAGGED, 403, "Forbidden",
          "Abuse was detected under this correlation id: it can create no sessions any more.")
EMU_ERROR(SESSION_NOT_FOUND, 404, "SessionNotFound",
          "There is no session of this id, or it has expired.")
EMU_ERROR(RESOURCE_NOT_FOUND, 404, "404", "Resource not found")
EMU_ERROR(METHOD_NOT_ALLOWED, 405, "405", "This address does not take that method.")
EMU_ERROR(CONFLICT, 409, "ConcurrentOperationConflict",
          "The session's state does not allow this operation.")
EMU_ERROR(BODY_TOO_LARGE, 413, "413", "The request body is too large.")
EMU_ERROR(MEDIA_TYPE, 415, "BadArgument", "Invalid Media Type.")
EMU_ERROR(HEAD_TOO_LARGE, 431, "431", "The request's header fields are too large.")
EMU_ERROR(TOO_MANY_REQUESTS, 429, "429",
          "The call rate limit of the resource is exceeded, retry after 1 second.")
EMU_ERROR(INTERNAL, 500, "Unspecified", "Internal server error")
EMU_ERROR(UNAVAILABLE, 503, "503", "The service is not available at the moment.")
/* clang-format on */
