/*
 * What can go wrong in front of the camera: ATTEMPT_ERROR(code, advice, message, say). The codes
 * are the client SDKs' error names (liveness first, then recognition), and stand in
 * results.attempts[].error.code; of the messages only FaceWithMaskDetected's is the service's own,
 * the others are ours, and the emulator's. `say` is for the user. The advice, of advice_table.h,
 * holds while the session has no verdict. No include guard: this is an X-macro table.
 */
/* clang-format off */
ATTEMPT_ERROR("FaceWithMaskDetected", SAME_SESSION, "Mask detected on face image.",
              "Please take off the mask and try again.")
ATTEMPT_ERROR("TimedOut", SAME_SESSION, "The check took longer than allowed.",
              "That took too long. Try again when you are ready.")
ATTEMPT_ERROR("InvalidToken", NEW_SESSION, "The device refused the token.",
              "The check has expired. Please begin again.")
ATTEMPT_ERROR("CameraPermissionDenied", SAME_SESSION, "The user did not allow the camera.",
              "Allow the camera in the settings of the browser or app, then try again.")
ATTEMPT_ERROR("CameraStartupFailure", SAME_SESSION, "The camera did not start.",
              "Close other programs that use the camera, then try again.")
ATTEMPT_ERROR("NoFaceDetected", SAME_SESSION, "No face was seen.",
              "Hold the device so that your whole face is in the frame.")
ATTEMPT_ERROR("FaceTrackingFailed", SAME_SESSION, "The face was lost from view.",
              "Keep your face in the frame until the end.")
ATTEMPT_ERROR("SmileNotPerformed", SAME_SESSION, "The user was asked to smile and did not.",
              "Smile when you are asked to.")
ATTEMPT_ERROR("HeadTurnNotPerformed", SAME_SESSION, "The user was asked to turn the head and did not.",
              "Turn your head as you are asked to.")
ATTEMPT_ERROR("ServerRequestTimedOut", SAME_SESSION, "A request of the device was not answered in time.",
              "The network is slow. Check the connection and try again.")
ATTEMPT_ERROR("ServerTimedOut", SAME_SESSION, "A request of the device was not answered in time.",
              "The network is slow. Check the connection and try again.")
ATTEMPT_ERROR("FaceMouthRegionNotVisible", SAME_SESSION, "The mouth is covered.",
              "Uncover your mouth and try again.")
ATTEMPT_ERROR("FaceEyeRegionNotVisible", SAME_SESSION, "The eyes are covered.",
              "Take off sunglasses, or push hair out of your eyes, and try again.")
ATTEMPT_ERROR("ExcessiveImageBlurDetected", SAME_SESSION, "The image is too blurred.",
              "Hold the device still and wipe the lens.")
ATTEMPT_ERROR("ExcessiveFaceBrightness", SAME_SESSION, "The face is too bright.",
              "Turn away from bright light and try again.")
ATTEMPT_ERROR("EnvironmentNotSupported", STOP, "The device or browser cannot run the check.",
              "This device or browser cannot do the check. Please use another one.")
ATTEMPT_ERROR("UserCanceledSession", NEW_SESSION, "The user left the check.",
              "You left the check. Begin again whenever you like.")
ATTEMPT_ERROR("UserCanceledActiveMotion", SAME_SESSION, "The user left while being asked to move.",
              "You left the check. Try again whenever you like.")
ATTEMPT_ERROR("UserCanceledActiveMotionPrompt", SAME_SESSION, "The user refused to be asked to move.",
              "The check needs you to move your head. Try again whenever you like.")
ATTEMPT_ERROR("UnexpectedClientError", SAME_SESSION, "The device failed.",
              "Something went wrong on this device. Please try again.")
ATTEMPT_ERROR("UnexpectedServerError", SAME_SESSION, "The service failed.",
              "Something went wrong at the service. Please try again.")
ATTEMPT_ERROR("ClientVersionNotSupported", STOP, "The client SDK is too old.",
              "Please update the app.")
ATTEMPT_ERROR("VerifyImageNotProvided", NEW_SESSION, "There is no reference image.",
              "The picture to compare with is missing. Please begin again with one.")
ATTEMPT_ERROR("SetVerifyImageNotAllowed", STOP, "The device may not choose the reference image.",
              "This app may not choose the picture. Please update the app.")
ATTEMPT_ERROR("Unexpected", SAME_SESSION, "Something unexpected happened.",
              "Something went wrong. Please try again.")
ATTEMPT_ERROR("GenericFailure", SAME_SESSION, "The check failed.",
              "The check did not succeed. Please try again.")
ATTEMPT_ERROR("FaceNotFrontal", SAME_SESSION, "The face is turned away.",
              "Look straight into the camera.")
ATTEMPT_ERROR("FaceNotFound", SAME_SESSION, "The image shows no face.",
              "Hold the device so that your whole face is in the frame.")
ATTEMPT_ERROR("MultipleFaceFound", SAME_SESSION, "The image shows more than one face.",
              "Only your own face may be in the frame.")
ATTEMPT_ERROR("ContentDecodingError", NEW_SESSION, "The image cannot be decoded.",
              "The picture cannot be read. Please begin again with another one.")
ATTEMPT_ERROR("ImageSizeIsTooLarge", NEW_SESSION, "The image is too large.",
              "The picture is too large. Please begin again with a smaller one.")
ATTEMPT_ERROR("ImageSizeIsTooSmall", NEW_SESSION, "The image is too small.",
              "The picture is too small. Please begin again with a larger one.")
ATTEMPT_ERROR("UnsupportedMediaType", NEW_SESSION, "The image is of an unknown type.",
              "The picture has to be a JPEG, PNG, GIF or BMP. Please begin again with such a one.")
/* clang-format on */
